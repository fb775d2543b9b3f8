/* What waits in the sink stage for brokers that are not there, and how much. */
#include "core/test.h"

#include <jansson.h>

#include "core/clock.h"
#include "sink/fixture.h"
#include "sink/stage.h"

/* Nobody listens there. */
#define AWAY "kafka: {brokers: '127.0.0.1:1', frames: {every: 1, budget: 4}}\n"

#define TWO_LANES "cores: {sink: 2}\n"

static uint64_t of(const struct gw_counter *counter)
{
	return gw_counter_get(counter);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(away_brokers_hold_no_more_samples_than_the_budget),
		cmocka_unit_test(samples_leave_half_of_the_slots_to_new_frames),
		cmocka_unit_test(several_lanes_together_leave_half_of_the_slots_to_new_frames),
		cmocka_unit_test(several_lanes_have_one_budget),
		cmocka_unit_test(a_lossless_frame_waits_for_what_another_lane_holds),
		cmocka_unit_test(a_class_of_one_slot_has_its_sample_too),
		cmocka_unit_test(enhanced_pictures_wait_in_one_slot_and_are_counted_each),
		cmocka_unit_test(what_is_unsent_at_the_end_is_counted_as_lost_in_time),
		cmocka_unit_test(a_queue_that_is_full_is_counted),
		cmocka_unit_test(several_lanes_share_the_room_for_records),
		cmocka_unit_test(a_lane_has_room_for_one_record_of_any_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
