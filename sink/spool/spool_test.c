/* The sink stage with a spool, against librdkafka's mock cluster: what it keeps, and what becomes
 * of it when it is full, or gives something else back. disk_test.c has a disk that fails. */
#include "sink/spool/test_world.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sink/spool/checksum.h"
#include "sink/spool/format.h"

static void what_is_delivered_leaves_no_trace(void **state)
{
	static const char *const durabilities[] = {"strict", "interval, interval: 5", "none"};
	struct world *world = *state;

	for (uint32_t i = 0; i < 3; i++) {
		char spool[64];

		snprintf(spool, sizeof(spool), "durability: %s", durabilities[i]);
		struct fixture *f = world_start(world, spool, "  frames: {every: 10}\n");

		fixture_send_frames(f, 0, 100);
		fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 100);
		fixture_turn_until(f, &fixture_stats(f, 0)->samples_delivered, 10);
		assert_true(world_figure(f, NULL, "written_bytes") > 100 * 300 + 10 * 26000);
		if (i != 1)
			assert_int_equal(world_figure(f, NULL, "syncs") > 0, i == 0);
		else
			world_turn_until_figure(f, NULL, "syncs", 1);
		fixture_assert_balanced(f);
		world_stop(world, f);
		assert_int_equal(world_files(world, NULL), 0);
	}
	assert_int_equal(world_read_all(world, SINK_RESULT), 300);
	assert_int_equal(world_read_all(world, SINK_SAMPLE), 30);
}

static void a_stop_while_the_broker_is_away_loses_nothing(void **state)
{
	struct world *world = *state;
	struct fixture *f = world_start(world, "size: 64", "  frames: {every: 10, budget: 4}\n");

	world_broker(world, false);
	world_send_at_leisure(f, 300, 4);
	fixture_turn_until(f, &fixture_stats(f, 0)->results_spooled, 300);
	world_stop(world, f);
	assert_int_not_equal(world_files(world, NULL), 0);

	f = world_start(world, "size: 64", "  frames: {every: 10, budget: 4}\n");
	assert_int_equal(world_figure(f, "former", "found"), 330);
	world_send_at_leisure(f, 50, 4);
	fixture_turn_until(f, &fixture_stats(f, 0)->results_spooled, 50);
	world_broker(world, true);
	world_turn_until_figure(f, "former", "delivered", 330);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 50);
	fixture_turn_until(f, &fixture_stats(f, 0)->samples_delivered, 5);
	world_stop(world, f);
	assert_int_equal(world_files(world, NULL), 0);
	assert_int_equal(world_read_all(world, SINK_RESULT), 350);
	assert_int_equal(world_read_all(world, SINK_SAMPLE), 35);
	for (uint32_t i = 0; i < 350; i++)
		assert_int_equal(world->seen[SINK_RESULT][i], 1);
}

static struct {
	uint64_t done, all;
	char what[64];
} told;

static void note(const struct gw *gw, const char *what, uint64_t done, uint64_t all)
{
	told.done = done;
	told.all = all;
	snprintf(told.what, sizeof(told.what), "%s", what);
}

static void who_starts_hears_how_much_is_read(void **state)
{
	struct world *world = *state;
	struct fixture *f = world_start(world, "size: 64", NO_PICTURES);

	world_broker(world, false);
	fixture_send_frames(f, 0, 300);
	fixture_turn_until(f, &fixture_stats(f, 0)->results_spooled, 300);
	world_stop(world, f);
	test_gateway_on_reading = note;
	f = world_start(world, "size: 64", NO_PICTURES);
	test_gateway_on_reading = NULL;
	assert_string_equal(told.what, "results that wait in the spool");
	assert_true(told.all > 300 * 100);
	assert_int_equal(told.done, told.all);
	world_broker(world, true);
	world_turn_until_figure(f, "former", "delivered", 300);
	world_stop(world, f);
}

/* Negative control: the same without a spool. */
static void without_a_spool_a_stop_while_the_broker_is_away_loses_all(void **state)
{
	struct world *world = *state;
	char yaml[256];

	world_broker(world, false);
	snprintf(yaml, sizeof(yaml), "kafka:\n  brokers: '%s'\n" NO_PICTURES,
		rd_kafka_mock_cluster_bootstraps(world->mock));
	struct fixture *f = fixture_open(yaml, false);

	fixture_send_frames(f, 0, 300);
	fixture_close(f, 100);
	world_broker(world, true);
	f = world_start(world, "size: 64", NO_PICTURES);
	assert_int_equal(world_figure(f, "former", "found"), 0);
	world_stop(world, f);
	assert_int_equal(world_read_all(world, SINK_RESULT), 0);
}

