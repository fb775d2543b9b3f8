/* Packets that one receive lane hands over to another, and what happens to them on the way. */
#include "core/test.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/test_gateway.h"
#include "dataplane/dataplane.h"
#include "dataplane/stage.h"
#include "dataplane/test_camera.h"
#include "dataplane/test_child.h"

/* Lane 0 has the port; slot 0 is its camera, slot 1 that of lane 1. */
#define HALL "{name: hall, source: 10.0.0.3, destination: 10.0.0.2, port: 5004"
#define DOOR "{name: door, source: 10.0.0.1, destination: 10.0.0.2, port: 5004"
#define DOOR_SSRC 8194
#define DOOR_WITH_SSRC DOOR ", ssrc: 8194}"
/* It sends from the door's address. */
#define HALL_AT_THE_DOOR \
	"{name: hall, source: 10.0.0.1, destination: 10.0.0.2, port: 5004, ssrc: 4097}"

static struct scene {
	struct gw gw;
	struct gw_lane *lanes;
	struct gw_error error;
	struct test_camera camera; /* the door's */
	char capture[64];
	int fd;
	uint64_t packets; /* in the capture */
	const char *checksum; /* of the port */
} scene;

static int set_up(void **state)
{
	struct test_jpeg picture;

	memset(&scene, 0, sizeof(scene));
	snprintf(scene.capture, sizeof(scene.capture), "/tmp/burst_test.XXXXXX");
	scene.fd = mkstemp(scene.capture);
	test_camera_init(&scene.camera, 1, 5004);
	scene.camera.ssrc = DOOR_SSRC;
	scene.checksum = "port";
	scene.camera.udp_checksum = true;
	test_jpeg_make(&picture, 320, 240, 90, 1, 2, 0, 0);
	test_camera_send(&scene.camera, &picture);
	test_jpeg_free(&picture);
	return scene.fd >= 0 ? 0 : -1;
}

static int tear_down(void **state)
{
	test_camera_free(&scene.camera);
	close(scene.fd);
	unlink(scene.capture);
	return 0;
}

/* What the port will receive: the door's first `count` packets, `times` times. */
static void write_capture(uint32_t count, uint32_t times)
{
	pcap_t *pcap = pcap_open_dead(DLT_EN10MB, 65536);
	pcap_dumper_t *dumper = pcap_dump_open(pcap, scene.capture);

	for (uint32_t i = 0; i < count * times; i++) {
		const struct test_packet *packet = &scene.camera.packets[i % count];
		const struct pcap_pkthdr header = {.caplen = packet->size, .len = packet->size};

		pcap_dump((u_char *)dumper, &header, packet->bytes);
	}
	scene.packets = count * times;
	pcap_dump_close(dumper);
	pcap_close(pcap);
}

static void open_two_lanes(const char *hall, const char *door)
{
	char text[1024];

	snprintf(text, sizeof(text),
		"cores: {rx: 2}\n"
		"interfaces: [{name: lan0, device: \"net_pcap0,rx_pcap=%s\", checksum: %s}]\n"
		"frames: {classes: [{width: 640, height: 480, count: 4}]}\n"
		"cameras: [%s, %s]\n",
		scene.capture, scene.checksum, hall, door);
	test_child_must(test_gateway_open(&scene.gw, text, NULL, GW_STAGE_RX, &dataplane_stage,
				&scene.error) == 0,
		scene.error.text);
	scene.lanes = scene.gw.stages[GW_STAGE_RX].lanes;
	MUST(gw_camera_find(&scene.gw, "door") == 1);
}

/* Turns a lane until it finds nothing more. */
static void turn(uint32_t lane)
{
	struct gw_frame *frame;

	while (dataplane_stage.poll(&scene.lanes[lane]) > 0)
		while (test_gateway_pop(&scene.gw, GW_STAGE_RX, &frame, 1) == 1)
			gw_frame_unref(frame);
}

static uint64_t dropped(uint32_t lane, uint32_t subject, enum gw_drop drop)
{
	return gw_counter_get(&scene.lanes[lane].stats->camera[subject].drops[drop]);
}

