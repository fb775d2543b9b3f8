/* Nothing of lossless sources is lost at the brokers: against a mock cluster. */
#include "core/test.h"

#include <signal.h>
#include <unistd.h>

#include "core/clock.h"
#include "kafka/test_cluster.h"
#include "sink/stage.h"

/* What the back-end has no room for waits in the link. */
static void lossless_waits_for_room_and_loses_nothing(void **state)
{
	struct cluster *cluster = *state;
	struct fixture *f = cluster_open_sink(cluster,
		"  frames: {every: 2, budget: 3}\n"
		"  properties: [{name: queue.buffering.max.messages, value: '4'}]\n");

	f->gw.lossless = true;
	rd_kafka_mock_broker_set_down(cluster->mock, 1);
	fixture_send_frames(f, 0, 24);
	for (int i = 0; i < 100; i++)
		fixture_turn(f);
	assert_true(gw_link_count(f->sink->in[0]) > 10);
	for (int drop = 1; drop < GW_DROP_COUNT; drop++)
		assert_int_equal(fixture_drops(f, 0, drop), 0);
	fixture_assert_balanced(f);

	rd_kafka_mock_broker_set_up(cluster->mock, 1);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 24);
	fixture_turn_until(f, &fixture_stats(f, 0)->samples_delivered, 12);
	for (int drop = 1; drop < GW_DROP_COUNT; drop++)
		assert_int_equal(fixture_drops(f, 0, drop), 0);
	cluster_assert_in_order(cluster, 24);
	fixture_close(f, 1000);
}

/* Three pictures of each frame, and room for two. */
static void lossless_waits_with_better_pictures_too(void **state)
{
	struct cluster *cluster = *state;
	struct fixture *f = cluster_open_sink(cluster, "  frames: {every: 1, budget: 2}\n");

	f->gw.lossless = true;
	rd_kafka_mock_broker_set_down(cluster->mock, 1);
	for (int i = 0; i < 3; i++) {
		struct gw_frame *frame = fixture_enhanced_frame(f, -1);

		frame->lossless = true;
		fixture_send(f, frame);
		fixture_turn(f);
	}
	assert_int_equal(gw_counter_get(&fixture_stats(f, 0)->samples_held), 1);
	assert_int_equal(gw_counter_get(&fixture_stats(f, 0)->samples_beside), 1);
	assert_int_equal(gw_counter_get(&fixture_stats(f, 0)->frames_out), 0);
	fixture_assert_balanced(f);

	rd_kafka_mock_broker_set_up(cluster->mock, 1);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 3);
	fixture_turn_until(f, &fixture_stats(f, 0)->samples_delivered, 9);
	for (int drop = 1; drop < GW_DROP_COUNT; drop++)
		assert_int_equal(fixture_drops(f, 0, drop), 0);
	fixture_assert_balanced(f);
	fixture_close(f, 1000);
}

static void better_pictures_that_still_wait_at_the_end_are_counted_each(void **state)
{
	struct cluster *cluster = *state;
	struct fixture *f = cluster_open_sink(cluster, "  frames: {every: 1, budget: 10}\n");

	rd_kafka_mock_broker_set_down(cluster->mock, 1);
	for (int i = 0; i < 3; i++) {
		fixture_send(f, fixture_enhanced_frame(f, -1));
		fixture_turn(f);
	}
	assert_int_equal(gw_pool_in_use(f->gw.pool, 0), 3);
	f->sink->drain_by = gw_now();
	assert_true(sink_stage.drain(f->sink));
	assert_int_equal(fixture_drops(f, 0, GW_DROP_SINK_LOST), 3);
	assert_int_equal(fixture_drops(f, 0, GW_DROP_SAMPLE_LOST), 9);
	assert_int_equal(gw_pool_in_use(f->gw.pool, 0), 0);
	fixture_close(f, 100);
}

static void a_lossless_frame_is_told_of_when_it_is_stored_and_not_before(void **state)
{
	struct cluster *cluster = *state;
	struct fixture *f = cluster_open_sink(cluster, "  frames: {every: 0}\n");
	struct gw_returned returned[4];

	f->gw.receipts[0] = gw_receipts_create();
	rd_kafka_mock_broker_set_down(cluster->mock, 1);
	for (uint64_t receipt = 1; receipt <= 3; receipt++) {
		struct gw_frame *frame = fixture_frame(f, 0);

		frame->lossless = true;
		frame->receipt = receipt;
		fixture_send(f, frame);
	}
	for (int i = 0; i < 100; i++)
		fixture_turn(f);
	assert_int_equal(gw_receipts_take(f->gw.receipts[0], returned, 4), 0);
	rd_kafka_mock_broker_set_up(cluster->mock, 1);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 3);
	assert_int_equal(gw_receipts_take(f->gw.receipts[0], returned, 4), 3);
	for (uint64_t i = 0; i < 3; i++) {
		assert_int_equal(returned[i].receipt, i + 1);
		assert_int_equal(returned[i].outcome, GW_DROP_NONE);
	}
	fixture_close(f, 5000);
}

static void what_lossless_still_waits_for_at_the_end_is_counted(void **state)
{
	struct cluster *cluster = *state;
	struct fixture *f = cluster_open_sink(cluster,
		"  frames: {every: 1, budget: 10}\n"
		"  properties: [{name: queue.buffering.max.messages, value: '4'}]\n");

	f->gw.lossless = true;
	rd_kafka_mock_broker_set_down(cluster->mock, 1);
	fixture_send_frames(f, 0, 5);
	assert_int_equal(gw_link_count(f->sink->in[0]), 0);
	f->sink->drain_by = gw_now();
	assert_true(sink_stage.drain(f->sink));
	assert_int_equal(fixture_drops(f, 0, GW_DROP_SHUTDOWN), 1);
	assert_int_equal(fixture_drops(f, 0, GW_DROP_SINK_LOST), 4);
	assert_int_equal(fixture_drops(f, 0, GW_DROP_SAMPLE_LOST), 4);
	fixture_close(f, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLUSTER_TEST(lossless_waits_for_room_and_loses_nothing),
		CLUSTER_TEST(lossless_waits_with_better_pictures_too),
		CLUSTER_TEST(better_pictures_that_still_wait_at_the_end_are_counted_each),
		CLUSTER_TEST(a_lossless_frame_is_told_of_when_it_is_stored_and_not_before),
		CLUSTER_TEST(what_lossless_still_waits_for_at_the_end_is_counted),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
