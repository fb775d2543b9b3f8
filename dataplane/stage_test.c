/* The receive stage on real DPDK ports that need neither a network nor privileges. DPDK starts once
 * in a process: every test runs in a child of its own. */
#include "core/test.h"

#include <errno.h>
#include <jansson.h>
#include <pcap/pcap.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/test_gateway.h"
#include "dataplane/dataplane.h"
#include "dataplane/eal.h"
#include "dataplane/test_camera.h"
#include "dataplane/test_child.h"

#define PICTURES 4

struct scene {
	struct gw gw;
	struct gw_replay replay;
	struct gw_error error;
	char folder[64];
	char capture[96];
	uint32_t frames;
};

static struct scene scene;

static void write_packet(pcap_dumper_t *dumper, const uint8_t *bytes, uint32_t size, uint32_t index)
{
	const struct pcap_pkthdr header = {
		.ts = {.tv_sec = 1700000000 + index, .tv_usec = 250000},
		.caplen = size,
		.len = size,
	};

	pcap_dump((u_char *)dumper, &header, bytes);
}

/* Pictures of one camera, `payload` bytes of scan per packet, and some packets of nobody's. */
static void write_capture(int link_type, uint32_t payload)
{
	static const uint8_t arp[60] = {[12] = 0x08, [13] = 0x06};
	pcap_t *pcap = pcap_open_dead(link_type, 262144);
	pcap_dumper_t *dumper = pcap_dump_open(pcap, scene.capture);
	struct test_camera camera;
	uint32_t index = 0;

	test_camera_init(&camera, 1, 5004);
	camera.payload = payload;
	for (uint32_t i = 0; i < PICTURES; i++) {
		struct test_jpeg picture;

		test_jpeg_make(&picture, 320, 240, 90, 1, 2, 0, i);
		test_camera_send(&camera, &picture);
		for (uint32_t k = 0; k < camera.count; k++)
			write_packet(
				dumper, camera.packets[k].bytes, camera.packets[k].size, index++);
		write_packet(dumper, arp, sizeof(arp), index++);
		test_jpeg_free(&picture);
	}
	test_camera_free(&camera);
	pcap_dump_close(dumper);
	pcap_close(pcap);
}

/* As much of a gateway as the receive stage needs. */
static int open_stage(const char *interfaces, bool replay)
{
	char text[1024];

	snprintf(text, sizeof(text),
		"%scameras: [{name: cam0, source: 10.0.0.1, destination: 10.0.0.2, port: "
		"5004}]\n%s",
		interfaces,
		strstr(interfaces, "frames:")
			? ""
			: "frames: {classes: [{width: 640, height: 480, count: 4}]}\n");
	scene.replay.input = scene.capture;
	return test_gateway_open(&scene.gw, text, replay ? &scene.replay : NULL, GW_STAGE_RX,
		&dataplane_stage, &scene.error);
}

static void sink(bool check_pixels)
{
	struct gw_frame *frame;

	while (test_gateway_pop(&scene.gw, GW_STAGE_RX, &frame, 1) == 1) {
		if (check_pixels) {
			struct test_jpeg picture;

			test_jpeg_make(&picture, 320, 240, 90, 1, 2, 0, scene.frames % PICTURES);
			MUST(test_jpeg_same_pixels(
				picture.bytes, picture.size, frame->jpeg.data, frame->jpeg.size));
			test_jpeg_free(&picture);
			MUST(frame->sequence == scene.frames);
			MUST(frame->clock == GW_CLOCK_SOURCE);
			MUST(frame->capture_ns / GW_NS_PER_S >= 1700000000);
			MUST(frame->capture_ns % GW_NS_PER_S == 250000000);
		}
		scene.frames++;
		gw_counter_add(&scene.gw.cameras->slot[0].through, 1);
		gw_frame_unref(frame);
	}
}

/* Turns the stage as its thread would, until the source is exhausted or a second has passed. */
static void turn(bool check_pixels)
{
	struct gw_lane *rx = &scene.gw.stages[GW_STAGE_RX].lanes[0];
	const int64_t end = gw_now() + GW_NS_PER_S;

	dataplane_stage.begin(rx);
	while (!atomic_load(&rx->exhausted) && (scene.gw.replay || gw_now() < end)) {
		if (dataplane_stage.poll(rx) == 0)
			dataplane_stage.housekeeping(rx, gw_now());
		sink(check_pixels);
	}
	while (!dataplane_stage.drain(rx))
		dataplane_stage.poll(rx);
	sink(check_pixels);
	dataplane_stage.end(rx);
}

static void close_stage(void)
{
	test_gateway_close(&scene.gw);
}

static uint64_t unmatched(enum gw_drop drop)
{
	return GW_COUNT(&scene.gw.stages[GW_STAGE_RX], GW_UNMATCHED, drops[drop]);
}

static int set_up(void **state)
{
	memset(&scene, 0, sizeof(scene));
	snprintf(scene.folder, sizeof(scene.folder), "/tmp/dataplane, test.XXXXXX");
	/* A comma and a space: DPDK must never see this path. */
	if (!mkdtemp(scene.folder))
		return -1;
	snprintf(scene.capture, sizeof(scene.capture), "%s/in.pcap", scene.folder);
	return 0;
}

