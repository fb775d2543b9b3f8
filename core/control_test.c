/* Lanes that are asked between two turns, and changes that are made one at a time. */
#include "core/control.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/clock.h"
#include "core/health.h"
#include "core/log.h"
#include "core/test.h"
#include "core/test_gateway.h"
#include "core/watch.h"

static struct {
	_Atomic bool hold; /* a turn does not end */
	_Atomic bool inside;
	_Atomic uint64_t turns;
} play;

static uint32_t counting_poll(struct gw_lane *lane)
{
	static const struct timespec pause = {.tv_nsec = GW_NS_PER_MS};

	atomic_store(&play.inside, true);
	atomic_fetch_add(&play.turns, 1);
	while (atomic_load(&play.hold) && !atomic_load(&lane->abandon))
		nanosleep(&pause, NULL);
	atomic_store(&play.inside, false);
	return 1;
}

static int nothing_open(struct gw_stage *stage, struct gw_error *error)
{
	return 0;
}

static void nothing_close(struct gw_stage *stage)
{
}

static const struct gw_stage_ops counting = {
	.name = "accel", .open = nothing_open, .close = nothing_close, .poll = counting_poll};

static int set_up(void **state)
{
	static struct gw gw;
	struct gw_error error;

	memset(&play, 0, sizeof(play));
	*state = &gw;
	if (test_gateway_open(&gw,
		    "cameras: []\n"
		    "frames: {classes: [{width: 16, height: 16, count: 4}]}\n",
		    NULL, GW_STAGE_ACCEL, &counting, &error) != 0)
		return -1;
	return gw_stage_start(&gw.stages[GW_STAGE_ACCEL], &error);
}

static int tear_down(void **state)
{
	struct gw *gw = *state;

	atomic_store(&play.hold, false);
	gw_stage_stop(&gw->stages[GW_STAGE_ACCEL], gw_now() + GW_NS_PER_S);
	test_gateway_close(gw);
	return 0;
}

static struct gw_lane *lane_of(void **state)
{
	struct gw *gw = *state;

	return &gw->stages[GW_STAGE_ACCEL].lanes[0];
}

struct seen {
	bool ran, inside;
	pthread_t thread;
};

static void look(struct gw_lane *lane, void *arg)
{
	struct seen *seen = arg;

	seen->ran = true;
	seen->inside = atomic_load(&play.inside);
	seen->thread = pthread_self();
}

static void a_lane_answers_on_its_own_thread_between_two_turns(void **state)
{
	for (int i = 0; i < 1000; i++) {
		struct seen seen = {0};

		assert_true(gw_ask(lane_of(state), look, &seen));
		assert_true(seen.ran);
		assert_false(seen.inside);
		assert_int_equal(seen.thread, lane_of(state)->thread);
	}
}

static uint32_t idle_poll(struct gw_lane *lane)
{
	return 0;
}

static const struct gw_stage_ops idle = {
	.name = "accel", .open = nothing_open, .close = nothing_close, .poll = idle_poll};

#define LANES 3

static void meet(struct gw_lane *lane, void *arg)
{
	pthread_barrier_wait(arg);
}

static void count_run(struct gw_lane *lane, void *arg)
{
	atomic_fetch_add((_Atomic int *)arg, 1);
}

/* They meet on their threads: none is asked after another. Those that were asked stay awake for the
 * next question. */
static void several_lanes_are_asked_at_once(void **state)
{
	static struct gw gw;
	struct gw_lane *lanes[LANES];
	pthread_barrier_t barrier;
	struct gw_error error;
	_Atomic int ran = 0;

	assert_int_equal(test_gateway_open(&gw,
				 "cores: {accel: 3}\n"
				 "frames: {classes: [{width: 16, height: 16, count: 4}]}\n",
				 NULL, GW_STAGE_ACCEL, &idle, &error),
		0);
	struct gw_stage *stage = &gw.stages[GW_STAGE_ACCEL];

	for (int i = 0; i < LANES; i++)
		lanes[i] = &stage->lanes[i];
	/* Who does not run has it done by the caller. */
	assert_int_equal(gw_ask_all(lanes, LANES, count_run, &ran), 0);
	assert_int_equal(ran, LANES);
	pthread_barrier_init(&barrier, NULL, LANES);
	assert_int_equal(gw_stage_start(stage, &error), 0);
	for (int i = 0; i < 100; i++)
		assert_int_equal(gw_ask_all(lanes, LANES, meet, &barrier), 0);
	pthread_barrier_destroy(&barrier);
	assert_true(gw_stage_stop(stage, gw_now() + GW_NS_PER_S));
	test_gateway_close(&gw);
}

