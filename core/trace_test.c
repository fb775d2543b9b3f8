/* Timelines: what lanes record, and whether the file that comes of it is one that a viewer draws.
 */
#include "core/test.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/test_gateway.h"
#include "core/trace_file.h"

#define CAMERA(name, port) \
	"  - {name: " name ", source: 10.0.0.1, destination: 10.0.0.2, port: " port "}\n"

static const char yaml[] =
	"cores: {rx: 2, decode: 2, accel: 2, sink: 2}\n"
	"accel: {devices: [{name: near}, {name: far}]}\n"
	"cameras:\n" CAMERA("gate", "5000") CAMERA("yard", "5002") CAMERA("door", "5004");

static struct gw_error error;

static int open_gateway(void **state)
{
	struct gw *gw = calloc(1, sizeof(*gw));

	if (!gw || test_gateway_open(gw, yaml, NULL, GW_STAGES, NULL, &error) != 0)
		return -1;
	strcpy(gw->models[0].name, "digits \"2\"");
	*state = gw;
	return 0;
}

static int close_gateway(void **state)
{
	test_gateway_close(*state);
	free(*state);
	return 0;
}

static json_t *write_and_read(struct gw *gw)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	json_error_t why;

	assert_int_equal(gw_trace_write(gw, out), 0);
	fclose(out);
	json_t *json = json_loadb(text, size, 0, &why);

	if (!json)
		fail_msg("line %d: %s", why.line, why.text);
	free(text);
	return json;
}

static void begin(struct gw *gw)
{
	assert_int_equal(gw_trace_begin(&gw->trace, 2, 2, &error), 0);
}

/* A frame that took the whole way, beginning at `start`. */
static struct gw_frame frame_at(uint32_t camera, uint64_t sequence, int64_t start)
{
	struct gw_frame frame = {.camera = camera, .sequence = sequence};

	for (int i = 0; i < GW_STAMP_COUNT; i++)
		frame.stamp[i] = start + i * 1000;
	return frame;
}

static void deliver(struct gw *gw, const struct gw_frame *frame)
{
	gw_trace_frame(&gw->trace, frame->camera % 2, frame, frame->stamp[GW_STAMP_SINK] + 400);
}

static double number(const json_t *event, const char *key)
{
	return json_number_value(json_object_get(event, key));
}

static const char *text(const json_t *event, const char *key)
{
	return json_string_value(json_object_get(event, key));
}

static bool is_kind(const json_t *event, const char *kind)
{
	return strcmp(text(event, "ph"), kind) == 0;
}

static uint32_t count_kind(const json_t *json, const char *kind)
{
	json_t *event;
	uint32_t count = 0;
	size_t i;

	json_array_foreach(json_object_get(json, "traceEvents"), i, event)
		count += is_kind(event, kind);
	return count;
}

/* Rounded to nanoseconds: times are written in microseconds with three digits. */
static int64_t ns(double us)
{
	return (int64_t)(us * 1000 + (us < 0 ? -0.5 : 0.5));
}

static void assert_inside_a_slice(const json_t *events, const json_t *arrow)
{
	json_t *event;
	size_t i;

	json_array_foreach(events, i, event) {
		const int64_t begin = is_kind(event, "X") ? ns(number(event, "ts")) : 0;

		if (is_kind(event, "X") && number(event, "tid") == number(arrow, "tid") &&
			ns(number(arrow, "ts")) >= begin &&
			ns(number(arrow, "ts")) < begin + ns(number(event, "dur")))
			return;
	}
	fail_msg("an arrow at %f on track %f hangs in the air", number(arrow, "ts"),
		number(arrow, "tid"));
}

/* What a viewer needs: tracks with names, on each of which slices follow each other; arrows whose
 * times grow from their beginning to their end, each on a slice. */
