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
#define RTP "$\0\0\x8\x80rtp-12"
#define RTP_TEXT "[0:\x80rtp-12]"

/* What comes out, as text: 'A', 'R' and 'G' for each byte of answers, requests and garbage,
 * "[channel:bytes]" for packets. Given in steps of `step` bytes. */
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
				*text++ = piece.kind == INTERLEAVED_ANSWER  ? 'A'
					: piece.kind == INTERLEAVED_REQUEST ? 'R'
									    : 'G';
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

static void garbage_is_skipped_to_the_next_packet_or_answer(void **state)
{
	static const struct {
		const char *data;
		uint32_t size;
		const char *wanted;
	} cases[] = {
		/* A length that lies: what follows the packet is the rest of it. */
		{"$\0\0\1abc" RTP, 7 + 12, "[0:a]GG" RTP_TEXT},
		{"\x80\x1A\0\1" RTP, 4 + 12, "GGGG" RTP_TEXT},
		{"\0\0\0\0" ANSWER RTP, 4 + 28 + 12, "GGGGAAAAAAAAAAAAAAAAAAAAAAAAAAAA" RTP_TEXT},
		/* Neither on a channel of the camera's, nor long enough, nor RTP. */
		{"x$\7\0\x8\x80$\0\0\1\x80$\0\0\x8\1" RTP, 16 + 12, "GGGGGGGGGGGGGGGG" RTP_TEXT},
		/* It begins as a method, or as an answer, and is none. */
		{"ssh" RTP, 3 + 12, "GGG" RTP_TEXT},
		{"GEx" RTP, 3 + 12, "RRG" RTP_TEXT},
		{"RTSx" RTP, 4 + 12, "RRRG" RTP_TEXT},
		/* An answer that breaks off. */
		{"RTSP/1.0 2\1" RTP, 11 + 12, "AAAAAAAAAAG" RTP_TEXT},
	};
	char text[128];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (uint32_t step = 1; step <= cases[i].size; step++) {
			assert_int_equal(take_all(cases[i].data, cases[i].size, step, text), 0);
			assert_string_equal(text, cases[i].wanted);
		}
}

static void nothing_but_garbage_ends_it(void **state)
{
	struct interleaved it = {0};
	struct interleaved_piece piece;
	uint32_t taken = 0;
	int32_t status;

	/* What comes between does not count. */
	for (uint32_t i = 0; i < 2 * INTERLEAVED_GARBAGE_MOST; i++) {
		assert_int_equal(interleaved_take(&it, (const uint8_t *)"x", 1, &piece), 1);
		assert_int_equal(interleaved_take(&it, (const uint8_t *)RTP, 12, &piece), 12);
	}
	while ((status = interleaved_take(&it, (const uint8_t *)"x", 1, &piece)) > 0)
		taken++;
	assert_int_equal(status, -EPROTO);
	assert_int_equal(taken, INTERLEAVED_GARBAGE_MOST);
}

static void a_length_is_a_number_or_as_if_not_said(void **state)
{
	static const char *const lengths[] = {"x", "-1", "5 5", ""};
	char data[128], wanted[128], text[128];

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		const int size =
			sprintf(data, "RTSP/1.0 200 OK\r\nContent-Length: %s\r\n\r\n", lengths[i]);

		memset(wanted, 'A', (size_t)size);
		strcpy(wanted + size, "[0:abc]");
		memcpy(data + size, PACKET, 7);
		assert_int_equal(take_all(data, (uint32_t)size + 7, 1, text), 0);
		assert_string_equal(text, wanted);
	}
	assert_int_equal(
		take_all("RTSP/1.0 200 OK\r\nContent-Length: 99999999999\r\n\r\n", 48, 1, text),
		-EMSGSIZE);
}

static void a_message_says_its_number_and_where_it_ends(void **state)
{
	static const char data[] = "RTSP/1.0 200 OK\r\ncseq:  17\r\ncontent-length: 2\r\n\r\nab";
	struct interleaved it = {0};
	struct interleaved_piece piece;
	int32_t taken = interleaved_take(&it, (const uint8_t *)data, sizeof(data) - 1, &piece);

	assert_int_equal(it.number, 17);
	assert_false(piece.is_body || piece.is_last);
	assert_int_equal(interleaved_take(&it, (const uint8_t *)data + taken, 2, &piece), 2);
	assert_true(piece.is_body && piece.is_last);
	interleaved_take(&it, (const uint8_t *)ASKED, sizeof(ASKED) - 1, &piece);
	assert_int_equal(it.number, 1);
	assert_true(piece.is_last && !piece.is_body);
	interleaved_take(&it, (const uint8_t *)"PLAY x\r\n\r\n", 10, &piece);
	assert_int_equal(it.number, 0);
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
		cmocka_unit_test(garbage_is_skipped_to_the_next_packet_or_answer),
		cmocka_unit_test(nothing_but_garbage_ends_it),
		cmocka_unit_test(a_length_is_a_number_or_as_if_not_said),
		cmocka_unit_test(a_message_says_its_number_and_where_it_ends),
		cmocka_unit_test(a_header_without_an_end_ends_it),
		cmocka_unit_test(a_packet_may_stand_only_between_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
