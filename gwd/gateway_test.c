/* A pipeline of toy stages on the real stage, link, pool and gateway code. */
#include "core/test.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "gwd/gateway.h"
#include "gwd/service_manager.h"

static struct {
	uint32_t wanted; /* frames that the source makes */
	bool stuck; /* the third stage never gives anything on */
	bool turns_are_long; /* of the last stage */
	bool open_fails, check_fails, start_fails;
	bool request_at_work; /* in the second service */
	int opened, closed;
	char services[256]; /* what was done to them, in order: "open a, open b, " */
} play;

static int toy_open(struct gw_stage *stage, struct gw_error *error)
{
	play.opened++;
	if (play.open_fails && stage == &stage->gw->stages[GW_STAGE_DECODE])
		return gw_error_set(error, -5, "the second stage cannot open");
	return 0;
}

static int toy_check(struct gw_stage *stage, struct gw_error *error)
{
	if (play.check_fails && stage == &stage->gw->stages[GW_STAGE_RX])
		return gw_error_set(error, -2, "there is no such input");
	return 0;
}

static void toy_close(struct gw_stage *stage)
{
	play.closed++;
}

static uint32_t source_poll(struct gw_lane *lane)
{
	struct gw_camera_stats *stats = &lane->stats->camera[0];

	if (gw_counter_get(&stats->frames_in) >= play.wanted) {
		lane->exhausted = !play.stuck;
		return 0;
	}
	struct gw_frame *frame = gw_pool_get(lane->stage->gw->pool, 0, 16, 16);

	if (!frame)
		return 0;
	frame->sequence = gw_counter_get(&stats->frames_in);
	gw_counter_add(&stats->frames_in, 1);
	gw_lane_give(lane, &frame, 1);
	return 1;
}

static uint32_t pass_poll(struct gw_lane *lane)
{
	struct gw_frame *frames[GW_BURST];

	if (play.stuck && lane->stage == &lane->stage->gw->stages[GW_STAGE_ACCEL])
		return 0;
	uint32_t count = gw_lane_take(lane, frames, GW_BURST);

	gw_lane_give(lane, frames, count);
	return count;
}

static uint32_t sink_poll(struct gw_lane *lane)
{
	struct gw_camera_stats *stats = &lane->stats->camera[0];
	struct gw_frame *frames[GW_BURST];
	uint32_t count = gw_lane_take(lane, frames, GW_BURST);

	for (uint32_t i = 0; i < count; i++) {
		if (frames[i]->sequence != gw_counter_get(&stats->frames_out))
			abort();
		gw_counter_add(&stats->frames_out, 1);
		gw_counter_add(&stats->delivered, 1);
		gw_frame_unref(frames[i]);
	}
	if (play.turns_are_long)
		usleep(600000);
	return count;
}

#define TOY(stage, turn) \
	{ \
		.name = stage, .check = toy_check, .open = toy_open, .poll = turn, \
		.close = toy_close \
	}

#define TOYS 4 /* this gateway has no source of records */

static const struct gw_stage_ops toys[GW_STAGES] = {
	[GW_STAGE_RX] = TOY("rx", source_poll),
	[GW_STAGE_DECODE] = TOY("decode", pass_poll),
	[GW_STAGE_ACCEL] = TOY("accel", pass_poll),
	[GW_STAGE_SINK] = TOY("sink", sink_poll),
};

const struct gw_way gw_pipeline[GW_STAGES] = {
	[GW_STAGE_RX] = {&toys[GW_STAGE_RX], .to = GW_STAGE_DECODE},
	[GW_STAGE_DECODE] = {&toys[GW_STAGE_DECODE], .to = GW_STAGE_ACCEL},
	[GW_STAGE_ACCEL] = {&toys[GW_STAGE_ACCEL], .to = GW_STAGE_SINK},
	[GW_STAGE_SINK] = {&toys[GW_STAGE_SINK], .to = GW_STAGES},
};

static void note(const char *what, const char *name)
{
	size_t used = strlen(play.services);

	snprintf(play.services + used, sizeof(play.services) - used, "%s %s, ", what, name);
}

static int first_open(struct gw *gw, void **state, struct gw_error *error)
{
	*state = "a";
	note("open", *state);
	return 0;
}

static int second_open(struct gw *gw, void **state, struct gw_error *error)
{
	*state = "b";
	note("open", *state);
	return 0;
}

static int unwanted_open(struct gw *gw, void **state, struct gw_error *error)
{
	return 0;
}

static int toy_start(void *state, struct gw_error *error)
{
	note("start", state);
	return play.start_fails && strcmp(state, "b") == 0
		? gw_error_set(error, -EIO, "the second service cannot start")
		: 0;
}

