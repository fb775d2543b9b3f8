/* The spool on a disk that fails: every call that it makes fails once, and for ever, at the start,
 * in the middle and while it reads what it has. Whatever happens, nothing that was accepted is
 * lost. It renames nothing. */
#include "sink/spool/test_world.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sink/spool/faults.h"

#define FOREVER UINT32_MAX
#define SOON_NS (10 * GW_NS_PER_S)

/* Whatever fails, and however often: results are delivered, in order, and the books balance. */
static void every_call_that_fails_costs_no_result(void **state)
{
	static const struct {
		enum fault_call call;
		int error;
	} faults[] = {
		{FAULT_WRITE, EIO},
		{FAULT_WRITE, ENOSPC},
		{FAULT_SYNC, EIO},
		{FAULT_READ, EIO},
		{FAULT_OPEN, ENOSPC},
		{FAULT_OPEN, EMFILE},
		{FAULT_REMOVE, EROFS},
		{FAULT_CUT, EIO},
	};
	static const char *const durabilities[] = {"durability: strict", "interval: 10"};
	struct world *world = *state;
	uint32_t all = 0;

	for (uint32_t i = 0; i < 2 * 2 * sizeof(faults) / sizeof(faults[0]); i++) {
		const uint32_t times = i % 2 == 0 ? 1 : FOREVER;
		struct fixture *f = world_start(world, durabilities[i / 2 % 2], NO_PICTURES);

		fixture_send_frames(f, 0, 50);
		fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 50);
		faults_set(faults[i / 4].call, faults[i / 4].error, times);
		fixture_send_frames(f, 0, 100);
		fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 150);
		if (times == FOREVER && faults[i / 4].call == FAULT_WRITE)
			assert_true(world_has_state(f, "failing"));
		fixture_assert_balanced(f);
		faults_set(faults[i / 4].call, 0, 0);
		fixture_send_frames(f, 0, 10);
		fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 160);
		world_stop(world, f);
		all += 160;
	}
	assert_int_equal(world_read_all(world, SINK_RESULT), all);
}

static void a_disk_that_is_full_for_a_while_is_used_again(void **state)
{
	struct world *world = *state;
	struct fixture *f = world_start(world, "size: 64", NO_PICTURES);

	faults_set(FAULT_WRITE, ENOSPC, FOREVER);
	world_broker(world, false);
	fixture_send_frames(f, 0, 100);
	usleep(300000);
	fixture_turn(f);
	assert_true(world_has_state(f, "failing"));
	assert_int_equal(gw_counter_get(&fixture_stats(f, 0)->results_waiting), 100);
	faults_set(FAULT_WRITE, 0, 0);
	usleep(300000);
	fixture_send_frames(f, 0, 100);
	fixture_turn_until(f, &fixture_stats(f, 0)->results_spooled, 100);
	assert_true(world_has_state(f, "writing"));
	world_broker(world, true);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 200);
	world_stop(world, f);
	assert_int_equal(world_read_all(world, SINK_RESULT), 200);
}

/* From the first call on, of a spool that has nothing yet. */
static void every_call_that_fails_from_the_first_one_on_costs_no_result(void **state)
{
	static const struct {
		enum fault_call call;
		int error;
		bool takes_nothing;
	} faults[] = {
		{FAULT_WRITE, ENOSPC, true},
		{FAULT_OPEN, EMFILE, true},
		{FAULT_SYNC, EIO, true},
		{FAULT_REMOVE, EIO, false},
		{FAULT_CUT, EIO, false},
	};
	struct world *world = *state;
	uint32_t all = 0;

	for (uint32_t i = 0; i < 2 * sizeof(faults) / sizeof(faults[0]); i++) {
		const uint32_t times = i % 2 == 0 ? 1 : FOREVER;
		struct fixture *f = world_start(world, "durability: strict", NO_PICTURES);

		faults_set(faults[i / 2].call, faults[i / 2].error, times);
		fixture_send_frames(f, 0, 100);
		fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 100);
		if (times == FOREVER && faults[i / 2].takes_nothing) {
			assert_true(faults_count(faults[i / 2].call) > 0);
			assert_true(world_has_state(f, "failing"));
			assert_true(world_has_trouble(f, "kafka.spool.failing"));
			assert_int_equal(world_spooled(f), 0);
		}
		fixture_assert_balanced(f);
		faults_set(faults[i / 2].call, 0, 0);
		world_stop(world, f);
		all += 100;
	}
	assert_int_equal(world_read_all(world, SINK_RESULT), all);
}