static void assert_sound(const json_t *json)
{
	const json_t *events = json_object_get(json, "traceEvents");
	int64_t track_end[8192];
	bool named[8192] = {0};
	json_t *event, *ways = json_object();
	size_t i;

	for (size_t k = 0; k < 8192; k++)
		track_end[k] = INT64_MIN;
	json_array_foreach(events, i, event) {
		const uint32_t track = (uint32_t)number(event, "tid");

		assert_true(track < 8192);
		if (is_kind(event, "M")) {
			named[track] =
				named[track] || strcmp(text(event, "name"), "thread_name") == 0;
		} else if (is_kind(event, "X")) {
			assert_true(named[track]);
			assert_true(number(event, "dur") > 0);
			assert_true(ns(number(event, "ts")) >= track_end[track]);
			track_end[track] = ns(number(event, "ts")) + ns(number(event, "dur"));
		} else {
			char id[32];

			snprintf(id, sizeof(id), "%.0f", number(event, "id"));
			const json_t *before = json_object_get(ways, id);

			assert_int_equal(is_kind(event, "s"), before == NULL);
			if (before) {
				assert_false(is_kind(before, "f"));
				assert_true(number(event, "ts") >= number(before, "ts"));
			}
			assert_inside_a_slice(events, event);
			json_object_set(ways, id, event);
		}
	}
	const char *id;

	json_object_foreach(ways, id, event)
		assert_true(is_kind(event, "f"));
	json_decref(ways);
}

static void it_is_off_unless_asked_and_one_at_a_time(void **state)
{
	struct gw *gw = *state;

	assert_false(gw_trace_is_on(&gw->trace));
	begin(gw);
	assert_true(gw_trace_is_on(&gw->trace));
	assert_int_equal(gw_trace_begin(&gw->trace, 2, 2, &error), -EBUSY);
	gw_trace_end(&gw->trace);
	assert_false(gw_trace_is_on(&gw->trace));
	assert_int_equal(gw_trace_begin(&gw->trace, 2, 2, &error), -EBUSY);
	gw_trace_release(&gw->trace);
	begin(gw);
	gw_trace_end(&gw->trace);
	gw_trace_release(&gw->trace);
}

static void a_frame_has_a_slice_at_each_stage_and_arrows_between_them(void **state)
{
	struct gw *gw = *state;

	begin(gw);
	const int64_t start = gw_now();
	const struct gw_frame frame = frame_at(1, 7, start);
	const struct gw_trace_batch batch = {.number = 3,
		.device = 1,
		.pictures = 1,
		.begin = frame.stamp[GW_STAMP_INFER],
		.end = frame.stamp[GW_STAMP_INFERRED]};

	gw_trace_batch(&gw->trace, 1, &batch);
	gw_trace_member(&gw->trace, 1, &frame);
	deliver(gw, &frame);
	gw_trace_end(&gw->trace);
	json_t *json = write_and_read(gw), *event;
	const char *seen[4] = {0};
	int slices = 0;
	size_t i;

	assert_sound(json);
	json_array_foreach(json_object_get(json, "traceEvents"), i, event)
		if (is_kind(event, "X") && slices < 4)
			seen[slices++] = text(event, "name");
	assert_int_equal(slices, 4);
	assert_string_equal(seen[0], "receive");
	assert_string_equal(seen[1], "decode");
	assert_string_equal(seen[2], "digits \"2\"");
	assert_string_equal(seen[3], "deliver");
	assert_int_equal(count_kind(json, "s"), 1);
	assert_int_equal(count_kind(json, "t"), 2);
	assert_int_equal(count_kind(json, "f"), 1);
	json_decref(json);
	gw_trace_release(&gw->trace);
}

