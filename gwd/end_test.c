/* How the process ends when something hangs. */
#include "gwd/toy_process.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"

#define PATIENCE_NS (60 * GW_NS_PER_S)

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

int main(int argc, char **argv)
{
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
	};

	/* They take their time: one alone is asked for where it must fail. */
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