static const char small_queue[] = NO_PICTURES "  properties: [{name: queue.buffering.max.messages, "
					      "value: '100'}, {name: linger.ms, value: '5'}]\n";

static void more_than_memory_holds_comes_from_the_disk_in_order(void **state)
{
	struct world *world = *state;
	struct fixture *f = world_start(world, "size: 256", small_queue);

	world_broker(world, false);
	fixture_send_frames(f, 0, 40000);
	fixture_turn_until(f, &fixture_stats(f, 0)->results_spooled, 40000);
	fixture_assert_balanced(f);
	world_broker(world, true);
	/* The live stream goes on meanwhile. */
	fixture_send_frames(f, 0, 2000);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 42000);
	assert_int_equal(world_spooled(f), 0);
	world_stop(world, f);
	assert_int_equal(world_files(world, NULL), 0);
	assert_int_equal(world_read_all(world, SINK_RESULT), 42000);
}

static void pictures_wait_on_the_disk_and_keep_no_slots(void **state)
{
	struct world *world = *state;
	struct fixture *f = world_start(world, "size: 64", "  frames: {every: 1, budget: 8}\n");

	world_broker(world, false);
	world_send_at_leisure(f, 150, 8);
	fixture_turn_until(f, &fixture_stats(f, 0)->samples_spooled, 130);
	assert_true(gw_pool_in_use(f->gw.pool, 0) <= 8);
	fixture_assert_balanced(f);
	world_broker(world, true);
	/* A disk that is slow for a moment may cost one or the other, which is counted. */
	const uint64_t there = 150 - fixture_drops(f, 0, GW_DROP_SAMPLE_BUDGET);

	fixture_turn_until(f, &fixture_stats(f, 0)->samples_delivered, there);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 150);
	world_stop(world, f);
	assert_int_equal(world_read_all(world, SINK_SAMPLE), there);
	assert_int_equal(world_files(world, NULL), 0);
}

/* Results that are through, one way or the other. */
static uint64_t through(const struct gw_camera_stats *stats)
{
	return gw_counter_get(&stats->delivered) +
		gw_counter_get(&stats->drops[GW_DROP_SPOOL_FULL]);
}

static void pictures_give_way_first_and_then_the_oldest_results(void **state)
{
	struct world *world = *state;
	struct fixture *f = world_start(world, "size: 16, pictures: 4",
		"  frames: {every: 1, budget: 64}\n"
		"  properties: [{name: queue.buffering.max.messages, value: '100'}, {name: "
		"linger.ms, value: '5'}]\n");
	struct gw_camera_stats *stats = fixture_stats(f, 0);

	world_broker(world, false);
	world_send_at_leisure(f, 400, 64);
	world_turn_until_figure(f, NULL, "given_up", 1);
	assert_true(world_figure(f, NULL, "used_by_pictures") <= 4u << 20);
	assert_true(fixture_drops(f, 0, GW_DROP_SAMPLE_SPOOL_FULL) > 0);
	assert_int_equal(fixture_drops(f, 0, GW_DROP_SPOOL_FULL), 0);
	atomic_store(&f->gw.cameras->slot[0].sample_every, 0);
	for (uint32_t i = 0; i < 400; i++) {
		fixture_send_frames(f, 0, 100);
		usleep(1000);
	}
	const int64_t deadline = gw_now() + PATIENCE_NS;

	while (fixture_drops(f, 0, GW_DROP_SPOOL_FULL) == 0 && gw_now() < deadline)
		fixture_turn(f);
	assert_true(fixture_drops(f, 0, GW_DROP_SPOOL_FULL) > 0);
	assert_true(world_figure(f, NULL, "used_by_pictures") < 1u << 20);
	assert_true(world_figure(f, NULL, "used") <= 17u << 20);
	fixture_assert_balanced(f);
	world_broker(world, true);
	/* More may have to go while the last ones are written. */
	while (through(stats) < 40400 && gw_now() < deadline)
		fixture_turn(f);
	const uint64_t gone = fixture_drops(f, 0, GW_DROP_SPOOL_FULL);

	assert_int_equal(gw_counter_get(&stats->delivered), 40400 - gone);
	fixture_assert_balanced(f);
	world_stop(world, f);
	assert_int_equal(world_read_all(world, SINK_RESULT), 40400 - gone);
	/* The newest are there. */
	assert_int_equal(world->seen[SINK_RESULT][40399], 1);
}