static int tear_down(void **state)
{
	unlink(scene.capture);
	rmdir(scene.folder);
	return 0;
}

static void replay_all(void)
{
	MUST(open_stage("", true) == 0);
	turn(true);
	MUST(scene.frames == PICTURES);
	MUST(unmatched(GW_DROP_NOT_IP) == PICTURES);
	close_stage();
}

static void a_capture_is_replayed_to_its_last_packet_and_with_its_times(void **state)
{
	write_capture(DLT_EN10MB, 1000);
	test_in_child(replay_all);
}

static void packets_in_pieces_are_put_together(void **state)
{
	write_capture(DLT_EN10MB, 20000);
	test_in_child(replay_all);
}

static void replay_with_few_slots(void)
{
	MUST(open_stage("frames: {classes: [{width: 640, height: 480, count: 2}]}\n", true) ==
		-EINVAL);
	MUST(strstr(scene.error.text, "raise `frames.classes[0].count` to 3"));
	close_stage();
}

static void a_replay_with_too_few_slots_is_refused(void **state)
{
	write_capture(DLT_EN10MB, 1000);
	test_in_child(replay_with_few_slots);
}

static void replay_as_nobody(void)
{
	MUST(setgid(65534) == 0 && setuid(65534) == 0);
	replay_all();
}

static void a_replay_needs_no_privileges(void **state)
{
	if (geteuid() != 0)
		skip(); /* the other tests ran without privileges */
	write_capture(DLT_EN10MB, 1000);
	assert_int_equal(chmod(scene.folder, 0755), 0);
	test_in_child(replay_as_nobody);
}

static void replay_cooked(void)
{
	MUST(open_stage("", true) < 0);
	MUST(strstr(scene.error.text, "only Ethernet captures"));
	close_stage();
}

static void a_capture_of_another_link_type_is_refused(void **state)
{
	write_capture(DLT_LINUX_SLL, 1000);
	test_in_child(replay_cooked);
}

static void replay_nothing(void)
{
	MUST(open_stage("", true) == -ENOENT);
	MUST(strstr(scene.error.text, "in.pcap"));
	close_stage();
}

static void a_missing_capture_is_named(void **state)
{
	test_in_child(replay_nothing);
}

static void replay_text(void)
{
	MUST(open_stage("", true) == -EINVAL);
	MUST(strstr(scene.error.text, "is no packet capture"));
	close_stage();
}

static void a_file_that_is_no_capture_is_refused(void **state)
{
	FILE *file = fopen(scene.capture, "w");

	fputs("cameras: []\n", file);
	fclose(file);
	test_in_child(replay_text);
}

static void replay_cut(void)
{
	MUST(open_stage("", true) == 0);
	turn(false);
	MUST(scene.frames == PICTURES - 1);
	close_stage();
}

static void a_capture_that_was_cut_short_is_replayed_up_to_there(void **state)
{
	struct stat facts;

	write_capture(DLT_EN10MB, 1000);
	assert_int_equal(stat(scene.capture, &facts), 0);
	assert_int_equal(truncate(scene.capture, facts.st_size - 700), 0);
	test_in_child(replay_cut);
}

static void open_unknown(void)
{
	MUST(open_stage("interfaces: [{name: lan0, device: net_nonsense0}]\n", false) < 0);
	MUST(strstr(scene.error.text, "interface lan0"));
	MUST(strstr(scene.error.text, "net_nonsense0"));
	MUST(!strchr(scene.error.text, '\n'));
	close_stage();
}

static void an_unknown_driver_is_named(void **state)
{
	test_in_child(open_unknown);
}

static void open_missing_device(void)
{
	MUST(open_stage("interfaces: [{name: lan0, device: \"net_af_packet0,iface=nowhere7\"}]\n",
		     false) == -ENODEV);
	MUST(strstr(scene.error.text, "nowhere7"));
	close_stage();
}

static void a_network_device_that_does_not_exist_is_named(void **state)
{
	test_in_child(open_missing_device);
}

static void open_without_device(void)
{
	MUST(open_stage("interfaces: [{name: lan0, device: net_af_packet0}]\n", false) == -EINVAL);
	MUST(strstr(scene.error.text, "iface="));
	close_stage();
}

static void a_device_without_its_argument_is_explained(void **state)
{
	test_in_child(open_without_device);
}

static void open_without_permission(void)
{
	MUST(setgid(65534) == 0 && setuid(65534) == 0);
	MUST(open_stage("interfaces: [{name: lan0, device: \"net_af_packet0,iface=lo\"}]\n",
		     false) == -EPERM);
	MUST(strstr(scene.error.text, "permission"));
	close_stage();
}

static void missing_permission_is_explained(void **state)
{
	if (geteuid() != 0)
		skip(); /* only root can give privileges up */
	test_in_child(open_without_permission);
}

static void open_nothing(void)
{
	MUST(open_stage("", false) == -EINVAL);
	MUST(strstr(scene.error.text, "interfaces"));
	close_stage();
}