static bool toy_stop(void *state)
{
	note("stop", state);
	return !play.request_at_work || strcmp(state, "b") != 0;
}

static void service_close(void *state)
{
	note("close", state);
}

static const struct gw_service_ops first = {.name = "a",
	.open = first_open,
	.start = toy_start,
	.stop = toy_stop,
	.close = service_close};
static const struct gw_service_ops unwanted = {.name = "unwanted",
	.open = unwanted_open,
	.start = toy_start,
	.stop = toy_stop,
	.close = service_close};
static const struct gw_service_ops second = {.name = "b",
	.open = second_open,
	.start = toy_start,
	.stop = toy_stop,
	.close = service_close};

const struct gw_service_ops *const gw_services[] = {&first, &unwanted, &second, NULL};

static struct gw_config *read_config(const char *text)
{
	struct gw_config *config;
	struct gw_error error;

	if (gw_config_parse(text, strlen(text), &config, &error) != 0)
		fail_msg("%s", error.text);
	return config;
}

#define FRAMES "frames: {classes: [{width: 16, height: 16, count: 7}]}\n"

static struct gw_config *small_config(void)
{
	return read_config(
		"cameras: [{name: a, source: 10.0.0.1, destination: 10.0.0.2, port: 1}]\n" FRAMES);
}

static uint64_t delivered(const struct gw *gw)
{
	return GW_COUNT(&gw->stages[GW_STAGE_SINK], 0, delivered);
}

static void every_frame_goes_through_in_order_and_slots_are_used_again(void **state)
{
	static const struct gw_replay replay = {.input = "in", .output = "out"};
	struct gw_error error;
	struct gw gw;

	memset(&play, 0, sizeof(play));
	play.wanted = 5000;
	assert_int_equal(gw_open(&gw, small_config(), &replay, &error), 0);
	assert_ptr_equal(gw.on_reading, service_manager_reading);
	assert_int_equal(gw_run(&gw, &error), 0);
	assert_int_equal(delivered(&gw), 5000);
	assert_int_equal(gw_total_drops(&gw, 0, GW_DROP_SHUTDOWN), 0);
	assert_int_equal(gw_pool_in_use(gw.pool, UINT32_MAX), 0);
	gw_close(&gw);
	assert_int_equal(play.opened, TOYS);
	assert_int_equal(play.closed, TOYS);
}

/* A busy machine lets a thread wait for longer than a lane has at a signal. */
static void a_replay_waits_for_a_lane_that_takes_its_time(void **state)
{
	static const struct gw_replay replay = {.input = "in", .output = "out"};
	struct gw_error error;
	struct gw gw;

	memset(&play, 0, sizeof(play));
	play.wanted = 5;
	play.turns_are_long = true;
	assert_int_equal(gw_open(&gw, small_config(), &replay, &error), 0);
	assert_int_equal(gw_run(&gw, &error), 0);
	assert_int_equal(delivered(&gw), 5);
	gw_close(&gw);
}

static void what_a_stuck_stage_holds_is_counted_when_the_gateway_stops(void **state)
{
	struct gw_error error;
	struct gw gw;

	memset(&play, 0, sizeof(play));
	play.wanted = 5;
	play.stuck = true;
	assert_int_equal(gw_open(&gw, small_config(), NULL, &error), 0);
	/* Blocked by gw_open(), so it waits until gw_run() looks. */
	kill(getpid(), SIGTERM);
	int64_t begin = gw_now();

	assert_int_equal(gw_run(&gw, &error), 0);
	assert_true(gw_now() - begin < 5 * GW_NS_PER_S);
	assert_int_equal(delivered(&gw), 0);
	assert_int_equal(gw_total_drops(&gw, 0, GW_DROP_SHUTDOWN),
		GW_COUNT(&gw.stages[GW_STAGE_RX], 0, frames_in));
	gw_close(&gw);
}

static void a_stage_that_cannot_open_takes_everything_down_again(void **state)
{
	struct gw_error error;
	struct gw gw;

	memset(&play, 0, sizeof(play));
	play.open_fails = true;
	assert_int_equal(gw_open(&gw, small_config(), NULL, &error), -5);
	assert_string_equal(error.text, "the second stage cannot open");
	assert_int_equal(play.opened, 3);
	assert_int_equal(play.closed, 4);
	assert_null(gw.pool);
}

static void nothing_is_opened_when_the_input_is_wrong(void **state)
{
	struct gw_error error;
	struct gw gw;

	memset(&play, 0, sizeof(play));
	play.check_fails = true;
	assert_int_equal(gw_open(&gw, small_config(), NULL, &error), -2);
	assert_string_equal(error.text, "there is no such input");
	assert_int_equal(play.opened, 0);
}

