/* The scheduler's decisions, one by one and over whole runs with devices of random speeds. */
#include "core/test.h"

#include <stdlib.h>
#include <string.h>

#include "accel/device_health.h"
#include "accel/scheduler.h"

#define DEVICES 8
#define ROOM 2 /* batches that a device may have */
#define JOBS 400

static int choose(const struct scheduler_device *devices, uint32_t count, uint32_t home,
	int64_t age, int64_t wait)
{
	const struct scheduler_work work = {.home = home, .pictures = 1, .age_ns = age};

	return scheduler_choose(devices, count, &work, wait);
}

static void of_equals_home_takes_it(void **state)
{
	struct scheduler_device devices[3] = {
		{0, 10, true, true}, {0, 10, true, true}, {0, 10, true, true}};

	for (uint32_t home = 0; home < 3; home++)
		assert_int_equal(choose(devices, 3, home, 0, 0), home);
	/* A little is no reason to leave home. */
	devices[1].load_ns = 1;
	assert_int_equal(choose(devices, 3, 1, 0, 0), 1);
	devices[1].load_ns = 2;
	assert_int_equal(choose(devices, 3, 1, 0, 0), 2);
}

static void one_that_was_slow_once_is_tried_again(void **state)
{
	struct scheduler_device devices[2] = {{0, 5000, true, true}, {0, 1000, true, true}};
	int placed = 0;

	while (choose(devices, 2, 0, 0, 0) == 1 && placed++ < 1000)
		devices[0].picture_ns = scheduler_fade(devices[0].picture_ns);
	assert_in_range(placed, 100, 300);
	assert_int_equal(scheduler_fade(1), 1);
}

static void the_one_that_is_done_first_takes_it(void **state)
{
	struct scheduler_device devices[2] = {{100, 10, true, true}, {0, 200, true, true}};
	const struct scheduler_work many = {.home = 0, .pictures = 8};

	assert_int_equal(choose(devices, 2, 0, 0, 0), 0);
	devices[0].load_ns = 500;
	assert_int_equal(choose(devices, 2, 0, 0, 0), 1);
	assert_int_equal(scheduler_choose(devices, 2, &many, 0), 0);
}

static void one_without_room_or_health_takes_nothing(void **state)
{
	struct scheduler_device devices[2] = {{0, 10, false, true}, {0, 10, true, false}};

	assert_int_equal(choose(devices, 2, 0, 0, 0), SCHEDULER_WAIT);
	devices[1].well = true;
	assert_int_equal(choose(devices, 2, 0, 0, 0), 1);
}

static void a_wait_is_for_home_alone_and_ends(void **state)
{
	struct scheduler_device devices[2] = {{0, 10, false, true}, {0, 10, true, true}};

	assert_int_equal(choose(devices, 2, 0, 99, 100), SCHEDULER_WAIT);
	assert_int_equal(choose(devices, 2, 0, 100, 100), 1);
	devices[0].room = true;
	devices[0].load_ns = 1000;
	assert_int_equal(choose(devices, 2, 0, 99, 100), 0);
	assert_int_equal(choose(devices, 2, 0, 100, 100), 1);
}

static void nobody_waits_for_a_home_that_failed(void **state)
{
	const struct scheduler_device devices[2] = {{0, 10, true, false}, {0, 10, true, true}};

	assert_int_equal(choose(devices, 2, 0, 0, 100), 1);
	assert_int_equal(choose(devices, 2, 7, 0, 100), 1);
}

static void one_of_which_nothing_is_known_is_tried_when_the_fastest_is_at_work(void **state)
{
	struct scheduler_device devices[3] = {
		{0, 10, true, true}, {0, 50, true, true}, {0, 0, true, true}};

	assert_int_equal(choose(devices, 3, 0, 0, 0), 0);
	devices[0].load_ns = 5;
	assert_int_equal(choose(devices, 3, 0, 0, 0), 2);
}

static void what_is_learned_follows_what_is_seen(void **state)
{
	int64_t ns = scheduler_learn(0, 4, 4000);

	assert_int_equal(ns, 1000);
	for (int i = 0; i < 60; i++)
		ns = scheduler_learn(ns, 2, 6000);
	assert_in_range(ns, 2900, 3000);
	/* A clock that stands still is no device of infinite speed. */
	for (int i = 0; i < 100; i++)
		ns = scheduler_learn(ns, 1, 0);
	assert_true(ns > 0);
}

/* Devices at work, event by event. */
struct run {
	uint32_t devices;
	int64_t wait, now;
	int64_t speed[DEVICES]; /* ns that a picture takes */
	struct device_health health[DEVICES];
	struct {
		uint32_t count;
		int64_t done[ROOM]; /* when the first, the next is done */
	} queue[DEVICES];
	int64_t known[DEVICES];
	uint32_t ran[DEVICES];
	int64_t longest_wait;
	uint32_t left_home_early;
	bool idle_while_work_waited;
};

static void look_at(const struct run *run, struct scheduler_device *seen)
{
	for (uint32_t i = 0; i < run->devices; i++) {
		const uint32_t count = run->queue[i].count;
		const int64_t left = count > 0 ? run->queue[i].done[count - 1] - run->now : 0;

		seen[i] = (struct scheduler_device){.load_ns = left,
			.picture_ns = run->known[i],
			.room = count < ROOM,
			.well = device_health_may_have(&run->health[i], run->now)};
	}
}

static void give(struct run *run, uint32_t device)
{
	const uint32_t count = run->queue[device].count++;
	const int64_t begin = count > 0 ? run->queue[device].done[count - 1] : run->now;

	run->queue[device].done[count] = begin + run->speed[device];
	run->ran[device]++;
}