static void a_torn_file_gives_what_is_whole(void **state)
{
	struct world *world = *state;
	struct stat info;
	char path[512];

	world_leave(world, 300);
	assert_int_equal(world_files(world, path), 1);
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(truncate(path, info.st_size - 100), 0);
	world_send_what_is_left(world, 299);
}

static void a_flipped_bit_costs_one_result(void **state)
{
	struct world *world = *state;
	char path[512], byte;

	world_leave(world, 300);
	world_files(world, path);
	const int fd = open(path, O_RDWR);

	assert_int_equal(pread(fd, &byte, 1, 50000), 1);
	byte ^= 4;
	assert_int_equal(pwrite(fd, &byte, 1, 50000), 1);
	/* Nor does it matter in the head. */
	assert_int_equal(pwrite(fd, "?", 1, 30), 1);
	close(fd);
	world_send_what_is_left(world, 299);
}

static void what_another_version_wrote_is_left_as_it_is(void **state)
{
	struct world *world = *state;
	struct spool_head head;
	char path[512];

	world_leave(world, 300);
	world_files(world, path);
	const int fd = open(path, O_RDWR);

	assert_int_equal(pread(fd, &head, sizeof(head), 0), sizeof(head));
	head.version = SPOOL_VERSION + 1;
	head.checksum = spool_checksum(&head, offsetof(struct spool_head, checksum), 0);
	assert_int_equal(pwrite(fd, &head, sizeof(head), 0), sizeof(head));
	close(fd);
	world_send_what_is_left(world, 0);
	assert_int_equal(world_files(world, NULL), 1);
}

static void files_that_are_none_are_left_alone(void **state)
{
	struct world *world = *state;
	char path[512];

	world_leave(world, 300);
	world_files(world, path);
	strcpy(strrchr(path, '/'), "/results-0000000007.seg");
	const int fd = open(path, O_CREAT | O_WRONLY, 0600);

	assert_int_equal(write(fd, "x", 1), 1);
	close(fd);
	world_send_what_is_left(world, 300);
	assert_int_equal(world_files(world, NULL), 1);
}

static void a_directory_has_one_gateway(void **state)
{
	struct world *world = *state;
	struct fixture *f = world_start(world, "size: 64", NO_PICTURES);

	world_refused(world, "another gateway has it: give each one its own");
	world_stop(world, f);
}

static void a_producer_that_fails_for_good_loses_nothing(void **state)
{
	struct world *world = *state;
	struct fixture *f = world_start(world, "size: 64", NO_PICTURES);

	fixture_send_frames(f, 0, 5);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 5);
	rd_kafka_mock_push_request_errors(
		world->mock, 0, 1, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
	fixture_send_frames(f, 0, 200);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 205);
	fixture_assert_balanced(f);
	world_stop(world, f);
	assert_int_equal(world_read_all(world, SINK_RESULT), 205);
}

static void a_picture_that_is_too_large_is_counted_and_gone(void **state)
{
	struct world *world = *state;
	struct fixture *f = world_start(world, "size: 64",
		"  frames: {every: 1, budget: 64}\n"
		"  properties: [{name: message.max.bytes, value: '10000'}]\n");

	fixture_send_frames(f, 0, 5);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 5);
	fixture_turn_until(f, &fixture_stats(f, 0)->drops[GW_DROP_SAMPLE_TOO_LARGE], 5);
	fixture_assert_balanced(f);
	world_stop(world, f);
	assert_int_equal(world_files(world, NULL), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_delivered_leaves_no_trace),
		TEST(a_stop_while_the_broker_is_away_loses_nothing),
		TEST(who_starts_hears_how_much_is_read),
		TEST(without_a_spool_a_stop_while_the_broker_is_away_loses_all),
		TEST(more_than_memory_holds_comes_from_the_disk_in_order),
		TEST(pictures_wait_on_the_disk_and_keep_no_slots),
		TEST(pictures_give_way_first_and_then_the_oldest_results),
		TEST(a_torn_file_gives_what_is_whole),
		TEST(a_flipped_bit_costs_one_result),
		TEST(what_another_version_wrote_is_left_as_it_is),
		TEST(files_that_are_none_are_left_alone),
		TEST(a_directory_has_one_gateway),
		TEST(a_producer_that_fails_for_good_loses_nothing),
		TEST(a_picture_that_is_too_large_is_counted_and_gone),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
