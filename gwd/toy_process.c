#include "gwd/toy_process.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "gwd/gateway.h"
#include "gwd/last_resort.h"

struct play play;

static void wait_in_a_system_call(void)
{
	char byte;

	(void)!read(play.never[0], &byte, 1);
}

static void *sleep_for_ever(void *arg)
{
	while (pause() != 0)
		;
	return NULL;
}

/* A library makes threads as it likes. */
static void make_a_thread(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, sleep_for_ever, NULL);
}

static int toy_open(struct gw_stage *stage, struct gw_error *error)
{
	make_a_thread();
	if (play.start_hangs && stage == &stage->gw->stages[GW_STAGE_ACCEL]) {
		gw_info("toy", "loading");
		wait_in_a_system_call();
	}
	return 0;
}

static void toy_close(struct gw_stage *stage)
{
	if (play.close_hangs && stage == &stage->gw->stages[GW_STAGE_ACCEL])
		wait_in_a_system_call();
	if (play.close_is_long && stage == &stage->gw->stages[GW_STAGE_ACCEL]) {
		usleep(4300000);
		for (int i = 0; i < 600; i++)
			gw_info("toy", "closing %0800d", i);
	}
}

static void toy_upkeep(struct gw_stage *stage, int64_t now)
{
	if (play.change_us == 0)
		return;
	gw_info("toy", "changing");
	atomic_store(&play.changes, true);
	usleep(play.change_us);
}

static uint32_t source_poll(struct gw_lane *lane)
{
	struct gw_camera_stats *stats = &lane->stats->camera[0];
	struct gw_frame *frame;

	if (gw_counter_get(&stats->frames_in) == 5) {
		lane->exhausted =
			play.replays && (play.change_us == 0 || atomic_load(&play.changes));
		return 0;
	}
	frame = gw_pool_get(lane->stage->gw->pool, 0, 16, 16);
	gw_counter_add(&stats->frames_in, 1);
	gw_lane_give(lane, &frame, 1);
	return 1;
}

static uint32_t pass_poll(struct gw_lane *lane)
{
	struct gw_frame *frames[GW_BURST];
	const uint32_t count = gw_lane_take(lane, frames, GW_BURST);

	gw_lane_give(lane, frames, count);
	return count;
}

static uint32_t sink_poll(struct gw_lane *lane)
{
	static const struct timespec pause = {.tv_nsec = GW_NS_PER_MS};
	struct gw_frame *frames[GW_BURST];
	const uint32_t count = gw_lane_take(lane, frames, GW_BURST);

	for (uint32_t i = 0; i < count; i++) {
		if (play.sink_hangs)
			wait_in_a_system_call();
		gw_counter_add(&lane->stats->camera[0].delivered, 1);
		gw_frame_unref(frames[i]);
	}
	while (gw_now() >= play.freeze_at && gw_now() < play.thaw_at)
		nanosleep(&pause, NULL);
	return count;
}

#define TOY(stage, turn) \
	{ \
		.name = stage, .open = toy_open, .poll = turn, .close = toy_close \
	}

static const struct gw_stage_ops toys[GW_STAGES] = {
	[GW_STAGE_RX] = TOY("rx", source_poll),
	[GW_STAGE_DECODE] = TOY("decode", pass_poll),
	[GW_STAGE_ACCEL] = TOY("accel", pass_poll),
	[GW_STAGE_SINK] = {.name = "sink",
		.open = toy_open,
		.poll = sink_poll,
		.upkeep = toy_upkeep,
		.close = toy_close},
};

const struct gw_way gw_pipeline[GW_STAGES] = {
	[GW_STAGE_RX] = {&toys[GW_STAGE_RX], .to = GW_STAGE_DECODE},
	[GW_STAGE_DECODE] = {&toys[GW_STAGE_DECODE], .to = GW_STAGE_ACCEL},
	[GW_STAGE_ACCEL] = {&toys[GW_STAGE_ACCEL], .to = GW_STAGE_SINK},
	[GW_STAGE_SINK] = {&toys[GW_STAGE_SINK], .to = GW_STAGES},
};

const struct gw_service_ops *const gw_services[] = {NULL};

/* A pipe that nobody reads, full. */
static int full_pipe(void)
{
	static const char text[4096];
	int ends[2];

	if (pipe2(ends, O_NONBLOCK) != 0)
		_exit(2);
	while (write(ends[1], text, sizeof(text)) > 0)
		;
	fcntl(ends[1], F_SETFL, 0);
	return ends[1];
}

/* What live() and main() of gwd do with it. */
_Noreturn static void run_gateway(int log)
{
	static const char text[] =
		"cameras: [{name: a, source: 10.0.0.1, destination: 10.0.0.2, port: 1}]\n"
		"frames: {classes: [{width: 16, height: 16, count: 7}]}\n";
	static const struct gw_replay replay = {"in", "out", NULL};
	struct gw_config *config;
	struct gw_error error;
	struct gw gw;

	if (play.log_end > 0)
		log = play.log_end;
	dup2(play.log_unread ? full_pipe() : log, STDERR_FILENO);
	gw_log_open(GW_LOG_STDERR, GW_LOG_INFO);
	gw_log_start();
	int status = gw_config_parse(text, sizeof(text) - 1, &config, &error);

	if (status == 0)
		status = gw_open(&gw, config, play.replays ? &replay : NULL, &error);
	if (status == 0)
		status = gw_run(&gw, &error);
	if (status != 0)
		gw_log_say("gwd: %s", error.text);
	if (status == -EDEADLK || !gw_close(&gw))
		gw_log_flush(GW_LOG_PATIENCE_NS);
	else
		gw_log_stop(GW_LOG_PATIENCE_NS, last_resort_left(GW_LOG_REST_NS));
	_exit(status == 0 ? 0 : 1);
}

int set_up(void **state)
{
	struct run *run = calloc(1, sizeof(*run));

	memset(&play, 0, sizeof(play));
	run->log = tmpfile();
	*state = run;
	return pipe(play.never);
}

int tear_down(void **state)
{
	struct run *run = *state;

	/* After a failure it still runs. */
	if (run->process > 0 && kill(run->process, SIGKILL) == 0)
		waitpid(run->process, NULL, 0);
	fclose(run->log);
	close(play.never[0]);
	close(play.never[1]);
	free(run);
	return 0;
}

void launch(struct run *run)
{
	fflush(NULL);
	run->process = fork();
	if (run->process == 0)
		run_gateway(fileno(run->log));
	assert_true(run->process > 0);
}

const char *printed(const struct run *run)
{
	static char text[8192];
	const ssize_t size = pread(fileno(run->log), text, sizeof(text) - 1, 0);

	text[size > 0 ? size : 0] = '\0';
	return text;
}

int terminate(struct run *run, int64_t *ns)
{
	const int64_t begin = gw_now();
	int status;

	assert_int_equal(kill(run->process, SIGTERM), 0);
	while (waitpid(run->process, &status, WNOHANG) == 0) {
		if (gw_now() - begin > 8 * GW_NS_PER_S)
			kill(run->process, SIGKILL);
		usleep(2000);
	}
	*ns = gw_now() - begin;
	run->process = 0;
	return status;
}
