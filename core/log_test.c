/* Each test logs in a process of its own, whose stderr is a pipe that the test reads, or does not.
 */
#include "core/test.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"

#define MOST 4000 /* more than the queue and the pipe hold */

struct run {
	int read_end;
	pid_t process;
};

static void log_numbers(int count)
{
	for (int i = 0; i < count; i++)
		gw_info("test", "number %d", i);
}

/* `logging` in a child that has a log thread; what it returns is the child's exit code. */
static struct run launch(int (*logging)(void))
{
	struct run run;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	fflush(NULL);
	run.read_end = ends[0];
	run.process = fork();
	if (run.process == 0) {
		close(ends[0]);
		dup2(ends[1], STDERR_FILENO);
		close(ends[1]);
		signal(SIGPIPE, SIG_IGN);
		alarm(20);
		gw_log_open(GW_LOG_STDERR, GW_LOG_INFO);
		gw_log_start();
		_exit(logging());
	}
	close(ends[1]);
	return run;
}

static int wait_for_end(const struct run *run)
{
	int status;

	waitpid(run->process, &status, 0);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* What is said until the end; the caller frees it. */
static char *read_all(const struct run *run)
{
	const size_t most = 1 << 20;
	char *text = calloc(1, most);
	size_t size = 0;
	ssize_t n;

	while ((n = read(run->read_end, text + size, most - 1 - size)) > 0)
		size += (size_t)n;
	close(run->read_end);
	return text;
}

/* Goes through the numbers in `text`, which must rise; returns how many there are, and how many the
 * lines in between say were lost. */
static int count_numbers(char *text, long *lost)
{
	long last = -1;
	int count = 0;

	*lost = 0;
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		const char *number = strstr(line, "number ");
		const char *note = strstr(line, " lines were lost");

		if (number) {
			assert_true(atol(number + 7) > last);
			last = atol(number + 7);
			count++;
		} else {
			assert_non_null(note);
			assert_non_null(strstr(line, "warning log: "));
			*lost += atol(strstr(line, "log: ") + 5);
		}
	}
	return count;
}

static int log_few(void)
{
	log_numbers(300);
	gw_log_say("gwd: that is it");
	gw_log_stop(GW_LOG_PATIENCE_NS, GW_LOG_REST_NS);
	return 0;
}

static void nothing_is_lost_at_a_normal_end_and_the_order_is_kept(void **state)
{
	struct run run = launch(log_few);
	char *text = read_all(&run);
	char *last = strstr(text, "\ngwd: that is it\n");
	long lost;

	assert_int_equal(wait_for_end(&run), 0);
	assert_non_null(last);
	assert_string_equal(last, "\ngwd: that is it\n");
	last[1] = '\0';
	assert_int_equal(count_numbers(text, &lost), 300);
	assert_int_equal(lost, 0);
	free(text);
}

/* 0: logging and the end took no time although nobody read. */
static int log_unread(void)
{
	const int64_t begin = gw_now();

	log_numbers(MOST);
	const int64_t logged = gw_now();

	gw_log_stop(GW_LOG_PATIENCE_NS, GW_LOG_REST_NS);
	/* Also afterwards nobody waits. */
	gw_info("test", "late");
	gw_log_say("gwd: late");
	gw_log_flush(GW_LOG_PATIENCE_NS);
	if (gw_log_lost() == 0)
		return 3;
	if (logged - begin > GW_NS_PER_S)
		return 1;
	return gw_now() - logged > GW_NS_PER_S ? 2 : 0;
}

static void nobody_waits_for_a_reader_who_does_not_read(void **state)
{
	struct run run = launch(log_unread);

	assert_int_equal(wait_for_end(&run), 0);
	close(run.read_end);
}

static uint64_t *shared; /* with the child */

static int log_unread_and_count(void)
{
	log_numbers(MOST);
	gw_log_stop(GW_LOG_PATIENCE_NS, GW_LOG_REST_NS);
	*shared = gw_log_lost();
	return 0;
}

