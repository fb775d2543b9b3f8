#include "sink/record.h"

#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "sink/fixture.h"

/* Makes the record of a frame and reads it back with a parser that is not ours. Both are released
 * by the caller. */
static json_t *parse(struct record *record, struct gw_frame *frame, bool sampled)
{
	json_error_t error;

	record_begin(record, frame);
	assert_int_equal(record_finish(record, frame, sampled), 0);
	json_t *json = json_loadb(record->value, record->size, JSON_REJECT_DUPLICATES, &error);
	if (!json)
		fail_msg("%s at %d", error.text, error.position);
	return json;
}

static const char *text_at(json_t *json, const char *key)
{
	return json_string_value(json_object_get(json, key));
}

static void a_record_is_exactly_this_text(void **state)
{
	struct fixture *f = fixture_open("", false);
	struct record *record = record_create(&f->gw);
	struct gw_frame *frame = fixture_frame(f, 0);

	for (int stamp = 0; stamp < GW_STAMP_COUNT; stamp++)
		frame->stamp[stamp] = 1000000 + (1 << stamp) * 100000;
	frame->result.count = 2;
	frame->result.findings[1] = (struct gw_finding){.index = 1, .confidence = 0.00004f};
	record_begin(record, frame);
	assert_int_equal(record_finish(record, frame, true), 0);
	assert_string_equal(record->id, "00000000-0000-4000-8000-000000000001/cam0/0");
	assert_string_equal(record->time, "2026-11-21T07:40:00.123Z");
	assert_string_equal(record->source, "/gateways/test%20gateway/cameras/cam0");
	record->value[record->size] = '\0';
	assert_string_equal(record->value,
		"{\"version\":\"1.0\",\"id\":\"00000000-0000-4000-8000-000000000001/cam0/0\","
		"\"@timestamp\":\"2026-11-21T07:40:00.123Z\",\"sensorId\":\"cam0\","
		"\"gateway\":\"test gateway\","
		"\"frame\":{\"sequence\":0,\"rtpTimestamp\":90000,\"ssrc\":4294967295,"
		"\"width\":320,\"height\":240,\"clockSource\":\"arrival\",\"flags\":[],"
		"\"bytes\":26000},"
		"\"model\":{\"name\":\"digits\",\"version\":1,\"digest\":\"" DIGEST_0 "\"},"
		"\"task\":\"classify\",\"classes\":["
		"{\"type\":\"7\",\"index\":7,\"confidence\":0.9876},"
		"{\"type\":\"1\",\"index\":1,\"confidence\":0.0000}],"
		"\"sampled\":true,"
		"\"latencyUs\":{\"assemble\":100,\"decodeWait\":200,\"decode\":400,"
		"\"inferWait\":800,\"infer\":1600,\"sinkWait\":3200,\"total\":6300}}");
	record_destroy(record);
	fixture_drop(f, frame);
	fixture_close(f, 100);
}

static void a_picture_that_is_not_stored_as_it_is_seen_says_how(void **state)
{
	struct fixture *f = fixture_open("", false);
	struct record *record = record_create(&f->gw);
	struct gw_frame *frame = fixture_frame(f, 0);

	for (uint8_t i = 1; i <= 8; i++) {
		frame->orientation = i;
		json_t *json = parse(record, frame, false);
		const json_t *said = json_object_get(json_object_get(json, "frame"), "orientation");

		assert_int_equal(json_integer_value(said), i > 1 ? i : 0);
		json_decref(json);
	}
	record_destroy(record);
	fixture_drop(f, frame);
	fixture_close(f, 100);
}

static void another_gateways_picture_keeps_its_name(void **state)
{
	struct fixture *f = fixture_open("", false);
	struct record *record = record_create(&f->gw);
	struct gw_frame *frame = fixture_frame(f, 0);

	frame->has_origin = true;
	strcpy(frame->origin.id, "00000000-0000-4000-8000-00000000000f/door/17");
	strcpy(frame->origin.source, "/gateways/other/cameras/door");
	json_t *json = parse(record, frame, false);

	assert_string_equal(record->id, "00000000-0000-4000-8000-00000000000f/door/17");
	assert_string_equal(record->source, "/gateways/other/cameras/door");
	assert_string_equal(text_at(json, "id"), record->id);
	json_decref(json);
	record_destroy(record);
	fixture_drop(f, frame);
	fixture_close(f, 100);
}

static void labels_of_any_bytes_make_valid_json(void **state)
{
	struct fixture *f = fixture_open("", false);
	struct record *record = record_create(&f->gw);
	struct gw_frame *frame = fixture_frame(f, 1);

	frame->result.count = 3;
	frame->result.findings[1] = (struct gw_finding){
		.index = 1, .confidence = 0.4f, .x0 = 0, .y0 = 0, .x1 = 1, .y1 = 1};
	frame->result.findings[2] = (struct gw_finding){
		.index = 2, .confidence = 0.3f, .x0 = 0, .y0 = 0, .x1 = 1, .y1 = 1};
	json_t *json = parse(record, frame, false);
	json_t *objects = json_object_get(json, "objects");

	assert_int_equal(json_array_size(objects), 3);
	assert_string_equal(text_at(json_array_get(objects, 1), "type"), "a \"quoted\" \\ label");
	assert_string_equal(text_at(json_array_get(objects, 2), "type"), "Grüße\n\x01\xef\xbf\xbd");
	assert_string_equal(text_at(json_array_get(objects, 2), "id"), "2");
	assert_true(json_is_false(json_object_get(json, "sampled")));
	json_decref(json);
	record_destroy(record);
	fixture_drop(f, frame);
	fixture_close(f, 100);
}