/* Returns within a turn that does not end: the one before may be about to. */
static void hold(void)
{
	static const struct timespec pause = {.tv_nsec = 20 * GW_NS_PER_MS};
	uint64_t turns;

	atomic_store(&play.hold, true);
	do {
		turns = atomic_load(&play.turns);
		nanosleep(&pause, NULL);
	} while (!atomic_load(&play.inside) || atomic_load(&play.turns) != turns);
}

static void the_lane_that_stands_still_is_named_and_the_others_ran(void **state)
{
	struct gw *gw = *state;
	struct gw_lane *standing = lane_of(state);
	struct gw_lane *lanes[] = {&gw->stages[GW_STAGE_RX].lanes[0], standing};
	_Atomic int ran = 0;

	hold();
	assert_int_equal(gw_ask_all(lanes, 2, count_run, &ran), 1);
	assert_ptr_equal(lanes[0], standing);
	assert_int_equal(ran, 1);
	atomic_store(&play.hold, false);
}

static void a_lane_that_stands_still_is_given_up_and_never_runs_it(void **state)
{
	struct seen seen = {0};
	struct timespec pause = {.tv_nsec = 50 * GW_NS_PER_MS};
	const int64_t begin = gw_now();

	hold();
	assert_false(gw_ask(lane_of(state), look, &seen));
	assert_in_range(gw_now() - begin, GW_NS_PER_S, 4 * GW_NS_PER_S);
	atomic_store(&play.hold, false);
	nanosleep(&pause, NULL);
	assert_false(seen.ran);
	assert_true(gw_ask(lane_of(state), look, &seen));
	assert_true(seen.ran);
}

static void who_asks_a_lane_that_ended_does_it_himself(void **state)
{
	struct seen seen = {0};

	gw_stage_stop(lane_of(state)->stage, gw_now() + GW_NS_PER_S);
	assert_true(gw_ask(lane_of(state), look, &seen));
	assert_true(seen.ran);
	assert_int_equal(seen.thread, pthread_self());
}

static void end_slowly(struct gw_lane *lane)
{
	static const struct timespec pause = {.tv_nsec = GW_NS_PER_MS};

	atomic_store(&play.inside, true);
	while (atomic_load(&play.hold))
		nanosleep(&pause, NULL);
}

static const struct gw_stage_ops slow_to_end = {.name = "accel",
	.open = nothing_open,
	.close = nothing_close,
	.poll = idle_poll,
	.end = end_slowly};

static void *let_end(void *arg)
{
	static const struct timespec pause = {.tv_nsec = 100 * GW_NS_PER_MS};

	nanosleep(&pause, NULL);
	atomic_store(&play.hold, false);
	return NULL;
}

/* It has left its loop, and somebody waits for it. */
static void a_lane_that_ends_over_a_question_is_answered_for(void **state)
{
	static struct gw gw;
	struct seen seen = {0};
	struct gw_error error;
	pthread_t other;

	assert_int_equal(
		test_gateway_open(&gw, "frames: {classes: [{width: 16, height: 16, count: 4}]}\n",
			NULL, GW_STAGE_ACCEL, &slow_to_end, &error),
		0);
	struct gw_stage *stage = &gw.stages[GW_STAGE_ACCEL];

	atomic_store(&play.hold, true);
	atomic_store(&play.inside, false);
	assert_int_equal(gw_stage_start(stage, &error), 0);
	atomic_store(&stage->lanes[0].abandon, true);
	while (!atomic_load(&play.inside))
		;
	assert_int_equal(pthread_create(&other, NULL, let_end, NULL), 0);
	assert_true(gw_ask(&stage->lanes[0], look, &seen));
	assert_true(seen.ran);
	assert_int_equal(seen.thread, pthread_self());
	pthread_join(other, NULL);
	assert_true(gw_stage_stop(stage, gw_now() + GW_NS_PER_S));
	test_gateway_close(&gw);
}

