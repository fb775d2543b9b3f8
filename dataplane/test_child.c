#include "dataplane/test_child.h"

#include "core/test.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

void test_child_must(bool truth, const char *what)
{
	if (!truth) {
		fprintf(stderr, "not true: %s\n", what);
		_exit(1);
	}
}

void test_in_child(void (*body)(void))
{
	int status = -1;
	const pid_t child = fork();

	if (child == 0) {
		/* cmocka would go on with the next test, in the child too. */
		signal(SIGSEGV, SIG_DFL);
		alarm(60);
		body();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}
