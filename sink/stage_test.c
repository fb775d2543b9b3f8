/* The sink stage with the null back-end, and with brokers that are not there. */
#include "sink/stage.h"

#include <errno.h>
#include <jansson.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/clock.h"
#include "core/view.h"
#include "sink/fixture.h"

/* Nobody listens there. */
#define AWAY "kafka: {brokers: '127.0.0.1:1', frames: {every: 1, budget: 4}}\n"

static uint64_t of(const struct gw_counter *counter)
{
	return gw_counter_get(counter);
}

static void a_well_frame_is_delivered_and_its_slot_is_free_again(void **state)
{
	struct fixture *f = fixture_open("kafka: {backend: 'null', frames: {every: 0}}\n", false);

	fixture_send_frames(f, 0, 100);
	fixture_send_frames(f, 1, 50);
	assert_int_equal(of(&fixture_stats(f, 0)->delivered), 100);
	assert_int_equal(of(&fixture_stats(f, 1)->delivered), 50);
	assert_int_equal(of(&fixture_stats(f, 1)->frames_in), 50);
	assert_int_equal(of(&fixture_stats(f, 1)->frames_out), 50);
	assert_int_equal(of(&fixture_stats(f, 0)->samples), 0);
	assert_int_equal(gw_pool_in_use(f->gw.pool, UINT32_MAX), 0);
	fixture_assert_balanced(f);
	fixture_close(f, 1000);
}

static void a_failed_frame_is_counted_by_its_reason_and_goes_nowhere(void **state)
{
	struct fixture *f = fixture_open("kafka: {backend: 'null', frames: {every: 1}}\n", false);
	struct gw_frame *frame = fixture_frame(f, 1);

	gw_frame_fail(frame, GW_DROP_DECODE_FAILED);
	fixture_send(f, frame);
	fixture_turn(f);
	assert_int_equal(fixture_drops(f, 1, GW_DROP_DECODE_FAILED), 1);
	assert_int_equal(of(&fixture_stats(f, 1)->delivered), 0);
	assert_int_equal(of(&fixture_stats(f, 1)->samples), 0);
	assert_int_equal(of(&fixture_stats(f, 1)->frames_out), 1);
	assert_int_equal(of(&f->gw.latency[0]->segment[GW_SEGMENT_TOTAL].count), 0);
	fixture_assert_balanced(f);
	fixture_close(f, 1000);
}

static void assert_told(struct fixture *f, uint64_t receipt, enum gw_drop outcome)
{
	struct gw_returned returned[2];

	assert_int_equal(gw_receipts_take(f->gw.receipts[0], returned, 2), 1);
	assert_int_equal(returned[0].receipt, receipt);
	assert_int_equal(returned[0].outcome, outcome);
}

static void a_source_that_asks_is_told_once_whatever_became_of_the_frame(void **state)
{
	struct fixture *f = fixture_open("kafka: {backend: 'null', frames: {every: 1}}\n", false);
	struct gw_frame *frame = fixture_frame(f, 1);

	f->gw.receipts[0] = gw_receipts_create();
	frame->receipt = 7;
	fixture_send(f, frame);
	fixture_turn(f);
	assert_told(f, 7, GW_DROP_NONE);
	frame = fixture_frame(f, 1);
	frame->receipt = 8;
	gw_frame_fail(frame, GW_DROP_DECODE_FAILED);
	fixture_send(f, frame);
	fixture_turn(f);
	assert_told(f, 8, GW_DROP_DECODE_FAILED);
	fixture_send_frames(f, 1, 1);
	assert_int_equal(gw_receipts_take(f->gw.receipts[0], &(struct gw_returned){0}, 1), 0);
	fixture_close(f, 1000);
}

static void the_latency_of_well_frames_is_recorded(void **state)
{
	struct fixture *f = fixture_open("kafka: {backend: 'null'}\n", false);

	fixture_send_frames(f, 1, 20);
	assert_int_equal(of(&f->gw.latency[0]->segment[GW_SEGMENT_TOTAL].count), 20);
	assert_int_equal(of(&f->gw.latency[0]->segment[GW_SEGMENT_SINK_WAIT].count), 20);
	assert_int_equal(of(&f->gw.latency[0]->camera[1].count), 20);
	assert_int_equal(of(&f->gw.latency[0]->acknowledge.count), 20);
	fixture_close(f, 1000);
}

/* Whoever looks sees what was found whether or not brokers take it. */
static void who_looks_at_a_camera_sees_its_next_well_frame_with_its_record(void **state)
{
	struct fixture *f = fixture_open(AWAY, false);
	struct gw_frame *frame;
	const struct gw_view *view;

	fixture_send_frames(f, 1, 1);
	assert_int_equal(gw_views_look(f->gw.views, 1, "cam1", 1, &view), -EAGAIN);
	frame = fixture_frame(f, 1);
	gw_frame_fail(frame, GW_DROP_DECODE_FAILED);
	fixture_send(f, frame);
	fixture_send_frames(f, 0, 1);
	assert_int_equal(gw_views_look(f->gw.views, 1, "cam1", 2, &view), -EAGAIN);
	fixture_send_frames(f, 1, 2);
	assert_int_equal(gw_views_look(f->gw.views, 1, "cam1", 3, &view), 0);
	assert_int_equal(view->sequence, 2);
	assert_int_equal(view->jpeg_size, 26000);
	assert_int_equal(view->jpeg[0], 2);
	json_t *record = json_loadb(view->record, view->record_size, 0, NULL);
	json_t *of_frame = json_object_get(record, "frame");
	assert_int_equal(json_integer_value(json_object_get(of_frame, "sequence")), 2);
	assert_int_equal(json_array_size(json_object_get(record, "objects")), 1);
	json_decref(record);
	gw_view_unref(view);
	fixture_close(f, 100);
}

