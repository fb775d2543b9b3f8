#include "core/test.h"

#include <string.h>

#include "core/clock.h"
#include "dataplane/test_camera.h"
#include "gwd/camera/measure.h"

static void send(
	struct measure *measure, const struct test_camera *camera, int64_t now, uint32_t left_out)
{
	for (uint32_t i = 0; i < camera->count; i++)
		if (i != left_out)
			measure_packet(measure, camera->packets[i].bytes + TEST_RTP_OFFSET,
				camera->packets[i].size - TEST_RTP_OFFSET, now);
}

static void a_stream_is_described_by_its_packets(void **state)
{
	struct measure measure = {0};
	struct test_camera camera;
	struct test_jpeg jpeg;

	test_jpeg_make(&jpeg, 320, 240, 80, 1, 2, 10, 1);
	test_camera_init(&camera, 1, 5004);
	camera.announce_restart = true;
	for (int i = 0; i < 11; i++) {
		test_camera_send(&camera, &jpeg);
		send(&measure, &camera, i * GW_NS_PER_S / 10, i == 5 ? 2 : UINT32_MAX);
	}
	assert_int_equal(measure.pictures, 11);
	assert_true(measure_rate(&measure) > 9.99 && measure_rate(&measure) < 10.01);
	assert_int_equal(measure.width, 320);
	assert_int_equal(measure.height, 240);
	assert_false(measure.size_varies);
	assert_int_equal(measure.lost, 1);
	assert_true(measure.qs[255]);
	assert_true(measure.types[65]);
	assert_int_equal(measure.with_tables, 11);
	assert_int_equal(measure.interval_count, 1);
	assert_int_equal(measure.interval[0], 10);
	assert_int_equal(measure.ssrc_count, 1);
	test_camera_free(&camera);
	test_jpeg_free(&jpeg);
}

static void packets_that_are_none_are_counted_by_reason(void **state)
{
	static const uint8_t h264[] = {0x80, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0x67};
	static const uint8_t audio[] = {
		0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8};
	struct measure measure = {0};

	measure_packet(&measure, h264, sizeof(h264), 1);
	measure_packet(&measure, audio, sizeof(audio), 1);
	measure_packet(&measure, audio, 3, 1);
	assert_int_equal(measure.packets, 2);
	assert_int_equal(measure.pictures, 0);
	assert_int_equal(measure.ssrc_count, 2);
	assert_int_equal(measure.refused[GW_DROP_RTP_PAYLOAD], 1);
	assert_int_equal(measure.refused[GW_DROP_RTP_SHORT], 1);
	assert_true(measure_rate(&measure) == 0);
}

static void late_packets_are_not_lost(void **state)
{
	static const uint16_t numbers[] = {65534, 0, 65535, 1, 3};
	uint8_t packet[] = {0x80, 26, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 80, 1, 1, 0};
	struct measure measure = {0};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		packet[2] = (uint8_t)(numbers[i] >> 8);
		packet[3] = (uint8_t)numbers[i];
		measure_packet(&measure, packet, sizeof(packet), 1);
	}
	assert_int_equal(measure.lost, 1);
}

/* A camera's sender report: its length stands where RTP has a sequence number. */
static void reports_are_no_packets_that_were_lost(void **state)
{
	uint8_t report[28] = {0x80, 200, 0, 6, 0, 0, 0, 9};
	uint8_t packet[] = {0x80, 26, 3, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 80, 1, 1, 0};
	struct measure measure = {0};

	for (int i = 0; i < 4; i++) {
		packet[3]++;
		measure_packet(&measure, packet, sizeof(packet), 1);
		measure_packet(&measure, report, sizeof(report), 1);
	}
	assert_int_equal(measure.packets, 4);
	assert_int_equal(measure.reports, 4);
	assert_int_equal(measure.lost, 0);
	assert_int_equal(measure.ssrc_count, 1);
	assert_false(measure.payload_types[200 & 127]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stream_is_described_by_its_packets),
		cmocka_unit_test(packets_that_are_none_are_counted_by_reason),
		cmocka_unit_test(late_packets_are_not_lost),
		cmocka_unit_test(reports_are_no_packets_that_were_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