/* A template for cameras is the business of who reads the topic. */
static void a_model_that_is_not_there_is_refused_where_it_is_needed(void **state)
{
	static const char text[] =
		"cameras: []\n" FRAMES "accel: {repository: /nosuch}\n"
		"kafka: {brokers: b, source: {topic: t, template: {model: digits}}}\n";
	static const char camera[] =
		"cameras: [{name: a, source: 10.0.0.1, destination: 10.0.0.2, port: 1, "
		"model: digits}]\n" FRAMES "accel: {repository: /nosuch}\n";
	static const struct gw_replay replay = {.input = "in", .output = "out"};
	struct gw_error error;
	struct gw gw;

	memset(&play, 0, sizeof(play));
	assert_int_equal(gw_open(&gw, read_config(text), NULL, &error), -ENOENT);
	assert_non_null(strstr(error.text, "kafka.source.template names a model"));
	assert_int_equal(gw_open(&gw, read_config(camera), &replay, &error), -ENOENT);
	assert_non_null(strstr(error.text, "camera a names a model"));
	assert_int_equal(play.opened, 0);
	if (gw_open(&gw, read_config(text), &replay, &error) != 0)
		fail_msg("%s", error.text);
	assert_int_equal(gw_run(&gw, &error), 0);
	gw_close(&gw);
}

/* In a process of its own: the limit stays. Returns what is wrong, or NULL. */
static const char *open_with_few_files(void)
{
	struct rlimit limit;
	struct gw_error error;
	struct gw gw;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return "the limit cannot be read";
	limit.rlim_cur = 64;
	if (limit.rlim_max <= limit.rlim_cur || setrlimit(RLIMIT_NOFILE, &limit) != 0)
		return "the limit cannot be lowered";
	if (gw_open(&gw, small_config(), NULL, &error) != 0)
		return "it does not open";
	gw_close(&gw);
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur != limit.rlim_max)
		return "the limit was not raised";
	return NULL;
}

static void a_start_takes_as_many_open_files_as_it_may(void **state)
{
	int status = 0;

	memset(&play, 0, sizeof(play));
	const pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		const char *wrong = open_with_few_files();

		if (wrong)
			fprintf(stderr, "%s\n", wrong);
		_exit(wrong ? 1 : 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void services_let_requests_in_when_all_are_open_and_none_is_closed(void **state)
{
	static const struct gw_replay replay = {.input = "in", .output = "out"};
	struct gw_error error;
	struct gw gw;

	memset(&play, 0, sizeof(play));
	assert_int_equal(gw_open(&gw, small_config(), &replay, &error), 0);
	assert_string_equal(play.services, "open a, open b, ");
	assert_int_equal(gw_run(&gw, &error), 0);
	gw_close(&gw);
	assert_string_equal(play.services,
		"open a, open b, start a, start b, stop b, stop a, close b, close a, ");

	memset(&play, 0, sizeof(play));
	play.start_fails = true;
	assert_int_equal(gw_open(&gw, small_config(), &replay, &error), 0);
	assert_int_equal(gw_run(&gw, &error), -EIO);
	gw_close(&gw);
	assert_string_equal(play.services,
		"open a, open b, start a, start b, stop b, stop a, close b, close a, ");
	assert_int_equal(play.closed, TOYS);
}

static void nothing_is_taken_down_under_a_request_that_is_at_work(void **state)
{
	struct gw_error error;
	struct gw gw;

	memset(&play, 0, sizeof(play));
	play.request_at_work = true;
	assert_int_equal(gw_open(&gw, small_config(), NULL, &error), 0);
	assert_false(gw_close(&gw));
	assert_null(strstr(play.services, "close"));
	assert_int_equal(play.closed, 0);
	assert_non_null(gw.pool);
	/* The process would end now. */
	play.request_at_work = false;
	assert_true(gw_close(&gw));
	assert_int_equal(play.closed, TOYS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_frame_goes_through_in_order_and_slots_are_used_again),
		cmocka_unit_test(a_replay_waits_for_a_lane_that_takes_its_time),
		cmocka_unit_test(what_a_stuck_stage_holds_is_counted_when_the_gateway_stops),
		cmocka_unit_test(nothing_is_opened_when_the_input_is_wrong),
		cmocka_unit_test(a_stage_that_cannot_open_takes_everything_down_again),
		cmocka_unit_test(a_model_that_is_not_there_is_refused_where_it_is_needed),
		cmocka_unit_test(a_start_takes_as_many_open_files_as_it_may),
		cmocka_unit_test(services_let_requests_in_when_all_are_open_and_none_is_closed),
		cmocka_unit_test(nothing_is_taken_down_under_a_request_that_is_at_work),
	};

	gw_log_open(GW_LOG_STDERR, GW_LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
