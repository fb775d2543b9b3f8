/* How the process ends when something hangs, and what systemd's watchdog hears of it. Each gateway
 * runs in a process of its own. */
#include "core/test.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "gwd/gateway.h"
#include "gwd/last_resort.h"

#define PATIENCE_NS (60 * GW_NS_PER_S)

/* Shared with the child by fork(); what happens when. */
static struct {
	int never[2]; /* a pipe into which nobody writes */
	bool log_unread; /* stderr is a full pipe */
	bool start_hangs, sink_hangs, close_hangs;
	bool close_is_long; /* and has much to say at its end */
	uint32_t change_us; /* the control thread is always at one that takes so long; 0: it is not
			     */
	_Atomic bool changes; /* it has begun one */
	bool replays; /* its source is exhausted after the first frames, and the first change's
			 begin */
	int log_end; /* of a pipe that stderr is, when it is not 0 */
	int64_t freeze_at, thaw_at; /* gw_now(): the sink's lane does not turn in between */
} play;

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

struct run {
	FILE *log;
	pid_t process;
};

static int set_up(void **state)
{
	struct run *run = calloc(1, sizeof(*run));

	memset(&play, 0, sizeof(play));
	run->log = tmpfile();
	*state = run;
	return pipe(play.never);
}

static int tear_down(void **state)
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

static void launch(struct run *run)
{
	fflush(NULL);
	run->process = fork();
	if (run->process == 0)
		run_gateway(fileno(run->log));
	assert_true(run->process > 0);
}

/* What it has printed so far; one buffer. */
static const char *printed(const struct run *run)
{
	static char text[8192];
	const ssize_t size = pread(fileno(run->log), text, sizeof(text) - 1, 0);

	text[size > 0 ? size : 0] = '\0';
	return text;
}

/* SIGTERM, and SIGKILL when that is in vain; returns the wait status, and the time that it took. */
static int terminate(struct run *run, int64_t *ns)
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

static void wait_until_it_says(const struct run *run, const char *word)
{
	const int64_t until = gw_now() + PATIENCE_NS;

	while (!strstr(printed(run), word)) {
		if (gw_now() > until)
			fail_msg("it does not say \"%s\":\n%s", word, printed(run));
		usleep(10000);
	}
	usleep(200000);
}

/* Told to end, it cannot, and ends all the same. */
static void assert_gives_up_in_time(struct run *run)
{
	int64_t ns;
	const int status = terminate(run, &ns);

	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
	assert_true(ns < 5 * GW_NS_PER_S);
}

/* Told to end once it has said this. */
static void assert_ends_well(struct run *run, const char *word)
{
	int64_t ns;

	launch(run);
	wait_until_it_says(run, word);
	assert_int_equal(terminate(run, &ns), 0);
	assert_non_null(strstr(printed(run), "stopped: 5 frames received = 5 delivered"));
}

/* The same, of one that cannot, and says why. */
static void assert_ends_at_last(struct run *run, const char *word, const char *why)
{
	launch(run);
	wait_until_it_says(run, word);
	assert_gives_up_in_time(run);
	assert_non_null(strstr(printed(run), why));
}

static void a_thread_of_a_library_takes_no_signal_away(void **state)
{
	assert_ends_well(*state, "running");
}

static void a_change_that_is_being_made_comes_to_its_end(void **state)
{
	play.change_us = 1000000;
	assert_ends_well(*state, "changing");
}

/* A replay has all the time for it that it needs, until somebody says that it has not. */
static void a_signal_is_heard_while_the_last_change_of_a_replay_is_made(void **state)
{
	play.replays = true;
	play.change_us = 3000000;
	assert_ends_at_last(*state, "changing", "stopped at last: ");
}

static void a_signal_ends_a_replay_that_hangs_when_it_is_taken_down(void **state)
{
	struct run *run = *state;
	int64_t ns;

	play.replays = play.close_hangs = true;
	launch(run);
	wait_until_it_says(run, "stopped: ");
	const int status = terminate(run, &ns);

	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGTERM);
}

static void it_ends_in_time_when_a_lane_hangs_in_a_system_call(void **state)
{
	play.sink_hangs = true;
	/* One is in the lane's hands, and so were the others, or they waited. */
	assert_ends_at_last(
		*state, "running", "stopped at last: sink did not end; 5 frames are left behind");
}

static void it_ends_in_time_when_taking_it_down_hangs(void **state)
{
	play.close_hangs = true;
	assert_ends_at_last(
		*state, "running", "stopped at last: taking the gateway down did not end");
}

