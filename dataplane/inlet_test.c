/* Packets that come within a connection, on their way into the lanes. */
#include "core/test.h"

#include <rte_mbuf.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/bell.h"
#include "core/test_gateway.h"
#include "dataplane/dataplane.h"
#include "dataplane/stage.h"
#include "dataplane/test_camera.h"
#include "dataplane/test_child.h"

/* Before its payload, a packet of the test camera's has Ethernet, IPv4 and UDP. */
#define HEADERS 42
/* What the inlet's headers take from the largest datagram of IPv4. */
#define MOST 65507

static struct scene {
	struct gw gw;
	struct gw_stage *rx;
	struct gw_error error;
	struct test_camera camera;
} scene;

/* The camera in slot 1, of lane 1, sends within its connection. */
static void open_scene(uint32_t payload)
{
	struct test_jpeg picture;
	char text[1024];

	memset(&scene, 0, sizeof(scene));
	test_camera_init(&scene.camera, 1, 5004);
	scene.camera.payload = payload;
	test_jpeg_make(&picture, 640, 480, 95, 1, 2, 0, 0);
	test_camera_send(&scene.camera, &picture);
	test_jpeg_free(&picture);
	snprintf(text, sizeof(text),
		"cores: {rx: 2}\n"
		"interfaces: [{name: lan0, device: \"net_null0\"}]\n"
		"frames: {classes: [{width: 640, height: 480, count: 4}]}\n"
		"cameras:\n"
		"- {name: hall, source: 10.0.0.3, destination: 10.0.0.2, port: 5006}\n"
		"- {name: door, source: 10.0.0.1, destination: 10.0.0.2, port: 5004}\n");
	test_child_must(test_gateway_open(&scene.gw, text, NULL, GW_STAGE_RX, &dataplane_stage,
				&scene.error) == 0,
		scene.error.text);
	scene.rx = &scene.gw.stages[GW_STAGE_RX];
	struct gw_camera_config door = scene.gw.config->cameras[1];

	door.is_within = true;
	MUST(gw_camera_put(&scene.gw, &door, &scene.error) == 0);
	/* net_null would give packets without end. */
	for (uint32_t i = 0; i < 2; i++)
		((struct rx_lane *)scene.rx->lanes[i].state)->queue_count = 0;
}

static void close_scene(void)
{
	test_camera_free(&scene.camera);
	test_gateway_close(&scene.gw);
}

static struct gw_packet packet_of(const uint8_t *data, uint32_t size)
{
	return (struct gw_packet){
		.camera = 1,
		.from = {AF_INET, {10, 0, 0, 1}},
		.to = {AF_INET, {10, 0, 0, 2}},
		.from_port = 554,
		.to_port = 5004,
		.data = data,
		.size = size,
	};
}

static bool put(const uint8_t *data, uint32_t size)
{
	const struct gw_packet packet = packet_of(data, size);

	return dataplane_stage.put_packet(scene.rx, &packet);
}

static void put_picture(void)
{
	for (uint32_t i = 0; i < scene.camera.count; i++)
		MUST(put(scene.camera.packets[i].bytes + HEADERS,
			scene.camera.packets[i].size - HEADERS));
}

static void turn(uint32_t lane)
{
	while (dataplane_stage.poll(&scene.rx->lanes[lane]) > 0)
		continue;
}

static const struct gw_camera_stats *stats(uint32_t lane, uint32_t subject)
{
	return &scene.rx->lanes[lane].stats->camera[subject];
}

static void receive_pictures(uint32_t payload)
{
	open_scene(payload);
	put_picture();
	turn(0);
	MUST(gw_counter_get(&stats(1, 1)->packets) == 0);
	turn(1);
	MUST(gw_counter_get(&stats(1, 1)->frames_out) == 1);
	MUST(gw_counter_get(&stats(1, 1)->packets_used) == scene.camera.count);
	close_scene();
}

static void listen_to_the_bell(void)
{
	open_scene(1000);
	struct gw_bell *bell = &scene.rx->lanes[1].bell;
	const uint32_t heard = gw_bell_listen(bell);

	put_picture();
	MUST(gw_bell_heard(bell) == heard);
	dataplane_stage.put_end(scene.rx, 1);
	MUST(gw_bell_heard(bell) != heard);
	gw_bell_leave(bell);
	close_scene();
}

static void a_lane_is_woken_after_the_last_of_many(void **state)
{
	test_in_child(listen_to_the_bell);
}

static void receive_small(void)
{
	receive_pictures(1000);
}

static void receive_large(void)
{
	receive_pictures(60000);
}

static void pictures_come_by_the_lane_of_their_camera(void **state)
{
	test_in_child(receive_small);
}

