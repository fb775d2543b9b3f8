/* Each test starts a process that may open no file but in place of the first three. */
#include "core/standard_files.h"

#include "core/test.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs `act` in a child with a limit of open files; what it says on stderr goes into `said`.
 * Returns its exit code. */
static int run(int (*act)(void), rlim_t files, char *said, size_t size)
{
	int ends[2], status;

	assert_int_equal(pipe(ends), 0);
	const pid_t process = fork();

	if (process == 0) {
		dup2(ends[1], STDERR_FILENO);
		setrlimit(RLIMIT_NOFILE, &(struct rlimit){files, files});
		_exit(act());
	}
	close(ends[1]);
	const ssize_t got = read(ends[0], said, size - 1);

	said[got > 0 ? got : 0] = '\0';
	close(ends[0]);
	waitpid(process, &status, 0);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int start(void)
{
	return -gw_standard_files("gwd", O_RDWR);
}

static void who_has_all_three_needs_no_more(void **state)
{
	char said[256];

	assert_int_equal(run(start, 3, said, sizeof(said)), 0);
	assert_string_equal(said, "");
}

/* 0: the output goes into /dev/null. */
static int start_without_output(void)
{
	struct stat null, output;

	close(STDOUT_FILENO);
	if (gw_standard_files("gwd", O_RDWR) != 0)
		return 1;
	if (stat("/dev/null", &null) != 0 || fstat(STDOUT_FILENO, &output) != 0)
		return 2;
	return output.st_rdev == null.st_rdev ? 0 : 3;
}

static void what_is_closed_becomes_dev_null(void **state)
{
	char said[256];

	assert_int_equal(run(start_without_output, 3, said, sizeof(said)), 0);
	assert_string_equal(said, "");
}

static int start_without_input(void)
{
	close(STDIN_FILENO);
	return start();
}

static void a_lack_of_dev_null_is_told(void **state)
{
	char said[256];

	assert_int_equal(run(start_without_input, 0, said, sizeof(said)), EMFILE);
	assert_non_null(strstr(said, "gwd: descriptor 0 is closed, and /dev/null cannot"));
	assert_non_null(strstr(said, "Too many open files"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_has_all_three_needs_no_more),
		cmocka_unit_test(what_is_closed_becomes_dev_null),
		cmocka_unit_test(a_lack_of_dev_null_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
