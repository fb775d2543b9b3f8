/* A camera's answers to RTSP requests, whatever it says in them: the dialogue goes on or ends with
 * a line, what it asks next fits its room, and what it has learned is of use.
 *
 * Input: a byte of options (which way of sending is wanted), then answers: status (an index), three
 * lengths, and as many bytes of Transport, Content-Base and body. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "session/dialogue.h"

#define MOST_ANSWERS 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool truth)
{
	if (!truth)
		abort();
}

static struct gw_address address(const char *text)
{
	struct gw_address it = {.family = AF_INET};

	inet_pton(AF_INET, text, it.bytes);
	return it;
}

/* The next piece of the input, of so many bytes or what there is. */
static size_t cut(const uint8_t **at, const uint8_t *end, size_t wanted, char *text, size_t room)
{
	size_t size = (size_t)(end - *at) < wanted ? (size_t)(end - *at) : wanted;

	if (size >= room)
		size = room - 1;
	memcpy(text, *at, size);
	text[size] = '\0';
	*at += size;
	return size;
}

/* Does what is due without an answer. False: the dialogue is over. */
static bool go_on(struct dialogue *dialogue)
{
	if (dialogue->step == DIALOGUE_PORTS)
		dialogue_set_port(dialogue, 5004);
	if (dialogue->step == DIALOGUE_LEARNED) {
		check(dialogue->learned.port != 0 && dialogue->learned.payload_type < 128);
		check(dialogue->learned.source.family != 0 &&
			dialogue->learned.destination.family != 0);
		dialogue_go_on(dialogue);
	}
	return dialogue->step != DIALOGUE_OVER;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int statuses[] = {200, 401, 404, 454, 461, 500, 302, 0};
	const uint8_t *at = data + 1, *end = data + size;
	struct dialogue dialogue;
	struct gw_error error;

	if (size < 1)
		return 0;
	dialogue_begin(&dialogue, "rtsp://192.0.2.11/s", (enum gw_transport)(data[0] % 3));
	for (int i = 0; i < MOST_ANSWERS && end - at >= 4 && go_on(&dialogue); i++) {
		const struct rtsp_request request = dialogue_request(&dialogue);
		struct rtsp_answer answer = {
			.status = statuses[at[0] & 7],
			.timeout_s = at[0] >> 3,
			.is_challenge = at[0] >> 7,
			.local = address("192.0.2.1"),
			.peer = address("192.0.2.11"),
			.local_port = 40000,
			.peer_port = 554,
		};
		const size_t transport = at[1], base = at[2], body = at[3] * 8u;
		char text[2048];

		check(strlen(request.url) < GW_URL);
		check(!request.transport || strlen(request.transport) < TRANSPORT_TEXT);
		at += 4;
		cut(&at, end, transport, answer.transport, sizeof(answer.transport));
		cut(&at, end, base, answer.base, sizeof(answer.base));
		answer.body_size = cut(&at, end, body, text, sizeof(text));
		/* To the byte: a read past the body's end is seen. */
		char *copy = malloc(answer.body_size + (answer.body_size == 0));

		memcpy(copy, text, answer.body_size);
		answer.body = copy;
		const int status = dialogue_take(&dialogue, &answer, &error);

		free(copy);
		check(status == 0 || error.text[0] != '\0');
		if (status != 0)
			break;
		check(dialogue_sign_s(&dialogue) > 0);
	}
	if (dialogue_end(&dialogue))
		check(dialogue_request(&dialogue).method == RTSP_TEARDOWN);
	return 0;
}