/* Time goes on to the next end of a batch, or by a little when there is none. */
static void step(struct run *run, int64_t most)
{
	int64_t next = run->now + most;

	for (uint32_t i = 0; i < run->devices; i++)
		if (run->queue[i].count > 0 && run->queue[i].done[0] < next)
			next = run->queue[i].done[0];
	run->now = next;
	for (uint32_t i = 0; i < run->devices; i++) {
		if (run->queue[i].count == 0 || run->queue[i].done[0] > next)
			continue;
		run->known[i] = scheduler_learn(run->known[i], 1, run->speed[i]);
		memmove(&run->queue[i].done[0], &run->queue[i].done[1],
			--run->queue[i].count * sizeof(run->queue[i].done[0]));
	}
}

/* All jobs arrive at once and are served in their order. */
static void serve(struct run *run, uint32_t jobs, uint32_t homes)
{
	struct scheduler_device seen[DEVICES];

	for (uint32_t job = 0; job < jobs;) {
		const uint32_t home = job % homes;

		look_at(run, seen);
		const int device = choose(seen, run->devices, home, run->now, run->wait);

		if (device == SCHEDULER_WAIT) {
			for (uint32_t i = 0; i < run->devices; i++)
				if (run->now >= run->wait && seen[i].well && seen[i].room)
					run->idle_while_work_waited = true;
			step(run, run->wait > 0 ? run->wait / 7 + 1 : 1000);
			continue;
		}
		assert_true(seen[device].room && seen[device].well);
		if ((uint32_t)device != home && run->now < run->wait && seen[home].well)
			run->left_home_early++;
		if (run->now > run->longest_wait)
			run->longest_wait = run->now;
		give(run, (uint32_t)device);
		job++;
	}
}

static uint32_t total(const struct run *run)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < run->devices; i++)
		sum += run->ran[i];
	return sum;
}

static void nothing_waits_while_a_device_has_room(void **state)
{
	for (unsigned seed = 1; seed <= 50; seed++) {
		struct run run = {.devices = 1 + seed % DEVICES};

		srand(seed);
		for (uint32_t i = 0; i < run.devices; i++)
			run.speed[i] = 100 + rand() % 10000;
		serve(&run, JOBS, 1 + (uint32_t)rand() % run.devices);
		assert_int_equal(total(&run), JOBS);
		assert_false(run.idle_while_work_waited);
	}
}

static void nobody_waits_for_ever(void **state)
{
	for (unsigned seed = 1; seed <= 50; seed++) {
		struct run run = {.devices = 2 + seed % (DEVICES - 1), .wait = 5000};
		int64_t least = INT64_MAX;

		srand(seed);
		for (uint32_t i = 0; i < run.devices; i++) {
			run.speed[i] = 100 + rand() % 10000;
			if (run.speed[i] < least)
				least = run.speed[i];
		}
		serve(&run, JOBS, 1);
		assert_int_equal(total(&run), JOBS);
		assert_int_equal(run.left_home_early, 0);
		assert_false(run.idle_while_work_waited);
		/* The fastest alone would have done it by then, the wait aside. */
		assert_true(run.longest_wait <= run.wait + (JOBS + 1) * least + run.wait);
	}
}

static void equal_devices_have_equal_shares_from_as_many_jobs_as_devices_on(void **state)
{
	for (uint32_t devices = 1; devices <= DEVICES; devices++) {
		for (uint32_t rounds = 1; rounds <= 5; rounds++) {
			struct run run = {.devices = devices};

			for (uint32_t i = 0; i < devices; i++)
				run.speed[i] = 1000;
			/* All of them belong to the first device. */
			serve(&run, rounds * devices, 1);
			for (uint32_t i = 0; i < devices; i++)
				assert_int_equal(run.ran[i], rounds);
		}
	}
}

static void with_a_wait_home_does_all_that_fits_into_it(void **state)
{
	struct run run = {.devices = 4, .wait = 1000000, .speed = {100, 100, 100, 100}};

	serve(&run, JOBS, 1);
	assert_int_equal(run.ran[0], JOBS);
}

static void a_faster_device_has_the_larger_share(void **state)
{
	struct run run = {.devices = 2, .speed = {1000, 3000}};

	serve(&run, JOBS, 2);
	assert_in_range(run.ran[0], JOBS * 7 / 10, JOBS * 8 / 10);
}

static void one_that_failed_has_none_and_the_others_have_all(void **state)
{
	struct run run = {.devices = 3, .speed = {1000, 1000, 1000}};

	device_health_failed(&run.health[1], 0);
	serve(&run, 300, 3);
	assert_int_equal(run.ran[1], 0);
	assert_int_equal(run.ran[0], 150);
	assert_int_equal(run.ran[2], 150);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_equals_home_takes_it),
		cmocka_unit_test(one_that_was_slow_once_is_tried_again),
		cmocka_unit_test(the_one_that_is_done_first_takes_it),
		cmocka_unit_test(one_without_room_or_health_takes_nothing),
		cmocka_unit_test(a_wait_is_for_home_alone_and_ends),
		cmocka_unit_test(nobody_waits_for_a_home_that_failed),
		cmocka_unit_test(
			one_of_which_nothing_is_known_is_tried_when_the_fastest_is_at_work),
		cmocka_unit_test(what_is_learned_follows_what_is_seen),
		cmocka_unit_test(nothing_waits_while_a_device_has_room),
		cmocka_unit_test(nobody_waits_for_ever),
		cmocka_unit_test(equal_devices_have_equal_shares_from_as_many_jobs_as_devices_on),
		cmocka_unit_test(with_a_wait_home_does_all_that_fits_into_it),
		cmocka_unit_test(a_faster_device_has_the_larger_share),
		cmocka_unit_test(one_that_failed_has_none_and_the_others_have_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
