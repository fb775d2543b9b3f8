/* What is found in records that pictures come as, and in those that are none. */
#include "core/test.h"

#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/config/config.h"
#include "jpeg/make.h"
#include "kafka/picture.h"

#define WIDTH 64
#define HEIGHT 48
#define TIME_MS INT64_C(1772323199678) /* 2026-02-28T23:59:59.678Z */

static const struct jpeg_limits limits = {WIDTH, HEIGHT};

struct fixture {
	uint8_t *jpeg;
	struct kafka_record record; /* a good one: a test changes it */
	rd_kafka_headers_t *headers; /* of another gateway's picture */
	struct picture picture;
};

static int set_up(void **state)
{
	static const char *const headers[][2] = {
		{"ce_type", "com.framegate.frame.v1"},
		{"ce_id", "0b0e7a5e/door/7"},
		{"ce_source", "/gateways/other/cameras/door"},
		{"ce_time", "2026-02-28T23:59:59.678Z"},
	};
	const struct jpeg_recipe recipe = {.width = WIDTH, .height = HEIGHT};
	struct fixture *f = calloc(1, sizeof(*f));

	f->record = (struct kafka_record){.key = "door", .key_size = 4, .time_ms = 1000};
	f->jpeg = jpeg_make(&recipe, &f->record.size);
	f->record.value = f->jpeg;
	f->headers = rd_kafka_headers_new(4);
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		rd_kafka_header_add(f->headers, headers[i][0], -1, headers[i][1], -1);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	rd_kafka_headers_destroy(f->headers);
	free(f->jpeg);
	free(f);
	return 0;
}

/* Why the record can be no frame. */
static enum gw_drop look(struct fixture *f)
{
	picture_look(&f->record, &limits, &f->picture);
	return f->picture.drop;
}

/* The same when a header of another gateway's picture has another value; NULL: when it is missing.
 */
static enum gw_drop look_with(struct fixture *f, const char *name, const void *value, ssize_t size)
{
	rd_kafka_headers_t *headers = rd_kafka_headers_copy(f->headers);

	rd_kafka_header_remove(headers, name);
	if (value)
		rd_kafka_header_add(headers, name, -1, value, size);
	f->record.headers = headers;
	const enum gw_drop drop = look(f);

	f->record.headers = NULL;
	rd_kafka_headers_destroy(headers);
	return drop;
}

static enum gw_drop look_with_key(struct fixture *f, const char *key, size_t size)
{
	f->record.key = key;
	f->record.key_size = size;
	return look(f);
}

static void a_picture_has_its_size_and_the_records_time(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(look(f), GW_DROP_NONE);
	assert_int_equal(f->picture.info.width, WIDTH);
	assert_int_equal(f->picture.info.height, HEIGHT);
	assert_int_equal(f->picture.info.size, f->record.size);
	assert_int_equal(f->picture.capture_ns, GW_NS_PER_S);
	assert_int_equal(f->picture.clock, GW_CLOCK_SOURCE);
	assert_false(f->picture.relayed);
}

static void a_record_without_a_time_that_can_be_is_of_now(void **state)
{
	static const int64_t none[] = {-1, INT64_MIN, INT64_MAX, INT64_MAX / GW_NS_PER_MS + 1};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		const int64_t before = gw_now_utc();

		f->record.time_ms = none[i];
		assert_int_equal(look(f), GW_DROP_NONE);
		assert_int_equal(f->picture.clock, GW_CLOCK_ARRIVAL);
		assert_in_range(f->picture.capture_ns, before, gw_now_utc());
	}
	f->record.time_ms = INT64_MAX / GW_NS_PER_MS;
	assert_int_equal(look(f), GW_DROP_NONE);
	assert_int_equal(f->picture.clock, GW_CLOCK_SOURCE);
}