static void it_ends_in_time_when_nobody_reads_its_log(void **state)
{
	struct run *run = *state;
	int64_t ns;

	play.log_unread = true;
	launch(run);
	usleep(700000);
	/* A reload has something to say too. */
	kill(run->process, SIGHUP);
	usleep(100000);
	assert_int_equal(terminate(run, &ns), 0);
	assert_true(ns < 2 * GW_NS_PER_S);
	play.sink_hangs = true;
	launch(run);
	usleep(700000);
	assert_gives_up_in_time(run);
}

static void *read_slowly(void *arg)
{
	const int *fd = arg;
	char page[4096];

	while (read(*fd, page, sizeof(page)) > 0)
		usleep(100000);
	return NULL;
}

static void it_ends_in_time_when_its_log_is_read_slowly(void **state)
{
	struct run *run = *state;
	pthread_t reader;
	int ends[2];
	int64_t ns;

	play.close_is_long = true;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	play.log_end = ends[1];
	launch(run);
	close(ends[1]);
	assert_int_equal(pthread_create(&reader, NULL, read_slowly, &ends[0]), 0);
	usleep(700000);
	assert_int_equal(terminate(run, &ns), 0);
	assert_in_range(ns, 4300 * GW_NS_PER_MS, 5 * GW_NS_PER_S);
	pthread_join(reader, NULL);
	close(ends[0]);
}

static void a_long_start_ends_at_once(void **state)
{
	struct run *run = *state;
	int64_t ns;

	play.start_hangs = true;
	launch(run);
	wait_until_it_says(run, "loading");
	const int status = terminate(run, &ns);

	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 128 + SIGTERM);
	assert_true(ns < GW_NS_PER_S);
	assert_non_null(strstr(printed(run), "gwd: stopped while it was starting"));
}

/* Binds the socket that a child's sd_notify() writes to; `address` is to be unlinked. */
static int open_notify_socket(struct sockaddr_un *address)
{
	const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	snprintf(address->sun_path, sizeof(address->sun_path), "/tmp/framegate-notify-%d",
		(int)getpid());
	unlink(address->sun_path);
	assert_int_equal(bind(fd, (struct sockaddr *)address, sizeof(*address)), 0);
	setenv("NOTIFY_SOCKET", address->sun_path, 1);
	return fd;
}

/* How often the watchdog was fed until `until`. */
static int count_pings(int fd, int64_t until)
{
	int pings = 0;

	do {
		char message[256];
		ssize_t size = recv(fd, message, sizeof(message) - 1, 0);

		if (size < 0) {
			usleep(5000);
			continue;
		}
		message[size] = '\0';
		pings += strstr(message, "WATCHDOG=1") != NULL;
	} while (gw_now() < until);
	return pings;
}

static void the_watchdog_is_fed_only_while_every_lane_turns(void **state)
{
	struct run *run = *state;
	struct sockaddr_un address;
	const int fd = open_notify_socket(&address);
	int64_t ns;

	setenv("WATCHDOG_USEC", "200000", 1);
	play.freeze_at = gw_now() + GW_NS_PER_S;
	play.thaw_at = play.freeze_at + 3500 * GW_NS_PER_MS;
	launch(run);
	assert_true(count_pings(fd, play.freeze_at) >= 3);
	/* A lane may be slow for two seconds. */
	count_pings(fd, play.freeze_at + 2300 * GW_NS_PER_MS);
	assert_int_equal(count_pings(fd, play.thaw_at - 100 * GW_NS_PER_MS), 0);
	count_pings(fd, play.thaw_at + 500 * GW_NS_PER_MS);
	assert_true(count_pings(fd, play.thaw_at + GW_NS_PER_S) >= 2);
	assert_int_equal(terminate(run, &ns), 0);
	unlink(address.sun_path);
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	close(fd);
}

int main(int argc, char **argv)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_thread_of_a_library_takes_no_signal_away),
		TEST(a_change_that_is_being_made_comes_to_its_end),
		TEST(a_signal_is_heard_while_the_last_change_of_a_replay_is_made),
		TEST(a_signal_ends_a_replay_that_hangs_when_it_is_taken_down),
		TEST(it_ends_in_time_when_a_lane_hangs_in_a_system_call),
		TEST(it_ends_in_time_when_taking_it_down_hangs),
		TEST(it_ends_in_time_when_nobody_reads_its_log),
		TEST(it_ends_in_time_when_its_log_is_read_slowly),
		TEST(a_long_start_ends_at_once),
		TEST(the_watchdog_is_fed_only_while_every_lane_turns),
	};

	/* They take their time: one alone is asked for where it must fail. */
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