static void packets_larger_than_a_buffer_come_whole(void **state)
{
	test_in_child(receive_large);
}

/* The same bytes, from the same address to the same port, as a port would have received them. */
static void receive_forged(void)
{
	open_scene(1000);
	struct rx_lane *rx = scene.rx->lanes[1].state;
	struct assembler_done done = {.frames = rx->done};
	const struct arrival arrival = {.now = 1};
	struct datagram datagram;

	for (uint32_t i = 0; i < scene.camera.count; i++) {
		receiver_read(&rx->receiver, scene.camera.packets[i].bytes,
			scene.camera.packets[i].size, 0, &datagram);
		MUST(receiver_put(&rx->receiver, &datagram, &arrival, &done));
	}
	MUST(done.count == 0);
	MUST(gw_counter_get(&stats(1, GW_UNMATCHED)->drops[GW_DROP_NO_CAMERA]) ==
		scene.camera.count);
	MUST(gw_counter_get(&stats(1, 1)->packets) == 0);
	close_scene();
}

static void no_packet_of_a_port_is_taken_for_one(void **state)
{
	test_in_child(receive_forged);
}

static void receive_too_large(void)
{
	static const uint8_t data[65535];

	open_scene(1000);
	MUST(put(data, MOST));
	MUST(put(data, MOST + 1));
	MUST(put(data, sizeof(data)));
	turn(1);
	MUST(gw_counter_get(&stats(1, 1)->packets) == 1);
	MUST(gw_counter_get(&stats(1, GW_UNMATCHED)->drops[GW_DROP_CUT_SHORT]) == 2);
	close_scene();
}

static void what_no_datagram_holds_was_cut_short(void **state)
{
	test_in_child(receive_too_large);
}

static void fill_the_ring(void)
{
	open_scene(1000);
	struct inlet *inlet = &((struct dataplane *)scene.rx->state)->inlet;
	const unsigned int buffers = rte_mempool_avail_count(inlet->buffers);
	static const uint8_t data[10000];
	uint32_t count = 0;

	/* First there are too few buffers, then too few places. */
	while (put(data, sizeof(data)))
		count++;
	MUST(count > 100);
	turn(1);
	MUST(gw_counter_get(&stats(1, 1)->packets) == count);
	MUST(rte_mempool_avail_count(inlet->buffers) == buffers);
	for (count = 0; put(data, 100); count++)
		continue;
	MUST(count > 1000);
	MUST(put(data, 100) == false);
	turn(1);
	MUST(put(data, 100));
	close_scene();
}

static void what_finds_no_room_is_not_taken(void **state)
{
	test_in_child(fill_the_ring);
}

static void look_at_headers(void)
{
	open_scene(1000);
	struct inlet *inlet = &((struct dataplane *)scene.rx->state)->inlet;
	struct gw_packet given = packet_of((const uint8_t *)"odd", 3);
	struct rte_mbuf *made;
	struct packet packet;

	for (uint32_t i = 0; i < 2; i++) {
		MUST(inlet_put(inlet, 0, &given));
		MUST(inlet_take(inlet, 0, &made, 1) == 1);
		MUST(packet_parse(rte_pktmbuf_mtod(made, const uint8_t *), made->data_len,
			     PACKET_IP_CHECK, &packet) == GW_DROP_NONE);
		MUST(packet_udp_checksum_ok(&packet));
		MUST(packet.size == 3 && memcmp(packet.payload, "odd", 3) == 0);
		MUST(packet.flow.port == 5004);
		MUST(packet.flow.family == (uint32_t)given.from.family);
		MUST(memcmp(packet.flow.source, given.from.bytes, 16) == 0);
		MUST(memcmp(packet.flow.destination, given.to.bytes, 16) == 0);
		rte_pktmbuf_free(made);
		given.from = (struct gw_address){AF_INET6, {0x20, 1, 0x0D, 0xB8, [15] = 1}};
		given.to = (struct gw_address){AF_INET6, {0x20, 1, 0x0D, 0xB8, [15] = 2}};
	}
	close_scene();
}

static void who_captures_them_sees_whole_datagrams(void **state)
{
	test_in_child(look_at_headers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pictures_come_by_the_lane_of_their_camera),
		cmocka_unit_test(a_lane_is_woken_after_the_last_of_many),
		cmocka_unit_test(packets_larger_than_a_buffer_come_whole),
		cmocka_unit_test(no_packet_of_a_port_is_taken_for_one),
		cmocka_unit_test(what_no_datagram_holds_was_cut_short),
		cmocka_unit_test(what_finds_no_room_is_not_taken),
		cmocka_unit_test(who_captures_them_sees_whole_datagrams),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