static void a_key_must_be_a_cameras_name(void **state)
{
	static const char *const good[] = {"a", "Door-2_x.y", "5", "-", "frames.json2"};
	static const char *const bad[] = {"", "no camera", ".door", "..", "a/b", "t\xc3\xbcr",
		"a\n", "\xff\xfe", "a*", GW_LINES_FILE, GW_STATS_FILE};
	char longest[GW_NAME];
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(look_with_key(f, good[i], strlen(good[i])), GW_DROP_NONE);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(look_with_key(f, bad[i], strlen(bad[i])), GW_DROP_RECORD_KEY);
	assert_int_equal(look_with_key(f, NULL, 0), GW_DROP_RECORD_KEY);
	assert_int_equal(look_with_key(f, "do\0or", 5), GW_DROP_RECORD_KEY);
	/* Bytes: nothing ends them. */
	memset(longest, 'x', sizeof(longest));
	assert_int_equal(look_with_key(f, longest, GW_NAME - 1), GW_DROP_NONE);
	assert_int_equal(look_with_key(f, longest, GW_NAME), GW_DROP_RECORD_KEY);
}

static void a_value_must_be_one_whole_picture(void **state)
{
	struct fixture *f = *state;
	const size_t whole = f->record.size;

	f->record.size = whole - 200;
	assert_int_equal(look(f), GW_DROP_RECORD_BAD);
	f->record.size = 0;
	assert_int_equal(look(f), GW_DROP_RECORD_BAD);
	f->record.value = "not a picture";
	f->record.size = 13;
	assert_int_equal(look(f), GW_DROP_RECORD_BAD);
	/* What compaction calls a tombstone. */
	f->record.value = NULL;
	f->record.size = 0;
	assert_int_equal(look(f), GW_DROP_RECORD_BAD);
}

static void a_picture_of_another_coding_or_beyond_the_limits_is_refused(void **state)
{
	const struct jpeg_recipe progressive = {.width = 16, .height = 16, .progressive = true};
	const struct jpeg_recipe large = {.width = WIDTH + 1, .height = 16};
	struct fixture *f = *state;
	uint8_t *jpeg = jpeg_make(&progressive, &f->record.size);

	f->record.value = jpeg;
	assert_int_equal(look(f), GW_DROP_RECORD_UNSUPPORTED);
	free(jpeg);
	f->record.value = jpeg = jpeg_make(&large, &f->record.size);
	assert_int_equal(look(f), GW_DROP_RECORD_TOO_LARGE);
	free(jpeg);
}

static void another_gateways_picture_keeps_its_name_and_time(void **state)
{
	struct gw_frame *frame = aligned_alloc(64, sizeof(*frame));
	struct fixture *f = *state;

	f->record.headers = f->headers;
	assert_int_equal(look(f), GW_DROP_NONE);
	assert_true(f->picture.relayed);
	assert_int_equal(f->picture.capture_ns, TIME_MS * GW_NS_PER_MS);
	assert_int_equal(f->picture.clock, GW_CLOCK_SOURCE);

	memset(frame, 0, sizeof(*frame));
	frame->jpeg.room = malloc(f->record.size);
	picture_copy(&f->record, &f->picture, frame);
	assert_string_equal(frame->origin.id, "0b0e7a5e/door/7");
	assert_string_equal(frame->origin.source, "/gateways/other/cameras/door");
	assert_true(frame->has_origin);
	assert_int_equal(frame->capture_ns, TIME_MS * GW_NS_PER_MS);
	assert_int_equal(frame->width, WIDTH);
	assert_int_equal(frame->jpeg.size, f->record.size);
	assert_memory_equal(frame->jpeg.data, f->jpeg, f->record.size);

	/* The slot's next picture is nobody's else. */
	f->record.headers = NULL;
	assert_int_equal(look(f), GW_DROP_NONE);
	picture_copy(&f->record, &f->picture, frame);
	assert_false(frame->has_origin);
	free(frame->jpeg.room);
	free(frame);
}

static void only_a_gateways_pictures_bring_a_name(void **state)
{
	static const char other[] = "com.framegate.frame.v10";
	struct fixture *f = *state;

	assert_int_equal(look_with(f, "ce_type", other, -1), GW_DROP_NONE);
	assert_false(f->picture.relayed);
	assert_int_equal(look_with(f, "ce_type", other, sizeof(other) - 2), GW_DROP_NONE);
	assert_true(f->picture.relayed);
	assert_int_equal(look_with(f, "ce_type", NULL, 0), GW_DROP_NONE);
	assert_false(f->picture.relayed);
	assert_int_equal(f->picture.capture_ns, GW_NS_PER_S);
}