static void who_looks_reads_json_whatever_the_brokers_get(void **state)
{
	struct fixture *f =
		fixture_open("kafka: {brokers: '127.0.0.1:1', format: protobuf, framing: confluent,"
			     " results: {topic: r, schema_id: 7}}\n",
			false);
	const struct gw_view *view;

	assert_int_equal(gw_views_look(f->gw.views, 0, "cam0", 1, &view), -EAGAIN);
	fixture_send_frames(f, 0, 1);
	assert_int_equal(gw_views_look(f->gw.views, 0, "cam0", 2, &view), 0);
	json_t *record = json_loadb(view->record, view->record_size, 0, NULL);
	assert_string_equal(json_string_value(json_object_get(record, "sensorId")), "cam0");
	json_decref(record);
	gw_view_unref(view);
	fixture_close(f, 100);
}

static void the_backend_follows_from_the_configuration(void **state)
{
	char text[64];
	struct fixture *f = fixture_open("", false);

	fixture_describe(f, "backend", text, sizeof(text));
	assert_string_equal(text, "null");
	fixture_close(f, 100);
	f = fixture_open(AWAY, false);
	fixture_describe(f, "backend", text, sizeof(text));
	assert_string_equal(text, "kafka");
	fixture_describe(f, "brokers", text, sizeof(text));
	assert_string_equal(text, "127.0.0.1:1");
	fixture_close(f, 100);
	/* A replay needs no brokers and asks none. */
	f = fixture_open(AWAY, true);
	fixture_describe(f, "backend", text, sizeof(text));
	assert_string_equal(text, "file");
	fixture_close(f, 100);
}

struct watch {
	struct fixture *fixture;
	_Atomic uint64_t begun; /* frames of camera 0 that took a slot */
	_Atomic bool enough;
	uint64_t early; /* looks that found no slot in use and a frame on the way */
};

static void *watch_slots(void *arg)
{
	struct watch *watch = arg;

	while (!atomic_load(&watch->enough)) {
		uint64_t begun = atomic_load(&watch->begun);

		if (gw_pool_in_use(watch->fixture->gw.pool, 0) == 0 &&
			of(&fixture_stats(watch->fixture, 0)->frames_out) < begun)
			watch->early++;
	}
	return NULL;
}

static void a_slot_is_free_no_sooner_than_its_frame_is_counted_out(void **state)
{
	struct watch watch = {
		.fixture = fixture_open("kafka: {backend: 'null', frames: {every: 0}}\n", false)};
	struct gw_counter *begun =
		&watch.fixture->gw.stages[GW_STAGE_RX].lanes[0].stats->camera[0].frames_in;
	struct gw_frame *others[95];
	pthread_t thread;

	/* The slot that is left is the one that is looked at last, just before the count. */
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		others[i] = fixture_frame(watch.fixture, 1);
	assert_int_equal(pthread_create(&thread, NULL, watch_slots, &watch), 0);
	for (uint64_t i = 1; i <= 500000; i++) {
		/* A failed frame without a picture: nearly all of the time is the end of the way.
		 */
		struct gw_frame *frame = test_gateway_frame(&watch.fixture->gw, 0, 320, 240);

		gw_frame_fail(frame, GW_DROP_DECODE_FAILED);
		gw_counter_add(begun, 1);
		atomic_store(&watch.begun, i);
		fixture_send(watch.fixture, frame);
		sink_stage.poll(watch.fixture->sink);
	}
	atomic_store(&watch.enough, true);
	pthread_join(thread, NULL);
	assert_int_equal(watch.early, 0);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		fixture_drop(watch.fixture, others[i]);
	fixture_close(watch.fixture, 1000);
}

static void a_setting_that_is_unknown_or_the_gateways_own_is_refused(void **state)
{
	fixture_fail("kafka: {brokers: b, properties: [{name: linger.mss, value: '1'}]}\n",
		"linger.mss: librdkafka has none of that name");
	fixture_fail(
		"kafka: {brokers: b, properties: [{name: acks, value: many}]}\n", "property acks");
	fixture_fail("kafka: {brokers: b, properties: [{name: log.queue, value: 'false'}]}\n",
		"log.queue belongs to the gateway");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_well_frame_is_delivered_and_its_slot_is_free_again),
		cmocka_unit_test(a_failed_frame_is_counted_by_its_reason_and_goes_nowhere),
		cmocka_unit_test(a_source_that_asks_is_told_once_whatever_became_of_the_frame),
		cmocka_unit_test(the_latency_of_well_frames_is_recorded),
		cmocka_unit_test(who_looks_at_a_camera_sees_its_next_well_frame_with_its_record),
		cmocka_unit_test(who_looks_reads_json_whatever_the_brokers_get),
		cmocka_unit_test(the_backend_follows_from_the_configuration),
		cmocka_unit_test(a_slot_is_free_no_sooner_than_its_frame_is_counted_out),
		cmocka_unit_test(a_setting_that_is_unknown_or_the_gateways_own_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