/* What is written, and cannot be made sure of, is told for as long as it is so. */
static void a_sync_that_fails_is_told_while_records_are_written(void **state)
{
	struct world *world = *state;
	struct fixture *f = world_start(world, "durability: interval, interval: 5", NO_PICTURES);
	const int64_t deadline = gw_now() + SOON_NS;

	faults_set(FAULT_SYNC, EIO, FOREVER);
	world_broker(world, false);
	fixture_send_frames(f, 0, 10);
	while (!world_has_trouble(f, "kafka.spool.failing") && gw_now() < deadline)
		fixture_turn(f);
	for (int i = 0; i < 50; i++) {
		fixture_send_frames(f, 0, 1);
		usleep(2000);
		assert_true(world_has_trouble(f, "kafka.spool.failing"));
	}
	/* The next sync that succeeds knows nothing of what the kernel has forgotten. */
	faults_set(FAULT_SYNC, 0, 0);
	fixture_send_frames(f, 0, 10);
	while (!world_has_state(f, "writing") && gw_now() < deadline)
		fixture_turn(f);
	assert_true(world_has_state(f, "writing"));
	for (int i = 0; i < 50; i++) {
		fixture_send_frames(f, 0, 1);
		usleep(2000);
		assert_true(world_has_trouble(f, "kafka.spool.failing"));
	}
	assert_in_range(world_figure(f, NULL, "unsure"), 60, 100);
	assert_int_equal(world_files(world, NULL), 2);
	world_broker(world, true);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 120);
	while (world_has_trouble(f, "kafka.spool.failing") && gw_now() < deadline)
		fixture_turn(f);
	assert_false(world_has_trouble(f, "kafka.spool.failing"));
	assert_int_equal(world_figure(f, NULL, "unsure"), 0);
	world_stop(world, f);
	assert_int_equal(world_read_all(world, SINK_RESULT), 120);
}

/* `strict`: a group that ends in another file than it began in is spooled once both are synced. */
static void a_file_that_is_left_is_synced_before_its_records_are_spooled(void **state)
{
	const int64_t deadline = gw_now() + SOON_NS;
	struct world *world = *state;
	struct fixture *f = world_start(world, "size: 16, durability: strict", NO_PICTURES);

	world_broker(world, false);
	faults_hold_sync(true);
	fixture_send_frames(f, 0, 1);
	while (!faults_holds_sync() && gw_now() < deadline)
		fixture_turn(f);
	/* More than a file of 256 KiB, and one group, for the thread waits for the first one. */
	fixture_send_frames(f, 0, 2000);
	fixture_turn(f);
	faults_set_after(FAULT_SYNC, EIO, 1, 1);
	faults_hold_sync(false);
	while (world_figure(f, NULL, "syncs") < 4 && gw_now() < deadline)
		fixture_turn(f);
	for (int i = 0; i < 100; i++) {
		fixture_turn(f);
		usleep(2000);
	}
	assert_int_equal(faults_count(FAULT_SYNC), 1);
	assert_int_equal(world_spooled(f), 1);
	world_broker(world, true);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 2001);
	world_stop(world, f);
}

