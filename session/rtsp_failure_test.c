#include "core/test.h"

#include <errno.h>
#include <string.h>

#include "session/rtsp_failure.h"

static void it_says_what_came_and_what_to_do(void **state)
{
	static const struct {
		CURLcode code;
		const char *came;
		int status;
		const char *texts[2];
	} cases[] = {
		{CURLE_UNSUPPORTED_PROTOCOL, "SSH-2.0-x", -EPROTO,
			{"with \"SSH-2.0-x\", which is no RTSP", "the port of its RTSP service"}},
		{CURLE_UNSUPPORTED_PROTOCOL, "HTTP/1.1 400 Bad Request", -EPROTO,
			{"\"HTTP/1.1 400 Bad Request\"", "a web server: give the port"}},
		{CURLE_RTSP_CSEQ_ERROR, "RTSP/1.0 200 OK", -EPROTO,
			{"\"RTSP/1.0 200 OK\" to SETUP has no CSeq", "update the camera"}},
		{CURLE_RTSP_SESSION_ERROR, "RTSP/1.0 200 OK", -EPROTO,
			{"another Session", "restart the camera"}},
		{CURLE_UNSUPPORTED_PROTOCOL, "RTSP/1.0 200 OK", -EPROTO,
			{"\"RTSP/1.0 200 OK\" to SETUP cannot be read", "update the camera"}},
		{CURLE_UNSUPPORTED_PROTOCOL, "", -EPROTO,
			{"answer to SETUP cannot be used", "the port of its RTSP service"}},
		{CURLE_RECV_ERROR, "", -ECONNRESET,
			{"in place of an answer to SETUP", "the port of its RTSP service"}},
		{CURLE_RECV_ERROR, "RTSP/1.0 200 OK", -ECONNRESET,
			{"within its answer \"RTSP/1.0 200 OK\"", "restart the camera"}},
		{CURLE_RECV_ERROR, "SSH-2.0-x", -EPROTO,
			{"with \"SSH-2.0-x\"", "the port of its RTSP service"}},
		{CURLE_OPERATION_TIMEDOUT, "", -ETIMEDOUT,
			{"does not answer SETUP within 10 s", "restart the camera"}},
		{CURLE_OPERATION_TIMEDOUT, "RTSP/1.0 2", -ETIMEDOUT,
			{"\"RTSP/1.0 2\" to SETUP does not come to an end", "restart"}},
		{CURLE_COULDNT_CONNECT, "", -ECONNREFUSED, {"cannot be reached", "is it on"}},
		{CURLE_COULDNT_RESOLVE_HOST, "", -EHOSTUNREACH, {"nobody knows", "correct its"}},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct rtsp_failure failure = {
			.code = cases[i].code,
			.method = RTSP_SETUP,
			.most_ms = 10000,
			.came = cases[i].came,
		};
		struct gw_error error;

		assert_int_equal(rtsp_failure_explain(&failure, &error), cases[i].status);
		for (size_t k = 0; k < 2; k++)
			if (!strstr(error.text, cases[i].texts[k]))
				fail_msg("no '%s' in: %s", cases[i].texts[k], error.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_says_what_came_and_what_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
