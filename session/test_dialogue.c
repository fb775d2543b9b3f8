#include "session/test_dialogue.h"

#include "core/test.h"

#include <arpa/inet.h>
#include <string.h>

static struct gw_address address(const char *text)
{
	struct gw_address it = {.family = AF_INET};

	inet_pton(AF_INET, text, it.bytes);
	return it;
}

struct rtsp_answer test_described(const char *sdp)
{
	struct rtsp_answer answer = {
		.status = 200,
		.body = sdp,
		.body_size = strlen(sdp),
		.local = address("192.0.2.1"),
		.peer = address("192.0.2.11"),
	};

	strcpy(answer.base, "rtsp://192.0.2.11/s/");
	return answer;
}

struct rtsp_answer test_transport(const char *transport)
{
	struct rtsp_answer answer = {.status = 200, .timeout_s = 20};

	strcpy(answer.transport, transport);
	return answer;
}

void test_take(struct dialogue *dialogue, struct rtsp_answer answer)
{
	struct gw_error error;

	if (dialogue_take(dialogue, &answer, &error) != 0)
		fail_msg("%s", error.text);
}

void test_refused(
	struct dialogue *dialogue, struct rtsp_answer answer, int wanted, const char *reason)
{
	struct gw_error error;

	assert_int_equal(dialogue_take(dialogue, &answer, &error), wanted);
	if (!strstr(error.text, reason))
		fail_msg("%s", error.text);
}

void test_asks(struct dialogue *dialogue, enum rtsp_method method, const char *url)
{
	const struct rtsp_request request = dialogue_request(dialogue);

	assert_int_equal(request.method, method);
	assert_string_equal(request.url, url);
}

struct dialogue test_begun(enum gw_transport transport)
{
	struct dialogue dialogue;

	dialogue_begin(&dialogue, "rtsp://192.0.2.11/s", transport);
	return dialogue;
}