/* Records of an earlier start lie on a bad sector: in the middle, at the end, at the beginning. */
static void what_can_be_read_of_a_file_is_sent_and_the_rest_is_told(void **state)
{
	struct world *world = *state;
	char path[512];
	struct stat info;

	world_leave(world, 100);
	assert_int_equal(world_files(world, path), 1);
	assert_int_equal(stat(path, &info), 0);
	world->any_order = true;
	/* Each time the same is missing: nothing is sent twice, and the file stays. */
	faults_set_bad(8192, 8192 + 512);
	for (int i = 0; i < 2; i++) {
		struct fixture *f = world_start(world, "size: 64", NO_PICTURES);
		const uint64_t found = world_figure(f, "former", "found");
		const uint64_t missing = world_figure(f, "former", "unreadable");

		if (i == 0)
			assert_int_equal(found + missing, 100);
		else
			assert_int_equal(found, 0);
		assert_in_range(missing, 1, 15);
		assert_int_equal(world_figure(f, NULL, "unreadable_files"), 1);
		assert_int_equal(world_figure(f, NULL, "unreadable_bytes"), 4096);
		assert_true(world_has_trouble(f, "kafka.spool.unreadable"));
		world_turn_until_figure(f, "former", "delivered", found);
		fixture_send_frames(f, 0, 10);
		fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 10);
		assert_true(world_has_trouble(f, "kafka.spool.unreadable"));
		world_stop(world, f);
		assert_int_equal(world_files(world, NULL), 1);
	}
	assert_in_range(world_read_all(world, SINK_RESULT), 105, 119);
	faults_set_bad((uint64_t)info.st_size - 8, (uint64_t)info.st_size);
	struct fixture *f = world_start(world, "size: 64", NO_PICTURES);

	assert_true(world_has_trouble(f, "kafka.spool.unreadable"));
	world_turn_until_figure(f, "former", "delivered", world_figure(f, "former", "found"));
	world_stop(world, f);
	assert_int_equal(world_files(world, NULL), 1);
	faults_set_bad(0, 8);
	f = world_start(world, "size: 64", NO_PICTURES);
	assert_int_equal(world_figure(f, "former", "unreadable"), 0);
	world_stop(world, f);
	/* The disk is mended. */
	faults_set_bad(0, 0);
	f = world_start(world, "size: 64", NO_PICTURES);
	world_turn_until_figure(f, "former", "delivered", world_figure(f, "former", "found"));
	assert_false(world_has_trouble(f, "kafka.spool.unreadable"));
	world_stop(world, f);
	assert_int_equal(world_files(world, NULL), 0);
	assert_int_equal(world_read_all(world, SINK_RESULT), 120);
	for (uint32_t i = 0; i < 120; i++)
		assert_int_equal(world->seen[SINK_RESULT][i], 1);
}

static void a_start_on_a_disk_that_fails_loses_nothing_of_an_earlier_one(void **state)
{
	static const struct {
		enum fault_call call;
		int error;
		const char *refused; /* NULL: it starts */
		uint32_t after;
	} faults[] = {
		{FAULT_OPEN, EMFILE, "spool/lock: Too many open files", 0},
		/* The lock is there, and then the file is not. */
		{FAULT_OPEN, EMFILE, NULL, 1},
		{FAULT_READ, EIO, NULL, 0},
		/* What it begins with is there, and then its records are not. */
		{FAULT_READ, EIO, NULL, 1},
		{FAULT_WRITE, EIO, NULL, 0},
		{FAULT_REMOVE, EIO, NULL, 0},
		{FAULT_SYNC, EIO, NULL, 0},
		{FAULT_CUT, EIO, NULL, 0},
	};
	struct world *world = *state;
	uint32_t all = 0;

	/* What cannot be read at a start comes with the next one. */
	world->any_order = true;
	for (uint32_t i = 0; i < 2 * sizeof(faults) / sizeof(faults[0]); i++) {
		struct fixture *f;

		world_leave(world, 100);
		all += 100;
		faults_set_after(faults[i / 2].call, faults[i / 2].error, i % 2 == 0 ? 1 : FOREVER,
			faults[i / 2].after);
		if (faults[i / 2].refused) {
			world_refused(world, faults[i / 2].refused);
		} else {
			f = world_start(world, "size: 64", NO_PICTURES);
			fixture_send_frames(f, 0, 10);
			fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 10);
			fixture_assert_balanced(f);
			world_stop(world, f);
			all += 10;
		}
		faults_set(faults[i / 2].call, 0, 0);
		f = world_start(world, "size: 64", NO_PICTURES);
		fixture_send_frames(f, 0, 1);
		fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 1);
		assert_int_equal(world_figure(f, "former", "spooled"), 0);
		world_stop(world, f);
		all += 1;
		assert_int_equal(world_files(world, NULL), 0);
	}
	assert_int_equal(world_read_all(world, SINK_RESULT), all);
}

static const char small_queue[] = NO_PICTURES "  properties: [{name: queue.buffering.max.messages, "
					      "value: '100'}, {name: linger.ms, value: '5'}]\n";

/* Reads fail while what lies on the disk is sent: once, and until somebody mends the disk. */
static void fail_to_read(struct fixture *f, uint32_t times)
{
	const int64_t deadline = gw_now() + PATIENCE_NS;

	faults_set(FAULT_READ, EIO, times);
	while (faults_count(FAULT_READ) == 0 && gw_now() < deadline)
		fixture_turn(f);
	assert_true(faults_count(FAULT_READ) > 0);
	if (times != FOREVER)
		return;
	while (!world_has_trouble(f, "kafka.spool.unreadable") && gw_now() < deadline)
		fixture_turn(f);
	assert_true(world_has_trouble(f, "kafka.spool.unreadable"));
	assert_true(world_has_state(f, "failing"));
	faults_set(FAULT_READ, 0, 0);
}