static void whatever_happens_at_the_same_time_is_still_drawn(void **state)
{
	struct gw *gw = *state;

	for (unsigned seed = 1; seed <= 5; seed++) {
		uint64_t next[3] = {0};

		srand(seed);
		begin(gw);
		const int64_t start = gw_now();

		for (int b = 0; b < 40; b++) {
			const uint32_t lane = (uint32_t)rand() % 2;
			struct gw_frame frames[4];
			struct gw_trace_batch batch = {.number = (uint64_t)b,
				.device = (uint8_t)(rand() % 2),
				.pictures = (uint16_t)(1 + rand() % 4),
				.begin = start + rand() % 200000,
				.failed = b % 5 == 0};

			batch.end = batch.begin + rand() % 50000;
			gw_trace_batch(&gw->trace, lane, &batch);
			for (uint32_t i = 0; i < batch.pictures; i++) {
				const uint32_t camera = (uint32_t)rand() % 3;
				struct gw_frame *frame = &frames[i];

				*frame = (struct gw_frame){
					.camera = camera, .sequence = next[camera]++};
				frame->stamp[GW_STAMP_INFER] = batch.begin;
				frame->stamp[GW_STAMP_INFERRED] = batch.end;
				for (int s = GW_STAMP_DECODED; s >= 0; s--)
					frame->stamp[s] =
						frame->stamp[s + 1] - rand() % 20000 - 100;
				frame->stamp[GW_STAMP_SINK] = batch.end + rand() % 9000;
				gw_trace_member(&gw->trace, lane, frame);
			}
			for (uint32_t i = 0; i < batch.pictures; i++)
				deliver(gw, &frames[i]);
		}
		gw_trace_end(&gw->trace);
		json_t *json = write_and_read(gw);

		assert_sound(json);
		assert_int_equal(count_kind(json, "s"), next[0] + next[1] + next[2]);
		json_decref(json);
		gw_trace_release(&gw->trace);
	}
}

static void a_frame_that_failed_says_why_and_one_from_a_topic_was_taken(void **state)
{
	struct gw *gw = *state;

	begin(gw);
	struct gw_frame failed = {.camera = 0, .drop = GW_DROP_JPEG_BAD};
	struct gw_frame record = frame_at(1, 0, gw_now());

	failed.stamp[GW_STAMP_FIRST_PACKET] = gw_now();
	failed.stamp[GW_STAMP_COMPLETE] = gw_now();
	gw_trace_frame(&gw->trace, 0, &failed, gw_now());
	record.receipt = 5;
	deliver(gw, &record);
	gw_trace_end(&gw->trace);
	json_t *json = write_and_read(gw), *event;
	int bad = 0, taken = 0;
	size_t i;

	assert_sound(json);
	json_array_foreach(json_object_get(json, "traceEvents"), i, event) {
		const json_t *args = json_object_get(event, "args");

		if (!is_kind(event, "X"))
			continue;
		bad += strcmp(text(args, "dropped"), "jpeg_bad") == 0 &&
			strcmp(text(args, "camera"), "gate") == 0;
		taken += strcmp(text(event, "name"), "take") == 0;
	}
	assert_int_equal(bad, 2);
	assert_int_equal(taken, 1);
	json_decref(json);
	gw_trace_release(&gw->trace);
}

static void what_finds_no_room_is_counted_and_the_next_recording_has_room_again(void **state)
{
	struct gw *gw = *state;
	const int64_t start = gw_now();

	for (int round = 0; round < 2; round++) {
		begin(gw);
		for (uint64_t i = 0; i < GW_TRACE_ROOM + 10; i++) {
			const struct gw_frame frame = frame_at(0, i, start + (int64_t)i * 20000);

			deliver(gw, &frame);
		}
		gw_trace_end(&gw->trace);
		assert_int_equal(gw_trace_lost(&gw->trace), 10);
		json_t *json = write_and_read(gw);
		const json_t *facts = json_object_get(json, "otherData");

		assert_int_equal(number(facts, "left_out"), 10);
		assert_int_equal(number(facts, "frames"), GW_TRACE_ROOM);
		json_decref(json);
		gw_trace_release(&gw->trace);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_off_unless_asked_and_one_at_a_time),
		cmocka_unit_test(a_frame_has_a_slice_at_each_stage_and_arrows_between_them),
		cmocka_unit_test(whatever_happens_at_the_same_time_is_still_drawn),
		cmocka_unit_test(a_frame_that_failed_says_why_and_one_from_a_topic_was_taken),
		cmocka_unit_test(
			what_finds_no_room_is_counted_and_the_next_recording_has_room_again),
	};

	return cmocka_run_group_tests(tests, open_gateway, close_gateway);
}