static void give_the_address_to_another(void)
{
	open_two_lanes(HALL "}", DOOR "}");
	struct gw_camera_config gate = scene.gw.config->cameras[1];
	char name[] = "gate";

	gate.name = name;
	turn(0);
	MUST(gw_camera_remove(&scene.gw, "door", &scene.error) == 0);
	MUST(gw_camera_put(&scene.gw, &gate, &scene.error) == 0);
	/* Of lane 0; what lane 1 holds is found to be its packets now. */
	MUST(gw_camera_find(&scene.gw, name) == 2);
	turn(1);
	MUST(dropped(1, GW_UNMATCHED, GW_DROP_NO_CAMERA) == scene.packets);
	test_gateway_close(&scene.gw);
}

static void packets_of_a_camera_that_was_removed_are_not_anothers(void **state)
{
	write_capture(scene.camera.count, 1);
	test_in_child(give_the_address_to_another);
}

static void hand_over_wrong_padding(void)
{
	open_two_lanes(HALL_AT_THE_DOOR, DOOR_WITH_SSRC);
	turn(0);
	turn(1);
	MUST(dropped(1, 1, GW_DROP_RTP_PADDING) == 1);
	test_gateway_close(&scene.gw);
}

static void wrong_padding_is_counted_on_the_lane_of_its_ssrc(void **state)
{
	struct test_packet *packet = &scene.camera.packets[0];

	packet->bytes[TEST_RTP_OFFSET] |= 0x20;
	packet->bytes[packet->size - 1] = 0;
	/* No checksum: the packet was changed. */
	packet->bytes[40] = packet->bytes[41] = 0;
	write_capture(1, 1);
	test_in_child(hand_over_wrong_padding);
}

static void hand_over_too_much(void)
{
	const uint64_t lost = scene.packets - (HANDOVER_SIZE - 1);

	open_two_lanes(HALL_AT_THE_DOOR, DOOR_WITH_SSRC);
	turn(0);
	MUST(dropped(0, 0, GW_DROP_LANE_FULL) == 0);
	MUST(dropped(0, 1, GW_DROP_LANE_FULL) == lost);
	MUST(gw_counter_get(&scene.lanes[0].stats->camera[1].packets) == lost);
	MUST(gw_counter_get(&scene.lanes[0].stats->camera[1].bytes) ==
		lost * (scene.camera.packets[0].size - TEST_RTP_OFFSET));
	test_gateway_close(&scene.gw);
}

static void what_a_lane_has_no_room_for_is_counted_on_the_camera_of_its_ssrc(void **state)
{
	write_capture(1, HANDOVER_SIZE + 100);
	test_in_child(hand_over_too_much);
}

static void open_the_port_again(void)
{
	open_two_lanes(HALL "}", DOOR "}");
	struct dataplane *dp = scene.gw.stages[GW_STAGE_RX].state;

	turn(0);
	/* What they are for a moment, while the port is being opened. */
	dp->ports[0].checks = 0;
	dp->ports[0].offloads_checksum = true;
	turn(1);
	MUST(dropped(1, 1, GW_DROP_UDP_CHECKSUM) == scene.packets);
	test_gateway_close(&scene.gw);
}

static void packets_on_their_way_are_checked_as_when_they_came(void **state)
{
	for (uint32_t i = 0; i < scene.camera.count; i++)
		scene.camera.packets[i].bytes[40] ^= 1;
	write_capture(scene.camera.count, 1);
	test_in_child(open_the_port_again);
}

/* As a network card says of every packet what it found. */
static uint16_t say(uint16_t port, uint16_t queue, struct rte_mbuf **packets, uint16_t count,
	uint16_t most, void *flags)
{
	for (uint16_t i = 0; i < count; i++)
		packets[i]->ol_flags |= *(const uint64_t *)flags;
	return count;
}

static void receive_what_the_port_checked(uint64_t flags, uint64_t wrong)
{
	open_two_lanes(HALL "}", DOOR "}");
	struct dataplane *dp = scene.gw.stages[GW_STAGE_RX].state;

	dp->ports[0].offloads_checksum = true;
	MUST(rte_eth_add_rx_callback(dp->ports[0].id, 0, say, &flags) != NULL);
	turn(0);
	turn(1);
	MUST(dropped(1, 1, GW_DROP_UDP_CHECKSUM) == wrong);
	MUST(gw_counter_get(&scene.lanes[1].stats->camera[1].packets_used) ==
		scene.packets - wrong);
	test_gateway_close(&scene.gw);
}

