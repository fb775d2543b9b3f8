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
#include "sink/routes.h"

/* Nobody listens there. */
#define AWAY "kafka: {brokers: '127.0.0.1:1', frames: {every: 1, budget: 4}}\n"

#define TWO_LANES "cores: {sink: 2}\n"

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

static void every_nth_frame_of_a_camera_is_sampled(void **state)
{
	struct fixture *f = fixture_open("kafka: {backend: 'null', frames: {every: 10}}\n", false);

	fixture_send_frames(f, 0, 95);
	fixture_send_frames(f, 1, 5);
	assert_int_equal(of(&fixture_stats(f, 0)->samples), 10);
	assert_int_equal(of(&fixture_stats(f, 0)->samples_delivered), 10);
	assert_int_equal(of(&fixture_stats(f, 1)->samples), 1);
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

static void a_picture_that_is_asked_for_is_the_next_one(void **state)
{
	struct fixture *f = fixture_open("kafka: {backend: 'null', frames: {every: 0}}\n", false);
	struct gw_request request = {.name = "cam1", .who = "the test"};
	struct gw_reply reply = {0};
	struct gw_error error;

	assert_string_equal(sink_routes[0].path, "cameras/{name}/sample");
	assert_int_equal(sink_routes[0].handle(f->sink->stage, &request, &reply, &error), 202);
	assert_string_equal(json_string_value(json_object_get(reply.json, "camera")), "cam1");
	assert_true(json_is_true(json_object_get(reply.json, "requested")));
	gw_reply_release(&reply);
	fixture_send_frames(f, 0, 3);
	fixture_send_frames(f, 1, 3);
	assert_int_equal(of(&fixture_stats(f, 0)->samples), 0);
	assert_int_equal(of(&fixture_stats(f, 1)->samples), 1);
	request.name = "cam7";
	assert_int_equal(sink_routes[0].handle(f->sink->stage, &request, &reply, &error), -ENOENT);
	assert_non_null(strstr(error.text, "cam7"));
	fixture_close(f, 1000);
}

static void away_brokers_hold_no_more_samples_than_the_budget(void **state)
{
	struct fixture *f = fixture_open(AWAY, false);

	fixture_send_frames(f, 0, 30);
	fixture_send_frames(f, 1, 70);
	assert_int_equal(of(&fixture_stats(f, 0)->samples_held), 4);
	assert_int_equal(fixture_drops(f, 0, GW_DROP_SAMPLE_BUDGET), 26);
	assert_int_equal(fixture_drops(f, 1, GW_DROP_SAMPLE_BUDGET), 70);
	/* Only the samples keep slots; the results wait without. */
	assert_int_equal(gw_pool_in_use(f->gw.pool, UINT32_MAX), 4);
	assert_int_equal(of(&fixture_stats(f, 0)->results_waiting), 30);
	assert_int_equal(of(&fixture_stats(f, 1)->results_waiting), 70);
	assert_int_equal(of(&fixture_stats(f, 1)->frames_out), 70);
	fixture_assert_balanced(f);
	fixture_close(f, 50);
}

static void samples_leave_half_of_the_slots_to_new_frames(void **state)
{
	struct fixture *f = fixture_open(
		"kafka: {brokers: '127.0.0.1:1', frames: {every: 1, budget: 1000}}\n", false);

	fixture_send_frames(f, 0, 200);
	assert_int_equal(gw_counter_get(&fixture_stats(f, 0)->samples_held), 48);
	assert_int_equal(fixture_drops(f, 0, GW_DROP_SAMPLE_BUDGET), 152);
	assert_int_equal(gw_pool_in_use(f->gw.pool, UINT32_MAX), 48);
	fixture_assert_balanced(f);
	fixture_close(f, 10);
}

static uint64_t of_both(struct fixture *f, enum gw_drop drop)
{
	return fixture_drops(f, 0, drop) + fixture_drops(f, 1, drop);
}

static uint64_t both_hold(struct fixture *f)
{
	return of(&fixture_stats(f, 0)->samples_held) + of(&fixture_stats(f, 1)->samples_held);
}

static void several_lanes_together_leave_half_of_the_slots_to_new_frames(void **state)
{
	struct fixture *f = fixture_open(TWO_LANES
		"kafka: {brokers: '127.0.0.1:1', frames: {every: 1, budget: 1000}}\n",
		false);

	assert_int_equal(f->sink->stage->lane_count, 2);
	fixture_send_frames(f, 0, 100);
	fixture_send_frames(f, 1, 100);
	assert_int_equal(both_hold(f), 48);
	assert_int_equal(of_both(f, GW_DROP_SAMPLE_BUDGET), 152);
	assert_int_equal(gw_pool_in_use(f->gw.pool, UINT32_MAX), 48);
	fixture_assert_balanced(f);
	fixture_close(f, 10);
}

static void several_lanes_have_one_budget(void **state)
{
	struct fixture *f = fixture_open(TWO_LANES AWAY, false);

	fixture_send_frames(f, 0, 3);
	fixture_send_frames(f, 1, 10);
	assert_int_equal(of(&fixture_stats(f, 0)->samples_held), 3);
	assert_int_equal(of(&fixture_stats(f, 1)->samples_held), 1);
	assert_int_equal(fixture_drops(f, 1, GW_DROP_SAMPLE_BUDGET), 9);
	fixture_assert_balanced(f);
	fixture_close(f, 10);
}

/* It waits for the other lane's samples: it has none itself. */
static void a_lossless_frame_waits_for_what_another_lane_holds(void **state)
{
	struct fixture *f = fixture_open(TWO_LANES AWAY, false);

	f->gw.lossless = true;
	fixture_send_frames(f, 0, 4);
	assert_int_equal(of(&fixture_stats(f, 0)->samples_held), 4);
	fixture_send_frames(f, 1, 1);
	for (int drop = 1; drop < GW_DROP_COUNT; drop++)
		assert_int_equal(of_both(f, drop), 0);
	assert_int_equal(of(&fixture_stats(f, 1)->frames_out), 0);
	/* The first lane gives up what it holds. */
	f->sink->drain_by = gw_now();
	assert_true(sink_stage.drain(f->sink));
	sink_stage.poll(&f->sink->stage->lanes[1]);
	assert_int_equal(of(&fixture_stats(f, 1)->samples_held), 1);
	assert_int_equal(of(&fixture_stats(f, 1)->frames_out), 1);
	assert_int_equal(fixture_drops(f, 1, GW_DROP_SAMPLE_BUDGET), 0);
	fixture_assert_balanced(f);
	fixture_close(f, 10);
}

static void a_class_of_one_slot_has_its_sample_too(void **state)
{
	struct fixture *f = fixture_open(
		"frames: {classes: [{width: 320, height: 240, count: 1}]}\n" AWAY, false);

	fixture_send_frames(f, 0, 1);
	assert_int_equal(of(&fixture_stats(f, 0)->samples_held), 1);
	assert_int_equal(fixture_drops(f, 0, GW_DROP_SAMPLE_BUDGET), 0);
	fixture_close(f, 10);
}

static void enhanced_pictures_wait_in_one_slot_and_are_counted_each(void **state)
{
	struct fixture *f = fixture_open(AWAY, false);

	fixture_send(f, fixture_enhanced_frame(f, -1));
	fixture_turn(f);
	fixture_send(f, fixture_enhanced_frame(f, -1));
	fixture_turn(f);
	/* Of the first frame all three, of the second its own: the budget is 4. */
	assert_int_equal(of(&fixture_stats(f, 0)->samples), 6);
	assert_int_equal(of(&fixture_stats(f, 0)->samples_held), 2);
	assert_int_equal(of(&fixture_stats(f, 0)->samples_beside), 2);
	assert_int_equal(fixture_drops(f, 0, GW_DROP_SAMPLE_BUDGET), 2);
	assert_int_equal(gw_pool_in_use(f->gw.pool, UINT32_MAX), 2);
	assert_int_equal(of(&fixture_stats(f, 0)->results_waiting), 2);
	fixture_assert_balanced(f);
	fixture_close(f, 50);
}

static void enhanced_pictures_that_are_confirmed_give_the_slot_back(void **state)
{
	struct fixture *f = fixture_open("kafka: {backend: 'null', frames: {every: 0}}\n", false);

	fixture_send(f, fixture_enhanced_frame(f, -1));
	fixture_turn(f);
	assert_int_equal(of(&fixture_stats(f, 0)->samples), 2);
	assert_int_equal(of(&fixture_stats(f, 0)->samples_delivered), 2);
	assert_int_equal(of(&fixture_stats(f, 0)->samples_held), 0);
	assert_int_equal(of(&fixture_stats(f, 0)->samples_beside), 0);
	fixture_assert_balanced(f);
	fixture_close(f, 100);
}

static uint64_t samples(struct fixture *f, uint32_t camera)
{
	return of(&fixture_stats(f, camera)->samples);
}

static void reasons_to_sample_work_together_and_each_picture_goes_once(void **state)
{
	/* cam0 sees a 7 with 0.99, cam1 a person with 0.5. */
	struct fixture *f = fixture_open(
		"kafka: {backend: 'null', frames: {every: 0, classes: [car, '7']}}\n", false);
	struct gw_camera_slot *slot = &f->gw.cameras->slot[1];

	fixture_send_frames(f, 0, 5);
	fixture_send_frames(f, 1, 5);
	assert_int_equal(samples(f, 0), 5);
	assert_int_equal(samples(f, 1), 0);
	atomic_store(&slot->sample_confidence, 0.51f);
	fixture_send_frames(f, 1, 5);
	assert_int_equal(samples(f, 1), 5);
	atomic_store(&slot->sample_every, 1);
	atomic_store(&slot->sample_seconds, 1);
	fixture_send_frames(f, 1, 5);
	assert_int_equal(samples(f, 1), 10);
	atomic_store(&slot->sample_confidence, 0);
	atomic_store(&slot->sample_every, 0);
	atomic_store(&slot->sample_seconds, 3600);
	fixture_send_frames(f, 1, 5);
	assert_in_range(samples(f, 1), 10, 11);
	fixture_close(f, 1000);
}

static void a_cameras_pictures_keep_to_their_rate(void **state)
{
	struct fixture *f =
		fixture_open("kafka: {backend: 'null', frames: {every: 1, rate: 30000}}\n", false);

	/* Of 26,000 bytes each: the second one owes what the next second brings. */
	fixture_send_frames(f, 0, 10);
	fixture_send_frames(f, 1, 1);
	assert_int_equal(samples(f, 0), 10);
	assert_int_equal(of(&fixture_stats(f, 0)->samples_delivered), 2);
	assert_int_equal(fixture_drops(f, 0, GW_DROP_SAMPLE_RATE), 8);
	assert_int_equal(of(&fixture_stats(f, 1)->samples_delivered), 1);
	atomic_store(&f->gw.cameras->slot[0].sample_now, true);
	fixture_send_frames(f, 0, 2);
	assert_int_equal(of(&fixture_stats(f, 0)->samples_delivered), 3);
	assert_int_equal(of(&fixture_stats(f, 0)->delivered), 12);
	fixture_assert_balanced(f);
	fixture_close(f, 1000);
}

static void a_frame_that_models_disagree_about_is_sampled(void **state)
{
	struct fixture *f = fixture_open(
		"kafka: {backend: 'null', frames: {every: 0, disagreement: 0.5}}\n", false);

	fixture_send(f, fixture_enhanced_frame(f, 0.25f));
	fixture_send(f, fixture_enhanced_frame(f, -1));
	fixture_turn(f);
	assert_int_equal(of(&fixture_stats(f, 0)->samples), 4);
	fixture_send(f, fixture_enhanced_frame(f, 0.5f));
	fixture_turn(f);
	assert_int_equal(of(&fixture_stats(f, 0)->samples), 4 + 3);
	fixture_assert_balanced(f);
	fixture_close(f, 100);
}

static void what_is_unsent_at_the_end_is_counted_as_lost_in_time(void **state)
{
	struct fixture *f = fixture_open(AWAY, false);
	int64_t begin;

	fixture_send_frames(f, 0, 40);
	begin = gw_now();
	f->sink->drain_by = begin + 100 * GW_NS_PER_MS;
	while (!sink_stage.drain(f->sink))
		;
	assert_true(gw_now() - begin >= 100 * GW_NS_PER_MS);
	assert_true(gw_now() - begin < 500 * GW_NS_PER_MS);
	assert_int_equal(fixture_drops(f, 0, GW_DROP_SINK_LOST), 40);
	assert_int_equal(fixture_drops(f, 0, GW_DROP_SAMPLE_LOST), 4);
	assert_int_equal(gw_pool_in_use(f->gw.pool, UINT32_MAX), 0);
	fixture_assert_balanced(f);
	fixture_close(f, 100);
}

static void a_queue_that_is_full_is_counted(void **state)
{
	struct fixture *f =
		fixture_open("kafka:\n"
			     "  brokers: 127.0.0.1:1\n"
			     "  frames: {every: 1, budget: 40}\n"
			     "  properties: [{name: queue.buffering.max.messages, value: '10'}]\n",
			false);

	fixture_send_frames(f, 0, 30);
	assert_int_equal(of(&fixture_stats(f, 0)->results_waiting), 10);
	assert_int_equal(fixture_drops(f, 0, GW_DROP_SINK_FULL), 20);
	assert_int_equal(of(&fixture_stats(f, 0)->samples_held), 10);
	assert_int_equal(fixture_drops(f, 0, GW_DROP_SAMPLE_FULL), 20);
	fixture_assert_balanced(f);
	fixture_close(f, 50);
}

static void several_lanes_share_the_room_for_records(void **state)
{
	struct fixture *f = fixture_open(TWO_LANES
		"kafka:\n"
		"  brokers: 127.0.0.1:1\n"
		"  frames: {every: 0}\n"
		"  properties: [{name: queue.buffering.max.messages, value: '11'}]\n",
		false);

	fixture_send_frames(f, 0, 30);
	fixture_send_frames(f, 1, 30);
	assert_int_equal(of(&fixture_stats(f, 0)->results_waiting), 6);
	assert_int_equal(of(&fixture_stats(f, 1)->results_waiting), 5);
	assert_int_equal(of_both(f, GW_DROP_SINK_FULL), 49);
	/* And what is said of it is of both. */
	json_t *facts = sink_stage.describe(f->sink->stage);
	json_t *results = json_array_get(json_object_get(facts, "topics"), 0);

	assert_int_equal(json_integer_value(json_object_get(facts, "queued")), 11);
	assert_int_equal(json_integer_value(json_object_get(results, "queued")), 11);
	json_decref(facts);
	fixture_assert_balanced(f);
	fixture_close(f, 50);
}

/* Too little for two is no reason to take nothing from one of them. */
static void a_lane_has_room_for_one_record_of_any_size(void **state)
{
	struct fixture *f =
		fixture_open(TWO_LANES "kafka:\n"
				       "  brokers: 127.0.0.1:1\n"
				       "  frames: {every: 1}\n"
				       "  properties:\n"
				       "    - {name: queue.buffering.max.messages, value: '1'}\n"
				       "    - {name: queue.buffering.max.kbytes, value: '32'}\n",
			false);

	fixture_send_frames(f, 0, 2);
	fixture_send_frames(f, 1, 2);
	for (uint32_t camera = 0; camera < 2; camera++) {
		assert_int_equal(of(&fixture_stats(f, camera)->results_waiting), 1);
		assert_int_equal(of(&fixture_stats(f, camera)->samples_held), 1);
	}
	fixture_close(f, 50);
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
		cmocka_unit_test(every_nth_frame_of_a_camera_is_sampled),
		cmocka_unit_test(who_looks_at_a_camera_sees_its_next_well_frame_with_its_record),
		cmocka_unit_test(who_looks_reads_json_whatever_the_brokers_get),
		cmocka_unit_test(a_picture_that_is_asked_for_is_the_next_one),
		cmocka_unit_test(away_brokers_hold_no_more_samples_than_the_budget),
		cmocka_unit_test(samples_leave_half_of_the_slots_to_new_frames),
		cmocka_unit_test(several_lanes_together_leave_half_of_the_slots_to_new_frames),
		cmocka_unit_test(several_lanes_have_one_budget),
		cmocka_unit_test(a_lossless_frame_waits_for_what_another_lane_holds),
		cmocka_unit_test(a_class_of_one_slot_has_its_sample_too),
		cmocka_unit_test(reasons_to_sample_work_together_and_each_picture_goes_once),
		cmocka_unit_test(a_cameras_pictures_keep_to_their_rate),
		cmocka_unit_test(a_frame_that_models_disagree_about_is_sampled),
		cmocka_unit_test(enhanced_pictures_that_are_confirmed_give_the_slot_back),
		cmocka_unit_test(enhanced_pictures_wait_in_one_slot_and_are_counted_each),
		cmocka_unit_test(what_is_unsent_at_the_end_is_counted_as_lost_in_time),
		cmocka_unit_test(a_queue_that_is_full_is_counted),
		cmocka_unit_test(several_lanes_share_the_room_for_records),
		cmocka_unit_test(a_lane_has_room_for_one_record_of_any_size),
		cmocka_unit_test(the_backend_follows_from_the_configuration),
		cmocka_unit_test(a_slot_is_free_no_sooner_than_its_frame_is_counted_out),
		cmocka_unit_test(a_setting_that_is_unknown_or_the_gateways_own_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