static void a_lane_that_stands_still_is_seen_and_told(void **state)
{
	struct gw *gw = *state;
	struct gw_health *health = calloc(1, sizeof(*health));
	const int64_t now = gw_now();

	assert_true(gw_watch_lanes(gw, now));
	hold();
	assert_true(gw_watch_lanes(gw, now + GW_NS_PER_S));
	assert_false(gw_watch_lanes(gw, now + 4 * GW_NS_PER_S));
	atomic_store(&lane_of(state)->turned_at, gw_now() - 3 * GW_NS_PER_S);
	/* While it starts, or ends, nobody looks whether they turn. */
	gw_watch_health(gw, health);
	assert_int_equal(health->count, 0);
	atomic_store(&gw->ready, true);
	gw_watch_health(gw, health);
	assert_int_equal(health->count, 1);
	assert_string_equal(health->trouble[0].id, "lane.accel.stuck");
	assert_int_equal(health->trouble[0].severity, GW_FAILED);
	free(health);
}

static _Atomic bool release, made;

static int slow_change(struct gw *gw, void *arg, struct gw_error *error)
{
	static const struct timespec pause = {.tv_nsec = GW_NS_PER_MS};

	atomic_store(&made, true);
	while (!atomic_load(&release))
		nanosleep(&pause, NULL);
	return gw_error_set(error, -EXDEV, "it went wrong");
}

static void *first_writer(void *arg)
{
	struct gw_error error;

	if (gw_control_call(arg, "adding camera door", slow_change, NULL, &error) != -EXDEV ||
		strcmp(error.text, "it went wrong") != 0)
		return "the first writer did not hear what came of it";
	return NULL;
}

static void no_upkeep(struct gw *gw, int64_t now)
{
}

static void of_two_writers_one_is_refused_with_the_reason(void **state)
{
	struct gw *gw = *state;
	struct gw_error error;
	pthread_t writer;
	void *complaint;

	atomic_store(&release, false);
	atomic_store(&made, false);
	assert_int_equal(gw_control_start(gw, no_upkeep, &error), 0);
	assert_int_equal(pthread_create(&writer, NULL, first_writer, gw), 0);
	while (!atomic_load(&made))
		;
	assert_int_equal(
		gw_control_call(gw, "removing camera yard", slow_change, NULL, &error), -EBUSY);
	assert_non_null(strstr(error.text, "adding camera door"));
	atomic_store(&release, true);
	pthread_join(writer, &complaint);
	if (complaint)
		fail_msg("%s", (char *)complaint);
	assert_int_equal(
		gw_control_call(gw, "removing camera yard", slow_change, NULL, &error), -EXDEV);
	assert_true(gw_control_stop(gw, gw_now() + GW_NS_PER_S));
	assert_int_equal(gw_control_call(gw, "too late", slow_change, NULL, &error), -ESHUTDOWN);
	gw_control_free(gw);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_lane_answers_on_its_own_thread_between_two_turns),
		TEST(several_lanes_are_asked_at_once),
		TEST(the_lane_that_stands_still_is_named_and_the_others_ran),
		TEST(a_lane_that_stands_still_is_given_up_and_never_runs_it),
		TEST(who_asks_a_lane_that_ended_does_it_himself),
		cmocka_unit_test(a_lane_that_ends_over_a_question_is_answered_for),
		TEST(a_lane_that_stands_still_is_seen_and_told),
		TEST(of_two_writers_one_is_refused_with_the_reason),
	};

	gw_log_open(GW_LOG_STDERR, GW_LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
