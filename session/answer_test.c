#include "core/test.h"

#include <stdlib.h>
#include <string.h>

#include "session/answer.h"
#include "session/sdp.h"

static void line(struct rtsp_answer *answer, const char *text)
{
	answer_take_line(answer, text, strlen(text));
}

static void a_header_is_read(void **state)
{
	struct rtsp_answer answer = {0};

	line(&answer, "RTSP/1.0 200 OK\r\n");
	line(&answer, "session: 12345678;timeout=30\r\n");
	line(&answer, "TRANSPORT:RTP/AVP;unicast\r\n");
	line(&answer, "Content-Location: rtsp://192.0.2.11/other/\r\n");
	line(&answer, "Content-Base:  rtsp://192.0.2.11/s/\r\n");
	line(&answer, "Content-Location: rtsp://192.0.2.11/other/\r\n");
	line(&answer, "Server: a camera\r\n");
	assert_int_equal(answer.timeout_s, 30);
	assert_string_equal(answer.transport, "RTP/AVP;unicast");
	assert_string_equal(answer.base, "rtsp://192.0.2.11/s/");
	assert_string_equal(answer.server, "a camera");
	line(&answer,
		"Server: \x1b]0;cam\xe9"
		"ra\a\r\n");
	assert_string_equal(answer.server, ".]0;cam.ra.");
}

static void another_answer_begins_anew(void **state)
{
	struct rtsp_answer answer = {0};

	line(&answer, "RTSP/1.0 401 Unauthorized\r\n");
	line(&answer, "Transport: RTP/AVP\r\n");
	line(&answer, "Content-Base: rtsp://192.0.2.11/s/\r\n");
	line(&answer, "RTSP/1.0 200 OK\r\n");
	assert_string_equal(answer.transport, "");
	assert_string_equal(answer.base, "");
}

static void a_time_out_is_read_however_it_is_written(void **state)
{
	static const struct {
		const char *line;
		uint32_t seconds;
	} cases[] = {
		{"Session: 7;timeout=8", 8},
		{"Session: 7; timeout=8", 8},
		{"Session: 7 ;\tTimeout = 8 ;x=y", 8},
		{"Session:7;x=1;timeout=\"8\"", 8},
		{"Session: 7;xtimeout=8", 0},
		{"Session: 7;timeout=-8", 0},
		{"Session: 7;timeout;timeout=8", 8},
		{"Session: timeout=8", 0},
		{"Session: 7;", 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rtsp_answer answer = {0};

		line(&answer, cases[i].line);
		assert_int_equal(answer.timeout_s, cases[i].seconds);
	}
}

static void a_challenge_is_of_the_answer_that_it_stands_in(void **state)
{
	struct rtsp_answer answer = {0};

	line(&answer, "RTSP/1.0 401 Unauthorized\r\n");
	line(&answer, "WWW-Authenticate: Basic realm=\"Digest\"\r\n");
	assert_false(answer.is_challenge);
	line(&answer, "www-authenticate:  digest realm=\"r\", nonce=\"1\"\r\n");
	assert_true(answer.is_challenge);
	line(&answer, "RTSP/1.0 200 OK\r\n");
	assert_false(answer.is_challenge);
}

static void what_is_too_long_is_as_if_not_said(void **state)
{
	struct rtsp_answer answer = {0};
	char text[8192] = "Server: ";

	memset(text + strlen(text), 'x', sizeof(text) - strlen(text) - 1);
	answer_take_line(&answer, text, sizeof(text));
	assert_string_equal(answer.server, "");
	line(&answer, "Session: 1;timeout=99999999999999999999");
	assert_int_equal(answer.timeout_s, 86400);
}

static void a_body_comes_in_parts_and_has_an_end(void **state)
{
	struct rtsp_answer answer = {0};
	struct answer_body body = {0};
	char part[1000];

	memset(part, 'x', sizeof(part));
	assert_true(answer_take_body(&answer, &body, "begin", 5));
	while (answer.body_size + sizeof(part) <= SDP_SIZE)
		assert_true(answer_take_body(&answer, &body, part, sizeof(part)));
	assert_memory_equal(answer.body, "beginxxx", 8);
	assert_false(answer_take_body(&answer, &body, part, sizeof(part)));
	assert_true(body.too_large);
	answer_body_free(&body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_header_is_read),
		cmocka_unit_test(another_answer_begins_anew),
		cmocka_unit_test(a_time_out_is_read_however_it_is_written),
		cmocka_unit_test(a_challenge_is_of_the_answer_that_it_stands_in),
		cmocka_unit_test(what_is_too_long_is_as_if_not_said),
		cmocka_unit_test(a_body_comes_in_parts_and_has_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