static void extreme_values_stay_numbers_and_in_their_range(void **state)
{
	struct fixture *f = fixture_open("", false);
	struct record *record = record_create(&f->gw);
	struct gw_frame *frame = fixture_frame(f, 1);
	const float odd[] = {NAN, INFINITY, -INFINITY, -0.5f, 1.0001f, 3.4e38f};

	frame->sequence = INT64_MAX;
	frame->rtp_timestamp = UINT32_MAX;
	frame->capture_ns = INT64_MAX;
	frame->flags = UINT32_MAX;
	frame->width = frame->height = UINT16_MAX;
	frame->result.count = UINT16_MAX;
	for (uint16_t i = 0; i < GW_BOXES; i++) {
		float value = odd[i % 6];

		frame->result.findings[i] = (struct gw_finding){.index = UINT16_MAX,
			.confidence = value,
			.x0 = value,
			.y0 = value,
			.x1 = value,
			.y1 = value};
	}
	json_t *json = parse(record, frame, false);
	json_t *object, *objects = json_object_get(json, "objects");
	size_t i;

	assert_int_equal(json_array_size(objects), GW_BOXES);
	json_array_foreach(objects, i, object) {
		double confidence = json_real_value(json_object_get(object, "confidence"));
		json_t *left = json_object_get(json_object_get(object, "bbox"), "leftX");

		assert_true(confidence >= 0 && confidence <= 1);
		assert_true(json_is_real(left) && fabs(json_real_value(left)) <= 1e9);
		assert_string_equal(text_at(object, "type"), "65535");
	}
	assert_true(json_integer_value(json_object_get(
			    json_object_get(json, "frame"), "sequence")) == INT64_MAX);
	json_decref(json);
	record_destroy(record);
	fixture_drop(f, frame);
	fixture_close(f, 100);
}

static void a_camera_without_a_model_says_task_none(void **state)
{
	struct fixture *f = fixture_open("", false);
	struct record *record = record_create(&f->gw);
	struct gw_frame *frame = fixture_frame(f, 0);

	frame->result.task = GW_TASK_NONE;
	frame->result.model = GW_NO_MODEL;
	for (int stamp = GW_STAMP_DECODE; stamp < GW_STAMP_SINK; stamp++)
		frame->stamp[stamp] = 0;
	frame->stamp[GW_STAMP_SINK] = frame->stamp[GW_STAMP_COMPLETE];
	json_t *json = parse(record, frame, false);
	json_t *latency = json_object_get(json, "latencyUs");

	assert_string_equal(text_at(json, "task"), "none");
	assert_null(json_object_get(json, "model"));
	assert_null(json_object_get(json, "classes"));
	assert_null(json_object_get(json, "objects"));
	/* Parts of the way that it did not take have no time. */
	assert_null(json_object_get(latency, "decode"));
	assert_null(json_object_get(latency, "sinkWait"));
	assert_non_null(json_object_get(latency, "total"));
	json_decref(json);
	record_destroy(record);
	fixture_drop(f, frame);
	fixture_close(f, 100);
}

static void a_record_that_is_too_long_is_refused(void **state)
{
	static char label[GW_BOXES * 110];
	static const char *const labels[] = {label};
	struct fixture *f = fixture_open("kafka: {backend: 'null'}\n", false);
	struct gw_frame *frame = fixture_frame(f, 1);

	memset(label, 'x', sizeof(label) - 1);
	f->gw.models[1].labels = labels;
	f->gw.models[1].label_count = 1;
	frame->result.count = GW_BOXES;
	for (uint16_t i = 0; i < GW_BOXES; i++)
		frame->result.findings[i] = (struct gw_finding){
			.index = 0, .confidence = 1, .x0 = 0, .y0 = 0, .x1 = 1, .y1 = 1};
	fixture_send(f, frame);
	fixture_turn(f);
	assert_int_equal(fixture_drops(f, 1, GW_DROP_SINK_FAILED), 1);
	fixture_assert_balanced(f);
	fixture_close(f, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_is_exactly_this_text),
		cmocka_unit_test(a_picture_that_is_not_stored_as_it_is_seen_says_how),
		cmocka_unit_test(another_gateways_picture_keeps_its_name),
		cmocka_unit_test(labels_of_any_bytes_make_valid_json),
		cmocka_unit_test(extreme_values_stay_numbers_and_in_their_range),
		cmocka_unit_test(a_camera_without_a_model_says_task_none),
		cmocka_unit_test(a_record_that_is_too_long_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