static void receive_bad(void)
{
	receive_what_the_port_checked(RTE_MBUF_F_RX_L4_CKSUM_BAD, scene.packets);
}

static void receive_good(void)
{
	receive_what_the_port_checked(RTE_MBUF_F_RX_L4_CKSUM_GOOD, 0);
}

static void what_the_port_found_of_a_checksum_is_believed(void **state)
{
	write_capture(scene.camera.count, 1);
	test_in_child(receive_bad);
	/* They are wrong, and the port says that they are not. */
	for (uint32_t i = 0; i < scene.camera.count; i++)
		scene.camera.packets[i].bytes[40] ^= 1;
	write_capture(scene.camera.count, 1);
	test_in_child(receive_good);
}

/* What each way of checking says of a checksum that the sender left unfinished, and of a wrong one.
 */
static void receive_unfinished_and_wrong(void)
{
	const bool is_off = strcmp(scene.checksum, "off") == 0;
	const bool is_software = strcmp(scene.checksum, "software") == 0;

	open_two_lanes(HALL "}", DOOR "}");
	turn(0);
	turn(1);
	MUST(scene.packets == 2);
	MUST(dropped(1, 1, GW_DROP_UDP_CHECKSUM) == (is_off ? 0u : is_software ? 2u : 1u));
	test_gateway_close(&scene.gw);
}

static void every_way_of_checking_is_kept_to(void **state)
{
	static const char *const ways[] = {"port", "software", "off"};
	uint8_t *unfinished = scene.camera.packets[0].bytes;
	const uint32_t sum =
		0x0A00 + 1 + 0x0A00 + 2 + 17 + (uint32_t)(unfinished[38] << 8 | unfinished[39]);

	unfinished[40] = (uint8_t)(sum >> 8);
	unfinished[41] = (uint8_t)sum;
	scene.camera.packets[1].bytes[40] ^= 1;
	write_capture(2, 1);
	for (uint32_t i = 0; i < 3; i++) {
		scene.checksum = ways[i];
		test_in_child(receive_unfinished_and_wrong);
	}
}

static void receive_chains(void)
{
	open_two_lanes(HALL "}", DOOR "}");
	turn(0);
	turn(1);
	MUST(gw_counter_get(&scene.lanes[1].stats->camera[1].packets_used) == scene.packets);
	MUST(gw_counter_get(&scene.lanes[1].stats->camera[1].frames_out) == 1);
	test_gateway_close(&scene.gw);
}

/* Larger than a packet buffer: a port gives them in several. */
static void a_packet_in_several_buffers_is_read_whole(void **state)
{
	struct test_jpeg picture;

	test_jpeg_make(&picture, 640, 480, 95, 1, 2, 0, 0);
	scene.camera.payload = 30000;
	scene.camera.vlan = true;
	test_camera_send(&scene.camera, &picture);
	test_jpeg_free(&picture);
	assert_true(scene.camera.packets[0].size > 2 * PORT_DATA_ROOM);
	write_capture(scene.camera.count, 1);
	test_in_child(receive_chains);
}

/* The door's packets, each in two pieces. */
static void write_pieces(void)
{
	pcap_t *pcap = pcap_open_dead(DLT_EN10MB, 65536);
	pcap_dumper_t *dumper = pcap_dump_open(pcap, scene.capture);

	for (uint32_t i = 0; i < scene.camera.count * 2; i++) {
		const struct test_packet *whole = &scene.camera.packets[i / 2];
		const uint32_t step = 80, begin = i % 2 ? step : 0;
		const uint32_t size = i % 2 ? whole->size - 34 - step : step;
		const struct pcap_pkthdr header = {.caplen = 34 + size, .len = 34 + size};
		uint8_t piece[2048];

		memcpy(piece, whole->bytes, 34);
		memcpy(piece + 34, whole->bytes + 34 + begin, size);
		piece[16] = (uint8_t)((20 + size) >> 8);
		piece[17] = (uint8_t)(20 + size);
		piece[19] = (uint8_t)(i / 2);
		piece[20] = i % 2 ? 0 : 0x20;
		piece[21] = (uint8_t)(begin / 8);
		/* A header checksum of 0 is taken. */
		piece[24] = piece[25] = 0;
		pcap_dump((u_char *)dumper, &header, piece);
	}
	scene.packets = scene.camera.count;
	pcap_dump_close(dumper);
	pcap_close(pcap);
}

