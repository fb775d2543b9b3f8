#include "core/test.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "session/glimpse.h"

static void shows(const char *data, uint32_t size, uint32_t step, const char *wanted)
{
	struct glimpse glimpse = {0};

	for (uint32_t at = 0; at < size; at += step)
		glimpse_take(
			&glimpse, (const uint8_t *)data + at, size - at < step ? size - at : step);
	assert_string_equal(glimpse.text, wanted);
}

static void the_first_line_is_shown(void **state)
{
	for (uint32_t step = 1; step < 20; step++) {
		shows("RTSP/1.0 200 OK\r\nCSeq: 1\r\n", 26, step, "RTSP/1.0 200 OK");
		shows("\r\n\nSSH-2.0-x", 12, step, "SSH-2.0-x");
		shows("\x15\x03\0\"<b>\n", 8, step, "....<b>");
		shows("", 0, step, "");
	}
}

static void it_keeps_to_its_room(void **state)
{
	char data[1000], wanted[GLIMPSE_TEXT] = "";

	memset(data, 'x', sizeof(data));
	memset(wanted, 'x', sizeof(wanted) - 1);
	shows(data, sizeof(data), 1, wanted);
	shows(data, sizeof(data), 1000, wanted);
}

static void what_waits_in_a_socket_stays_there(void **state)
{
	struct glimpse glimpse = {0};
	char data[16];
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	glimpse_peek(&glimpse, pair[0]);
	assert_string_equal(glimpse.text, "");
	assert_int_equal(write(pair[1], "HTTP/1.1\r\n", 10), 10);
	glimpse_peek(&glimpse, pair[0]);
	glimpse_peek(&glimpse, pair[0]);
	assert_string_equal(glimpse.text, "HTTP/1.1");
	assert_int_equal(read(pair[0], data, sizeof(data)), 10);
	close(pair[0]);
	close(pair[1]);
}

static void empty_lines_before_it_are_taken_out(void **state)
{
	static const char ends[] = "\r\n\n\r\n", answer[] = "RTSP/1.0 200 OK\r\n\r\n";
	char data[200];
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	glimpse_skip_lines(pair[0]);
	for (int i = 0; i < 30; i++)
		assert_int_equal(write(pair[1], ends, 5), 5);
	assert_int_equal(write(pair[1], answer, sizeof(answer) - 1), sizeof(answer) - 1);
	glimpse_skip_lines(pair[0]);
	glimpse_skip_lines(pair[0]);
	assert_int_equal(read(pair[0], data, sizeof(data)), sizeof(answer) - 1);
	assert_memory_equal(data, answer, sizeof(answer) - 1);
	assert_int_equal(write(pair[1], ends, 5), 5);
	glimpse_skip_lines(pair[0]);
	assert_int_equal(recv(pair[0], data, sizeof(data), MSG_DONTWAIT), -1);
	close(pair[0]);
	close(pair[1]);
}

/* One thread asks all cameras. */
static void no_more_are_taken_out_than_come_in_a_while(void **state)
{
	char ends[3 * GLIMPSE_SKIPPED];
	int pair[2];

	memset(ends, '\n', sizeof(ends));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(write(pair[1], ends, sizeof(ends)), sizeof(ends));
	glimpse_skip_lines(pair[0]);
	assert_int_equal(recv(pair[0], ends, sizeof(ends), MSG_DONTWAIT), 2 * GLIMPSE_SKIPPED);
	close(pair[0]);
	close(pair[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_line_is_shown),
		cmocka_unit_test(it_keeps_to_its_room),
		cmocka_unit_test(what_waits_in_a_socket_stays_there),
		cmocka_unit_test(empty_lines_before_it_are_taken_out),
		cmocka_unit_test(no_more_are_taken_out_than_come_in_a_while),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