static void what_is_given_up_at_the_end_is_counted(void **state)
{
	long said;

	shared = mmap(
		NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(shared, MAP_FAILED);
	struct run run = launch(log_unread_and_count);

	assert_int_equal(wait_for_end(&run), 0);
	char *text = read_all(&run);
	const uint64_t read = (uint64_t)count_numbers(text, &said);

	/* One was neither written nor given up. */
	assert_in_range(read + *shared, MOST - 1, MOST);
	free(text);
	munmap(shared, sizeof(*shared));
}

/* Logs while nobody reads; then, when somebody does, one line more. */
static int log_and_go_on(void)
{
	static const struct timespec pause = {.tv_nsec = 300 * GW_NS_PER_MS};

	log_numbers(MOST);
	gw_log_flush(10 * GW_NS_PER_S);
	nanosleep(&pause, NULL);
	gw_info("test", "number %d", MOST);
	gw_log_stop(GW_LOG_PATIENCE_NS, GW_LOG_REST_NS);
	return gw_log_lost() > 0 ? 0 : 1;
}

static void what_was_lost_is_said_by_the_next_line(void **state)
{
	struct run run = launch(log_and_go_on);
	long lost;

	usleep(300000);
	char *text = read_all(&run);

	assert_int_equal(wait_for_end(&run), 0);
	assert_non_null(strstr(text, "number 4000\n"));
	const int count = count_numbers(text, &lost);

	assert_true(lost > 0);
	assert_int_equal(count + lost, MOST + 1);
	free(text);
}

static int log_too_much(void)
{
	log_numbers(MOST);
	gw_log_stop(10 * GW_NS_PER_S, 10 * GW_NS_PER_S);
	return 0;
}

static void what_was_lost_at_the_end_is_said_too(void **state)
{
	struct run run = launch(log_too_much);
	long lost;

	usleep(300000);
	char *text = read_all(&run);

	assert_int_equal(wait_for_end(&run), 0);
	const int count = count_numbers(text, &lost);

	assert_true(lost > 0);
	assert_int_equal(count + lost, MOST);
	free(text);
}

static int log_to_nobody(void)
{
	static const struct timespec pause = {.tv_nsec = 200 * GW_NS_PER_MS};

	nanosleep(&pause, NULL);
	log_numbers(10);
	gw_log_stop(GW_LOG_PATIENCE_NS, GW_LOG_REST_NS);
	return (int)gw_log_lost();
}

static void a_reader_who_has_gone_is_counted(void **state)
{
	struct run run = launch(log_to_nobody);

	close(run.read_end);
	assert_int_equal(wait_for_end(&run), 10);
}

#define LONG 500 /* lines: fewer than the queue holds, more than the pipe does */

static int set_nonblocking_and_log(void)
{
	fcntl(STDERR_FILENO, F_SETFL, O_NONBLOCK);
	for (int i = 0; i < LONG; i++)
		gw_info("test", "number %d %0800d", i, 0);
	gw_log_stop(10 * GW_NS_PER_S, 10 * GW_NS_PER_S);
	return (int)gw_log_lost();
}

static void a_pipe_that_somebody_made_nonblocking_gets_every_line_whole(void **state)
{
	struct run run = launch(set_nonblocking_and_log);
	long lost;

	/* It is full by now. */
	usleep(300000);
	char *text = read_all(&run);

	assert_int_equal(wait_for_end(&run), 0);
	assert_int_equal(count_numbers(text, &lost), LONG);
	assert_int_equal(lost, 0);
	free(text);
}

#define NOT_ALLOWED 77

/* A journal of our own, in a view of the file system that nobody else has: what it gets goes to
 * stderr as it is. */
static int log_to_a_journal(void)
{
	struct sockaddr_un address = {
		.sun_family = AF_UNIX, .sun_path = "/run/systemd/journal/socket"};
	const int journal = socket(AF_UNIX, SOCK_DGRAM, 0);
	char entry[2048];

	/* Its thread keeps the view that it began with: who logs writes, from here on. */
	gw_log_stop(GW_LOG_PATIENCE_NS, GW_LOG_REST_NS);
	if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
		mount("journal", "/run", "tmpfs", 0, NULL) != 0)
		return NOT_ALLOWED;
	mkdir("/run/systemd", 0755);
	mkdir("/run/systemd/journal", 0755);
	if (bind(journal, (struct sockaddr *)&address, sizeof(address)) != 0)
		return 1;
	gw_log_open(GW_LOG_JOURNALD, GW_LOG_INFO);
	gw_log_alarm(GW_LOG_WARNING, "0123456789abcdef0123456789abcdef", "camera_silent", "door",
		"it is silent");
	gw_info("test", "a line of the usual kind");
	for (int i = 0; i < 2; i++) {
		const ssize_t size = recv(journal, entry, sizeof(entry), 0);

		if (size < 0 || write(STDERR_FILENO, entry, (size_t)size) != size)
			return 1;
	}
	return 0;
}

static void an_alarm_has_its_id_kind_and_subject_in_the_journal(void **state)
{
	struct run run = launch(log_to_a_journal);
	char *text = read_all(&run);
	const int status = wait_for_end(&run);

	if (status == NOT_ALLOWED) {
		free(text);
		print_message("only root may make a journal of his own\n");
		skip();
	}
	assert_int_equal(status, 0);
	assert_non_null(strstr(text, "MESSAGE=alarm: it is silent\n"));
	assert_non_null(strstr(text, "PRIORITY=4\n"));
	assert_non_null(strstr(text, "MESSAGE_ID=0123456789abcdef0123456789abcdef\n"));
	assert_non_null(strstr(text, "FRAMEGATE_ALARM=camera_silent\n"));
	assert_non_null(strstr(text, "FRAMEGATE_ALARM_SUBJECT=door\n"));
	const char *second = strstr(text, "MESSAGE=test: a line of the usual kind\n");

	assert_non_null(second);
	assert_null(strstr(second, "MESSAGE_ID"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_lost_at_a_normal_end_and_the_order_is_kept),
		cmocka_unit_test(nobody_waits_for_a_reader_who_does_not_read),
		cmocka_unit_test(what_is_given_up_at_the_end_is_counted),
		cmocka_unit_test(what_was_lost_is_said_by_the_next_line),
		cmocka_unit_test(what_was_lost_at_the_end_is_said_too),
		cmocka_unit_test(a_reader_who_has_gone_is_counted),
		cmocka_unit_test(a_pipe_that_somebody_made_nonblocking_gets_every_line_whole),
		cmocka_unit_test(an_alarm_has_its_id_kind_and_subject_in_the_journal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
