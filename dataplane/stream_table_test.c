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

static void every_camera_is_found_by_its_flow(void **state)
{
	struct gw_error error;
	struct stream_table *table = stream_table_create(cameras, CAMERAS, &error);

	assert_non_null(table);
	for (uint32_t i = 0; i < CAMERAS; i++) {
		const struct packet_flow flow = flow_from((int)i);

		assert_int_equal(stream_table_find(table, &flow), i);
		assert_int_equal(stream_table_by_ssrc(table, i, 12345), i);
	}
	stream_table_destroy(table);
}

static void a_stranger_is_told_from_nobodys_packet(void **state)
{
	struct gw_error error;
	struct stream_table *table = stream_table_create(cameras, CAMERAS, &error);
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
	struct gw_error error;
	uint32_t ssrc[2] = {7, 8};

	for (int i = 0; i < 3; i++) {
		cameras[i] = cameras[1];
		cameras[i].ssrc = i < 2 ? &ssrc[i] : NULL;
	}
	/* The one that takes any SSRC comes last, wherever the configuration names it. */
	struct gw_camera_config swap = cameras[0];

	cameras[0] = cameras[2];
	cameras[2] = swap;
	struct stream_table *table = stream_table_create(cameras, 3, &error);
	const struct packet_flow flow = flow_from(0);
	const uint32_t first = stream_table_find(table, &flow);

	assert_int_equal(stream_table_by_ssrc(table, first, 7), 2);
	assert_int_equal(stream_table_by_ssrc(table, first, 8), 1);
	assert_int_equal(stream_table_by_ssrc(table, first, 9), 0);
	stream_table_destroy(table);
	table = stream_table_create(cameras + 1, 2, &error);
	assert_int_equal(
		stream_table_by_ssrc(table, stream_table_find(table, &flow), 9), STREAM_NO_CAMERA);
	stream_table_destroy(table);
}

static void cameras_that_cannot_be_told_apart_are_refused(void **state)
{
	struct gw_error error;

	cameras[5] = cameras[4];
	cameras[5].name = names[5];
	assert_null(stream_table_create(cameras, CAMERAS, &error));
	assert_non_null(strstr(error.text, "cam4 and cam5"));
}

static void an_empty_table_knows_nobody(void **state)
{
	struct gw_error error;
	struct stream_table *table = stream_table_create(cameras, 0, &error);
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
		cmocka_unit_test_setup(cameras_that_cannot_be_told_apart_are_refused, make_cameras),
		cmocka_unit_test_setup(an_empty_table_knows_nobody, make_cameras),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