static void fragments_end_in_the_lane_of_their_camera(void **state)
{
	write_pieces();
	test_in_child(receive_chains);
}

/* Answers go by the port that the packets came by. */
static void look_at_what_is_handed_over(void)
{
	open_two_lanes(HALL "}", DOOR "}");
	const struct dataplane *dp = scene.gw.stages[GW_STAGE_RX].state;
	struct rte_ring *ring = dp->handover[0][1];
	struct rte_mbuf *packet = NULL;

	turn(0);
	MUST(rte_ring_count(ring) == scene.packets);
	for (uint32_t i = 0; i < scene.packets; i++) {
		MUST(rte_ring_sc_dequeue(ring, (void **)&packet) == 0);
		MUST(packet->port == dp->ports[0].id);
		MUST(packet->pkt_len == scene.camera.packets[i].size);
		rte_pktmbuf_free(packet);
	}
	test_gateway_close(&scene.gw);
}

static void a_datagram_of_fragments_keeps_its_port_on_its_way_to_another_lane(void **state)
{
	write_pieces();
	test_in_child(look_at_what_is_handed_over);
}

/* Whole datagrams, from their Ethernet headers on, as if nobody had cut them. */
static void assert_recorded(struct recorder *recorder)
{
	struct recorded recorded;
	uint8_t data[2048];

	for (uint32_t i = 0; i < scene.packets; i++) {
		const struct test_packet *packet = &scene.camera.packets[i];

		MUST(recorder_take(recorder, &recorded, data, sizeof(data)));
		MUST(recorded.size == packet->size);
		/* Ethernet header and addresses, and UDP with all of its payload. */
		MUST(memcmp(data, packet->bytes, 14) == 0);
		MUST(memcmp(data + 26, packet->bytes + 26, packet->size - 26) == 0);
	}
	MUST(!recorder_take(recorder, &recorded, data, sizeof(data)));
}

static void record_fragments_of(const char *hall, const char *door, uint32_t camera)
{
	open_two_lanes(hall, door);
	struct dataplane *dp = scene.gw.stages[GW_STAGE_RX].state;

	MUST(recorder_open(&dp->recorder, 1 << 20) == 0);
	recorder_begin(&dp->recorder, camera);
	turn(0);
	turn(1);
	assert_recorded(&dp->recorder);
	recorder_end(&dp->recorder);
	test_gateway_close(&scene.gw);
}

static void record_in_another_lane(void)
{
	record_fragments_of(HALL "}", DOOR "}", 1);
}

/* The door's address is the hall's here, which is of lane 0. */
static void record_in_the_same_lane(void)
{
	record_fragments_of("{name: hall, source: 10.0.0.1, destination: 10.0.0.2, port: 5004}",
		"{name: door, source: 10.0.0.3, destination: 10.0.0.2, port: 5004}", 0);
}

static void a_datagram_of_fragments_is_recorded_whole(void **state)
{
	write_pieces();
	test_in_child(record_in_another_lane);
	test_in_child(record_in_the_same_lane);
}

#define BURST_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BURST_TEST(packets_of_a_camera_that_was_removed_are_not_anothers),
		BURST_TEST(wrong_padding_is_counted_on_the_lane_of_its_ssrc),
		BURST_TEST(what_a_lane_has_no_room_for_is_counted_on_the_camera_of_its_ssrc),
		BURST_TEST(packets_on_their_way_are_checked_as_when_they_came),
		BURST_TEST(every_way_of_checking_is_kept_to),
		BURST_TEST(a_packet_in_several_buffers_is_read_whole),
		BURST_TEST(fragments_end_in_the_lane_of_their_camera),
		BURST_TEST(a_datagram_of_fragments_keeps_its_port_on_its_way_to_another_lane),
		BURST_TEST(a_datagram_of_fragments_is_recorded_whole),
		BURST_TEST(what_the_port_found_of_a_checksum_is_believed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
