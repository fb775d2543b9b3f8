#include "core/test.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "session/divert.h"

static void carries(int from, int to, const char *text)
{
	char got[16] = "";

	assert_int_equal(write(from, text, strlen(text)), strlen(text));
	assert_int_equal(read(to, got, sizeof(got)), strlen(text));
	assert_string_equal(got, text);
}

static void a_library_goes_on_beside_the_connection(void **state)
{
	int connection[2], camera, speaker;
	char byte;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, connection), 0);
	assert_int_equal(divert(connection[0], &camera, &speaker), 0);
	/* Under its old number it speaks to us, and we to the far end. */
	carries(connection[0], speaker, "request");
	carries(speaker, connection[0], "answer");
	carries(camera, connection[1], "request");
	carries(connection[1], camera, "answer");
	/* What it closes is not the connection. */
	close(connection[0]);
	assert_int_equal(read(speaker, &byte, 1), 0);
	carries(camera, connection[1], "goodbye");
	close(camera);
	assert_int_equal(read(connection[1], &byte, 1), 0);
	close(speaker);
	close(connection[1]);
}

static void without_files_nothing_changes(void **state)
{
	int connection[2], camera, speaker;
	struct rlimit limit, before;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, connection), 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	limit = before;
	for (rlim_t more = 0; more < 3; more++) {
		limit.rlim_cur = (rlim_t)connection[1] + 1 + more;
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
		const int status = divert(connection[0], &camera, &speaker);

		assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
		assert_int_equal(status, -EMFILE);
		assert_int_equal(camera, -1);
		assert_int_equal(speaker, -1);
		carries(connection[0], connection[1], "as ever");
	}
	close(connection[0]);
	close(connection[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_library_goes_on_beside_the_connection),
		cmocka_unit_test(without_files_nothing_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