static void a_gateway_without_interfaces_is_refused(void **state)
{
	test_in_child(open_nothing);
}

static void receive_zeros(void)
{
	const char *interfaces = "interfaces:\n"
				 "  - {name: a, device: \"net_null0,size=100\"}\n"
				 "  - {name: b, device: \"net_null1,size=13\"}\n";
	cpu_set_t before, after;

	CPU_ZERO(&before);
	CPU_ZERO(&after);
	sched_getaffinity(0, sizeof(before), &before);
	MUST(open_stage(interfaces, false) == 0);
	sched_getaffinity(0, sizeof(after), &after);
	MUST(CPU_EQUAL(&before, &after));
	turn(false);
	MUST(unmatched(GW_DROP_NOT_IP) > 0);
	MUST(unmatched(GW_DROP_L2_SHORT) > 0);
	json_t *facts = scene.gw.stages[GW_STAGE_RX].ops->describe(&scene.gw.stages[GW_STAGE_RX]);
	const json_t *port = json_array_get(json_object_get(facts, "ports"), 1);

	MUST(strcmp(json_string_value(json_object_get(port, "name")), "b") == 0);
	MUST(strcmp(json_string_value(json_object_get(port, "driver")), "net_null") == 0);
	MUST(json_integer_value(json_object_get(port, "packets")) > 0);
	MUST(json_integer_value(json_object_get(facts, "slots")) == gw_pool_size(scene.gw.pool));
	MUST(json_integer_value(json_object_get(facts, "slots_touched")) == 0);
	json_decref(facts);
	close_stage();
}

static void two_ports_are_polled_and_described_and_the_affinity_is_kept(void **state)
{
	test_in_child(receive_zeros);
}

static void open_twice(void)
{
	MUST(open_stage("interfaces: [{name: a, device: net_null0}]\n", false) == 0);
	close_stage();
	memset(&scene.gw, 0, sizeof(scene.gw));
	MUST(open_stage("interfaces: [{name: a, device: net_null0}]\n", false) == -EALREADY);
	close_stage();
}

static void a_second_start_in_the_same_process_is_refused(void **state)
{
	test_in_child(open_twice);
}

static void stop_amid_traffic(void)
{
	MUST(open_stage("interfaces: [{name: a, device: \"net_null0,size=60\"}]\n", false) == 0);
	struct gw_lane *rx = &scene.gw.stages[GW_STAGE_RX].lanes[0];

	dataplane_stage.begin(rx);
	MUST(dataplane_stage.poll(rx) > 0);
	atomic_store(&rx->draining, true);
	MUST(dataplane_stage.poll(rx) == 0);
	MUST(dataplane_stage.drain(rx));
	dataplane_stage.end(rx);
	close_stage();
}

static void a_stage_that_drains_takes_no_more_packets(void **state)
{
	test_in_child(stop_amid_traffic);
}

static void stop_one_lane_before_the_other(void)
{
	MUST(open_stage("cores: {rx: 2}\n"
			"interfaces: [{name: a, device: \"net_null0,size=60\"}]\n",
		     false) == 0);
	struct gw_lane *lanes = scene.gw.stages[GW_STAGE_RX].lanes;

	MUST(dataplane_stage.poll(&lanes[0]) > 0);
	atomic_store(&lanes[1].draining, true);
	MUST(!dataplane_stage.drain(&lanes[1]));
	MUST(dataplane_stage.poll(&lanes[0]) > 0);
	MUST(!dataplane_stage.drain(&lanes[1]));
	atomic_store(&lanes[0].draining, true);
	MUST(dataplane_stage.poll(&lanes[0]) == 0);
	MUST(dataplane_stage.drain(&lanes[0]));
	MUST(dataplane_stage.drain(&lanes[1]));
	close_stage();
}

static void a_lane_waits_for_those_that_still_hand_packets_over(void **state)
{
	test_in_child(stop_one_lane_before_the_other);
}

#define STAGE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STAGE_TEST(a_capture_is_replayed_to_its_last_packet_and_with_its_times),
		STAGE_TEST(packets_in_pieces_are_put_together),
		STAGE_TEST(a_replay_with_too_few_slots_is_refused),
		STAGE_TEST(a_replay_needs_no_privileges),
		STAGE_TEST(a_capture_of_another_link_type_is_refused),
		STAGE_TEST(a_missing_capture_is_named),
		STAGE_TEST(a_file_that_is_no_capture_is_refused),
		STAGE_TEST(a_capture_that_was_cut_short_is_replayed_up_to_there),
		STAGE_TEST(an_unknown_driver_is_named),
		STAGE_TEST(a_network_device_that_does_not_exist_is_named),
		STAGE_TEST(a_device_without_its_argument_is_explained),
		STAGE_TEST(missing_permission_is_explained),
		STAGE_TEST(a_gateway_without_interfaces_is_refused),
		STAGE_TEST(two_ports_are_polled_and_described_and_the_affinity_is_kept),
		STAGE_TEST(a_second_start_in_the_same_process_is_refused),
		STAGE_TEST(a_stage_that_drains_takes_no_more_packets),
		STAGE_TEST(a_lane_waits_for_those_that_still_hand_packets_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
