#include "core/test.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "dataplane/stream_table.h"

#define CAMERAS 500

static char names[CAMERAS][16];
static struct gw_camera_config cameras[CAMERAS];

static int make_cameras(void **state)
{
	memset(cameras, 0, sizeof(cameras));
	for (int i = 0; i < CAMERAS; i++) {
		snprintf(names[i], sizeof(names[i]), "cam%d", i);
		cameras[i].name = names[i];
		cameras[i].port = (uint16_t)(5000 + i % 7);
		cameras[i].source_address.family = i % 3 ? AF_INET : AF_INET6;
		cameras[i].destination_address.family = cameras[i].source_address.family;
		cameras[i].source_address.bytes[2] = (uint8_t)(i >> 8);
		cameras[i].source_address.bytes[3] = (uint8_t)i;
		cameras[i].destination_address.bytes[0] = 224;
	}
	return 0;
}

static struct packet_flow flow_from(int i)
{
	struct packet_flow flow = {
		.port = cameras[i].port, .family = (uint32_t)cameras[i].source_address.family};
	const size_t size = flow.family == AF_INET ? 4 : 16;

	memcpy(flow.source, cameras[i].source_address.bytes, size);
	memcpy(flow.destination, cameras[i].destination_address.bytes, size);
	return flow;
}

static struct stream_table *table_of(const uint32_t *order, uint32_t count)
{
	struct stream_table *table = stream_table_create();

	assert_non_null(table);
	for (uint32_t i = 0; i < count; i++)
		stream_table_add(table, order ? order[i] : i, &cameras[order ? order[i] : i]);
	return table;
}

static void every_camera_is_found_by_its_flow(void **state)
{
	struct stream_table *table = table_of(NULL, CAMERAS);

	for (uint32_t i = 0; i < CAMERAS; i++) {
		const struct packet_flow flow = flow_from((int)i);

		assert_int_equal(stream_table_find(table, &flow), i);
		assert_int_equal(stream_table_by_ssrc(table, i, 12345), i);
	}
	stream_table_destroy(table);
}

static void a_stranger_is_told_from_nobodys_packet(void **state)
{
	struct stream_table *table = table_of(NULL, CAMERAS);
	struct packet_flow flow = flow_from(1);

	((uint8_t *)flow.source)[0] = 99;
	assert_int_equal(stream_table_find(table, &flow), STREAM_BAD_SOURCE);
	flow.port = 80;
	assert_int_equal(stream_table_find(table, &flow), STREAM_NO_CAMERA);
	flow = flow_from(1);
	((uint8_t *)flow.destination)[3] = 1;
	assert_int_equal(stream_table_find(table, &flow), STREAM_NO_CAMERA);
	stream_table_destroy(table);
}

static void one_flow_may_carry_several_cameras_by_ssrc(void **state)
{
	uint32_t ssrc[2] = {7, 8};

	for (int i = 0; i < 3; i++) {
		cameras[i] = cameras[1];
		cameras[i].ssrc = i < 2 ? &ssrc[i] : NULL;
	}
	/* The one that takes any SSRC comes last, wherever the configuration names it. */
	struct gw_camera_config swap = cameras[0];

	cameras[0] = cameras[2];
	cameras[2] = swap;
	struct stream_table *table = table_of(NULL, 3);
	const struct packet_flow flow = flow_from(0);
	const uint32_t first = stream_table_find(table, &flow);

	assert_int_equal(stream_table_by_ssrc(table, first, 7), 2);
	assert_int_equal(stream_table_by_ssrc(table, first, 8), 1);
	assert_int_equal(stream_table_by_ssrc(table, first, 9), 0);
	stream_table_destroy(table);
	table = table_of((const uint32_t[]){1, 2}, 2);
	assert_int_equal(
		stream_table_by_ssrc(table, stream_table_find(table, &flow), 9), STREAM_NO_CAMERA);
	stream_table_destroy(table);
}

/* Adds and removes at random and holds the table against a plain list. */
static void cameras_come_and_go(void **state)
{
	struct stream_table *table = table_of(NULL, 0);
	bool there[CAMERAS] = {false};
	uint32_t random = 1, ssrc[CAMERAS];

	/* Every third shares the flow of the one before, by an SSRC of its own. */
	for (int i = 2; i < CAMERAS; i += 3) {
		struct gw_camera_config *camera = &cameras[i];

		*camera = cameras[i - 1];
		camera->ssrc = &ssrc[i];
		ssrc[i] = (uint32_t)i;
	}
	for (int round = 0; round < 20000; round++) {
		random = random * 1664525 + 1013904223;
		const uint32_t i = (random >> 8) % CAMERAS;

		if (there[i])
			stream_table_remove(table, i, &cameras[i]);
		else
			stream_table_add(table, i, &cameras[i]);
		there[i] = !there[i];
		if (round % 500 != 0)
			continue;
		for (uint32_t k = 0; k < CAMERAS; k++) {
			const struct packet_flow flow = flow_from((int)k);
			uint32_t found = stream_table_find(table, &flow);

			if (found < STREAM_BAD_SOURCE)
				found = stream_table_by_ssrc(table, found, k % 3 == 2 ? k : 12345);
			if (there[k])
				assert_int_equal(found, k);
			else if (k % 3 == 2 && there[k - 1])
				assert_int_equal(found, k - 1);
			else
				assert_true(found >= STREAM_BAD_SOURCE);
		}
	}
	for (uint32_t i = 0; i < CAMERAS; i++)
		if (there[i])
			stream_table_remove(table, i, &cameras[i]);
	const struct packet_flow flow = flow_from(0);

	assert_int_equal(stream_table_find(table, &flow), STREAM_NO_CAMERA);
	stream_table_destroy(table);
}

static void an_empty_table_knows_nobody(void **state)
{
	struct stream_table *table = table_of(NULL, 0);
	const struct packet_flow flow = flow_from(0);

	assert_int_equal(stream_table_find(table, &flow), STREAM_NO_CAMERA);
	stream_table_destroy(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(every_camera_is_found_by_its_flow, make_cameras),
		cmocka_unit_test_setup(a_stranger_is_told_from_nobodys_packet, make_cameras),
		cmocka_unit_test_setup(one_flow_may_carry_several_cameras_by_ssrc, make_cameras),
		cmocka_unit_test_setup(cameras_come_and_go, make_cameras),
		cmocka_unit_test_setup(an_empty_table_knows_nobody, make_cameras),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
