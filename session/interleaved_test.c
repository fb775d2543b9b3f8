#include "core/test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "session/interleaved.h"

#define ANSWER "RTSP/1.0 200 OK\r\nCSeq: 4\r\n\r\n"
#define WITH_BODY "RTSP/1.0 200 OK\r\ncontent-length:  5\r\n\r\n$$$$$"
#define ASKED "ANNOUNCE rtsp://192.0.2.1/ RTSP/1.0\r\nCSeq: 1\r\n\r\n"
#define PACKET "$\0\0\3abc"
#define OTHER "$\1\0\0"

/* What comes out, as text: 'A' and 'R' for each byte of answers and requests, "[channel:bytes]" for
 * packets. Given in steps of `step` bytes. */
static int32_t take_all(const char *data, uint32_t size, uint32_t step, char *text)
{
	struct interleaved it = {0};
	struct interleaved_piece piece;
	uint32_t at = 0, have = 0;
	int32_t taken = 0;

	while (taken >= 0 && (at < size || have < size)) {
		have = have + step < size ? have + step : size;
		while ((taken = interleaved_take(
				&it, (const uint8_t *)data + at, have - at, &piece)) > 0) {
			at += (uint32_t)taken;
			if (piece.kind == INTERLEAVED_PACKET)
				text += sprintf(text, "[%u:%.*s]", piece.channel, (int)piece.size,
					(const char *)piece.data);
			for (uint32_t i = 0; piece.kind != INTERLEAVED_PACKET && i < piece.size;
				i++)
				*text++ = piece.kind == INTERLEAVED_ANSWER ? 'A' : 'R';
		}
		if (have == size)
			break;
	}
	*text = '\0';
	return taken < 0 ? taken : (int32_t)(size - at);
}

static void packets_are_found_between_answers_however_they_come(void **state)
{
	static const char data[] = PACKET ANSWER PACKET OTHER "\r\n" ASKED WITH_BODY PACKET;
	char wanted[512] = "", got[512];

	strcat(wanted, "[0:abc]");
	memset(wanted + strlen(wanted), 'A', sizeof(ANSWER) - 1);
	strcat(wanted, "[0:abc][1:]");
	memset(wanted + strlen(wanted), 'R', 2 + sizeof(ASKED) - 1);
	memset(wanted + strlen(wanted), 'A', sizeof(WITH_BODY) - 1);
	strcat(wanted, "[0:abc]");
	for (uint32_t step = 1; step < sizeof(data); step++) {
		assert_int_equal(take_all(data, sizeof(data) - 1, step, got), 0);
		assert_string_equal(got, wanted);
	}
}

static void a_part_is_waited_for(void **state)
{
	char text[64];

	assert_int_equal(take_all("$", 1, 1, text), 1);
	assert_int_equal(take_all("$\0\xFF\xFFx", 5, 5, text), 5);
	assert_int_equal(take_all("RTSP", 4, 1, text), 4);
}

static void what_is_no_such_connection_ends_it(void **state)
{
	static const struct {
		const char *data;
		uint32_t size;
		int32_t status;
	} cases[] = {
		/* A length that lies: what follows the packet is the rest of it. */
		{"$\0\0\1abc", 7, -EPROTO},
		{"\x80\x1A\0\1", 4, -EPROTO},
		{"ssh", 3, -EPROTO},
		{"RTSP/1.0 200 OK\r\nContent-Length: x\r\n\r\n", 38, -EPROTO},
		{"RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n", 39, -EPROTO},
		{"RTSP/1.0 200 OK\r\nContent-Length: 5 5\r\n\r\n", 40, -EPROTO},
		{"RTSP/1.0 200 OK\r\nContent-Length: 99999999999\r\n\r\n", 48, -EMSGSIZE},
	};
	char text[64];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(take_all(cases[i].data, cases[i].size, 1, text), cases[i].status);
}

static void a_header_without_an_end_ends_it(void **state)
{
	struct interleaved it = {0};
	struct interleaved_piece piece;
	int32_t taken = interleaved_take(&it, (const uint8_t *)"RTSP/1.0 200 OK\r\n", 17, &piece);

	for (uint32_t i = 0; i < 1 << 16 && taken > 0; i++)
		taken = interleaved_take(&it, (const uint8_t *)"x", 1, &piece);
	assert_int_equal(taken, -EMSGSIZE);
}

static void a_packet_may_stand_only_between_messages(void **state)
{
	struct interleaved it = {0};
	struct interleaved_piece piece;

	assert_true(interleaved_is_between(&it));
	interleaved_take(&it, (const uint8_t *)"PLAY", 4, &piece);
	assert_false(interleaved_is_between(&it));
	interleaved_take(&it, (const uint8_t *)" x\r\n\r\n", 6, &piece);
	assert_true(interleaved_is_between(&it));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_are_found_between_answers_however_they_come),
		cmocka_unit_test(a_part_is_waited_for),
		cmocka_unit_test(what_is_no_such_connection_ends_it),
		cmocka_unit_test(a_header_without_an_end_ends_it),
		cmocka_unit_test(a_packet_may_stand_only_between_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