static void what_cannot_be_read_for_a_while_is_sent_then(void **state)
{
	const uint32_t count = 30000; /* more than memory holds */
	struct world *world = *state;

	for (int i = 0; i < 2; i++) {
		const uint32_t times = i == 0 ? 1 : FOREVER;
		struct fixture *f = world_start(world, "size: 256", small_queue);

		/* Of this start. */
		world_broker(world, false);
		fixture_send_frames(f, 0, count);
		fixture_turn_until(f, &fixture_stats(f, 0)->results_spooled, count);
		if (i == 0) {
			world_broker(world, true);
			fail_to_read(f, times);
			/* One after the other: who has passed by the first one has not sent it. */
			fixture_turn_until(f, &fixture_stats(f, 0)->delivered, count / 2);
			assert_int_equal(fixture_drops(f, 0, GW_DROP_SPOOL_DAMAGED), 0);
			fixture_turn_until(f, &fixture_stats(f, 0)->delivered, count);
			assert_false(world_has_trouble(f, "kafka.spool.unreadable"));
		}
		assert_int_equal(fixture_drops(f, 0, GW_DROP_SPOOL_DAMAGED), 0);
		fixture_assert_balanced(f);
		world_stop(world, f);
		if (i == 0)
			continue;
		/* Of an earlier one. */
		f = world_start(world, "size: 256", small_queue);
		assert_int_equal(world_figure(f, "former", "found"), count);
		world_broker(world, true);
		fail_to_read(f, times);
		world_turn_until_figure(f, "former", "delivered", count);
		assert_int_equal(world_figure(f, "former", "damaged"), 0);
		world_stop(world, f);
	}
	assert_int_equal(world_files(world, NULL), 0);
	assert_int_equal(world_read_all(world, SINK_RESULT), 2 * count);
}

/* While it is sent again: the rest of the file is sent, and the trouble is told for as long as the
 * file is there, whatever else is read meanwhile. */
static void a_bad_sector_costs_no_more_than_it_holds(void **state)
{
	const uint32_t count = 27000; /* of the first file nothing is in memory */
	const int64_t deadline = gw_now() + PATIENCE_NS;
	struct world *world = *state;
	struct fixture *f = world_start(world, "size: 256", small_queue);
	const struct gw_counter *delivered = &fixture_stats(f, 0)->delivered;

	world->any_order = true;
	world_broker(world, false);
	fixture_send_frames(f, 0, count);
	fixture_turn_until(f, &fixture_stats(f, 0)->results_spooled, count);
	/* More than is read ahead. */
	faults_set_bad(7u << 19, (7u << 19) + 512);
	world_broker(world, true);
	while (gw_counter_get(delivered) + fixture_drops(f, 0, GW_DROP_SPOOL_DAMAGED) < count &&
		gw_now() < deadline)
		fixture_turn(f);
	const uint64_t lost = fixture_drops(f, 0, GW_DROP_SPOOL_DAMAGED);

	assert_int_equal(gw_counter_get(delivered) + lost, count);
	assert_in_range(lost, 1, 15);
	assert_true(world_has_trouble(f, "kafka.spool.unreadable"));
	fixture_assert_balanced(f);
	world_stop(world, f);
	faults_set_bad(0, 0);
	f = world_start(world, "size: 256", small_queue);
	assert_int_equal(world_figure(f, "former", "found"), lost);
	assert_false(world_has_trouble(f, "kafka.spool.unreadable"));
	world_turn_until_figure(f, "former", "delivered", lost);
	world_stop(world, f);
	assert_int_equal(world_files(world, NULL), 0);
	assert_int_equal(world_read_all(world, SINK_RESULT), count);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(every_call_that_fails_costs_no_result),
		TEST(a_disk_that_is_full_for_a_while_is_used_again),
		TEST(every_call_that_fails_from_the_first_one_on_costs_no_result),
		TEST(a_sync_that_fails_is_told_while_records_are_written),
		TEST(a_file_that_is_left_is_synced_before_its_records_are_spooled),
		TEST(what_can_be_read_of_a_file_is_sent_and_the_rest_is_told),
		TEST(a_start_on_a_disk_that_fails_loses_nothing_of_an_earlier_one),
		TEST(what_cannot_be_read_for_a_while_is_sent_then),
		TEST(a_bad_sector_costs_no_more_than_it_holds),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
