#include "core/idle.h"

#include <time.h>

#include "core/test.h"

/* More empty turns than a thread stays awake for. */
#define TURNS 40

static void turn(struct gw_idle *idle, int times)
{
	for (int i = 0; i < times; i++)
		gw_idle_after(idle, 0);
}

static uint32_t listeners(const struct gw_bell *bell)
{
	return atomic_load(&bell->listeners);
}

static void one_with_nothing_to_do_listens_until_there_is_work(void **state)
{
	struct gw_bell bell = {0};
	struct gw_idle idle = {.policy = GW_IDLE_ADAPTIVE, .bell = &bell};

	gw_idle_after(&idle, 1);
	assert_int_equal(listeners(&bell), 0);
	turn(&idle, TURNS);
	assert_int_equal(listeners(&bell), 1);
	gw_idle_after(&idle, 1);
	assert_int_equal(listeners(&bell), 0);
	turn(&idle, TURNS);
	gw_idle_end(&idle);
	assert_int_equal(listeners(&bell), 0);
}

static void one_that_was_rung_for_stays_awake_again(void **state)
{
	struct gw_bell bell = {0};
	struct gw_idle idle = {.policy = GW_IDLE_ADAPTIVE, .bell = &bell};

	turn(&idle, TURNS);
	gw_bell_ring(&bell);
	turn(&idle, 1);
	assert_int_equal(listeners(&bell), 0);
	assert_int_equal(idle.empty_turns, 0);
}

static void one_that_spins_never_listens(void **state)
{
	struct gw_bell bell = {0};
	struct gw_idle idle = {.policy = GW_IDLE_SPIN, .bell = &bell};

	turn(&idle, 100000);
	assert_int_equal(listeners(&bell), 0);
}

struct place {
	uint32_t rests, deaf; /* how often, and how often for the bell alone */
	bool busy; /* there is work that cannot be taken */
	bool comes; /* there is work, at once */
	long takes_ns; /* that comes so late */
};

static bool rest(void *arg, int64_t ns, bool deaf)
{
	struct place *place = arg;

	assert_true(ns > 0);
	place->rests += !deaf;
	place->deaf += deaf;
	if (place->takes_ns > 0)
		nanosleep(&(struct timespec){.tv_nsec = place->takes_ns}, NULL);
	return (place->busy || place->comes) && !deaf;
}

static void one_with_a_place_of_its_own_rests_there(void **state)
{
	struct gw_bell bell = {0};
	struct place place = {0};
	struct gw_idle idle = {
		.policy = GW_IDLE_ADAPTIVE, .bell = &bell, .rest = rest, .arg = &place};

	turn(&idle, TURNS);
	assert_int_equal(listeners(&bell), 1);
	place.rests = 0;
	turn(&idle, 10);
	assert_int_equal(place.rests, 10);
	gw_idle_end(&idle);
}

static void woken_in_vain_it_sleeps_before_it_looks_again(void **state)
{
	struct gw_bell bell = {0};
	struct place place = {.busy = true};
	struct gw_idle idle = {
		.policy = GW_IDLE_ADAPTIVE, .bell = &bell, .rest = rest, .arg = &place};

	turn(&idle, TURNS);
	place.rests = 0;
	place.deaf = 0;
	turn(&idle, 10);
	assert_int_equal(place.rests, 5);
	assert_int_equal(place.deaf, 5);
	gw_idle_end(&idle);
}

static void what_only_the_clock_can_tell_is_not_waited_for(void **state)
{
	struct gw_bell bell = {0};
	struct place place = {0};
	struct gw_idle idle = {.policy = GW_IDLE_ADAPTIVE,
		.bell = &bell,
		.rest = rest,
		.arg = &place,
		.clocked = true};

	turn(&idle, TURNS);
	assert_int_equal(place.rests, 0);
	/* ... but for the bell. */
	assert_true(place.deaf > 0);
	gw_idle_end(&idle);
}

/* Turns without work until it has rested once, in its place or to let work gather. */
static uint32_t turns_until_it_rests(struct gw_idle *idle)
{
	const uint32_t rests = idle->rests;
	uint32_t turns = 0;

	while (idle->rests == rests && ++turns < TURNS)
		gw_idle_after(idle, 0);
	return turns;
}

static void work_that_comes_piece_by_piece_is_let_gather(void **state)
{
	struct gw_bell bell = {0};
	struct place place = {.comes = true};
	struct gw_idle idle = {
		.policy = GW_IDLE_ADAPTIVE, .bell = &bell, .rest = rest, .arg = &place};

	while (place.rests == 0)
		gw_idle_after(&idle, 0);
	gw_idle_after(&idle, 1);
	place.rests = 0;
	assert_true(turns_until_it_rests(&idle) < 10);
	assert_int_equal(place.rests, 0);
	assert_int_equal(listeners(&bell), 0);
	/* Nothing was there then: it listens again. */
	turn(&idle, 2);
	assert_int_equal(place.rests, 1);
	gw_idle_end(&idle);
}

static void work_that_comes_now_and_then_is_waited_for(void **state)
{
	struct gw_bell bell = {0};
	struct place place = {.comes = true, .takes_ns = 1000000};
	struct gw_idle idle = {
		.policy = GW_IDLE_ADAPTIVE, .bell = &bell, .rest = rest, .arg = &place};

	for (int i = 0; i < 3; i++) {
		place.rests = 0;
		(void)turns_until_it_rests(&idle);
		turn(&idle, 1);
		assert_int_equal(place.rests, 1);
		gw_idle_after(&idle, 1);
	}
	gw_idle_end(&idle);
}

static void one_that_is_asked_stays_awake_and_rests_no_shorter_for_that(void **state)
{
	struct gw_bell bell = {0};
	struct gw_idle idle = {.policy = GW_IDLE_ADAPTIVE, .bell = &bell, .rests = 1000};

	turn(&idle, 2);
	gw_idle_stay_awake(&idle);
	assert_int_equal(listeners(&bell), 0);
	assert_int_equal(idle.empty_turns, 0);
	assert_true(idle.rests >= 1000);
	gw_idle_after(&idle, 1);
	assert_int_equal(idle.rests, 0);
	gw_idle_end(&idle);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_with_nothing_to_do_listens_until_there_is_work),
		cmocka_unit_test(one_that_was_rung_for_stays_awake_again),
		cmocka_unit_test(one_that_spins_never_listens),
		cmocka_unit_test(one_with_a_place_of_its_own_rests_there),
		cmocka_unit_test(woken_in_vain_it_sleeps_before_it_looks_again),
		cmocka_unit_test(what_only_the_clock_can_tell_is_not_waited_for),
		cmocka_unit_test(work_that_comes_piece_by_piece_is_let_gather),
		cmocka_unit_test(work_that_comes_now_and_then_is_waited_for),
		cmocka_unit_test(one_that_is_asked_stays_awake_and_rests_no_shorter_for_that),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