static void a_gateways_picture_without_its_name_is_refused(void **state)
{
	static const char *const names[] = {"ce_id", "ce_source"};
	static const size_t room[] = {GW_ORIGIN_ID, GW_ORIGIN_SOURCE};
	char text[GW_ORIGIN_SOURCE + 1];
	struct fixture *f = *state;

	memset(text, 'x', sizeof(text));
	for (size_t i = 0; i < 2; i++) {
		const char *name = names[i];

		assert_int_equal(look_with(f, name, NULL, 0), GW_DROP_RECORD_HEADERS);
		assert_int_equal(look_with(f, name, "", 0), GW_DROP_RECORD_HEADERS);
		assert_int_equal(look_with(f, name, "a\0b", 3), GW_DROP_RECORD_HEADERS);
		assert_int_equal(look_with(f, name, "a\xff\xfe", 3), GW_DROP_RECORD_HEADERS);
		assert_int_equal(look_with(f, name, "a\nb", 3), GW_DROP_RECORD_HEADERS);
		assert_int_equal(look_with(f, name, "t\xc3\xbcr \"1\"", -1), GW_DROP_NONE);
		assert_int_equal(look_with(f, name, text, (ssize_t)room[i] - 1), GW_DROP_NONE);
		assert_int_equal(
			look_with(f, name, text, (ssize_t)room[i]), GW_DROP_RECORD_HEADERS);
	}
}

static void of_a_header_that_comes_twice_the_last_counts(void **state)
{
	struct fixture *f = *state;

	rd_kafka_header_add(f->headers, "ce_time", -1, "1970-01-01T00:00:02.000Z", -1);
	f->record.headers = f->headers;
	assert_int_equal(look(f), GW_DROP_NONE);
	assert_int_equal(f->picture.capture_ns, 2 * GW_NS_PER_S);
}

static void a_time_that_is_none_leaves_the_records(void **state)
{
	static const char *const bad[] = {"", "now", "2026-02-28", "2026-02-28T23:59:59Z",
		"2026-02-28T23:59:59.678", "2026-02-28T23:59:59.678Zx", "2026-02-28T23:59:59.6789Z",
		"2026-02-28t23:59:59.678z", "2026-02-28T23:59:59.678+00:00",
		"2026-02- 8T23:59:59.678Z", "2026--2-28T23:59:59.678Z", "+026-02-28T23:59:59.678Z",
		"2026-00-28T23:59:59.678Z", "2026-13-28T23:59:59.678Z", "2026-02-29T23:59:59.678Z",
		"2026-04-31T23:59:59.678Z", "2026-02-00T23:59:59.678Z", "2026-02-28T24:00:00.000Z",
		"2026-02-28T23:60:00.000Z", "2026-02-28T23:59:61.000Z", "1969-12-31T23:59:59.999Z",
		"2262-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z", "0000-00-00T00:00:00.000Z"};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(look_with(f, "ce_time", bad[i], -1), GW_DROP_NONE);
		if (f->picture.capture_ns != GW_NS_PER_S)
			fail_msg("%s was taken for a time", bad[i]);
	}
	assert_int_equal(look_with(f, "ce_time", NULL, 0), GW_DROP_NONE);
	assert_int_equal(f->picture.capture_ns, GW_NS_PER_S);
	assert_int_equal(look_with(f, "ce_time", "2024-02-29T00:00:00.001Z", -1), GW_DROP_NONE);
	assert_int_equal(f->picture.capture_ns, INT64_C(1709164800001) * GW_NS_PER_MS);
	assert_int_equal(look_with(f, "ce_time", "2261-12-31T23:59:59.999Z", -1), GW_DROP_NONE);
	assert_int_equal(f->picture.capture_ns, INT64_C(9214646399999) * GW_NS_PER_MS);
}

#define WITH_RECORD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RECORD(a_picture_has_its_size_and_the_records_time),
		WITH_RECORD(a_record_without_a_time_that_can_be_is_of_now),
		WITH_RECORD(a_key_must_be_a_cameras_name),
		WITH_RECORD(a_value_must_be_one_whole_picture),
		WITH_RECORD(a_picture_of_another_coding_or_beyond_the_limits_is_refused),
		WITH_RECORD(another_gateways_picture_keeps_its_name_and_time),
		WITH_RECORD(only_a_gateways_pictures_bring_a_name),
		WITH_RECORD(a_gateways_picture_without_its_name_is_refused),
		WITH_RECORD(of_a_header_that_comes_twice_the_last_counts),
		WITH_RECORD(a_time_that_is_none_leaves_the_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
