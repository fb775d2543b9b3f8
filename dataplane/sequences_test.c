/* Wrong pictures that are passed on: none, whatever the network does. */
#include "core/test.h"

#include <stdlib.h>
#include <string.h>

#include "dataplane/test_reference.h"
#include "dataplane/test_sequences.h"
#include "gwgen/maker.h"

#define LONGEST 400

static uint32_t random_state;

static uint32_t dice(void)
{
	random_state = random_state * 1664525 + 1013904223;
	return random_state >> 8;
}

/* What a network does mostly: it delivers. */
static uint32_t throw_program(uint8_t *program, uint32_t kinds)
{
	static const uint8_t others[] = {0, 1, 2, 3, 6, 7, 4, 5};
	const uint32_t length = 20 + dice() % (LONGEST - 20);

	program[0] = (uint8_t)dice();
	program[1] = (uint8_t)dice();
	for (uint32_t i = 2; i < length; i++) {
		const uint32_t operation = dice() % 3 ? 8 : others[dice() % kinds];
		const uint32_t session = dice() % 4 == 0 ? 16 : 0;

		program[i] = (uint8_t)(operation | session | (dice() & 7) << 5);
	}
	return length;
}

static void play(uint32_t programs, uint32_t kinds, struct sequences_result *sum)
{
	uint8_t program[LONGEST];

	*sum = (struct sequences_result){0};
	for (uint32_t i = 0; i < programs; i += STEP) {
		struct sequences_result result;
		const uint32_t seed = random_state;

		sequences_play(program, throw_program(program, kinds), &result);
		if (result.wrong > 0 || result.untrue > 0)
			fail_msg("seed %u: %u wrong, %u untrue: %s", seed, result.wrong,
				result.untrue, result.why ? result.why : "untrue");
		sum->sent += result.sent;
		sum->frames += result.frames;
	}
	sequences_end();
}

static void all_pictures_come_that_nothing_happens_to(void **state)
{
	/* Ten pictures at a time, in all styles but those that need another picture to end one. */
	for (uint32_t style = 0; style < 128; style++) {
		uint8_t program[40] = {(uint8_t)style, (uint8_t)style};
		struct sequences_result result;

		if (style & 0x20)
			continue;
		memset(program + 2, 8 | 7 << 5, sizeof(program) - 2);
		sequences_play(program, sizeof(program), &result);
		assert_int_equal(result.wrong, 0);
		assert_int_equal(result.untrue, 0);
		/* The last one was not sent to its end. */
		assert_true(result.sent >= 10 && result.frames + 1 >= result.sent);
	}
	sequences_end();
}

static void loss_delay_and_copies_make_no_picture_wrong(void **state)
{
	struct sequences_result sum;

	random_state = 1;
	play(600, 5, &sum);
	assert_true(sum.frames > sum.sent / 10);
}

static void nor_do_sessions_that_begin_anew(void **state)
{
	struct sequences_result sum;

	random_state = 2;
	play(600, 6, &sum);
	assert_true(sum.frames > sum.sent / 20);
}

static void nor_do_packets_that_nobody_sent(void **state)
{
	struct sequences_result sum;

	random_state = 3;
	play(1200, 8, &sum);
	assert_true(sum.frames > sum.sent / 20);
}

/* Of a camera whose clock stands and that sets no marker, the beginning of a picture comes three
 * seconds late, when two are lost and one is passed on since, and fits what is left of the newest:
 * every byte is there, and every number has come. */
static void a_late_beginning_goes_with_no_other_picture(void **state)
{
	static const uint8_t program[] = {
		0x80, 0xA8, 0x38, 0x11, 0x78, 0x06, 0x88, 0xC6, 0xE8, 0x38, 0x92, 0x18, 0xF8};
	struct sequences_result result;

	sequences_play(program, sizeof(program), &result);
	sequences_end();
	assert_int_equal(result.wrong, 0);
	assert_int_equal(result.untrue, 0);
	assert_int_equal(result.frames, 4);
}

/* Two packets end a picture, and the one that came first is beyond the other: five numbers before
 * it a beginning with a marker, whose bytes go with its own. */
static void what_is_beyond_the_last_packet_is_of_no_picture(void **state)
{
	static const uint8_t program[] = {
		0x88, 0x06, 0x00, 0x00, 0x00, 0x00, 0x00, 0x09, 0x14, 0x10, 0x07};
	struct sequences_result result;

	sequences_play(program, sizeof(program), &result);
	sequences_end();
	assert_int_equal(result.wrong, 0);
	assert_int_equal(result.frames, 0);
}

struct tape {
	struct reference *reference;
	uint32_t number, left_out;
};

static void record(void *arg, const uint8_t *rtp, uint32_t size)
{
	struct tape *tape = arg;

	if (tape->number++ != tape->left_out)
		reference_take(tape->reference, rtp, size);
}

/* Delivers a picture of 3 packets, without one of them; returns what the reference says. */
static const char *judge_without(uint32_t left_out, uint32_t changed)
{
	static uint8_t jpeg[1024], scan[300];
	struct maker maker = {.style = {.q = 50, .chunk = 100}, .ssrc = 7, .timestamp = 9};
	const struct picture picture = {.width = 64,
		.height = 64,
		.components = 3,
		.sampling = 0x22,
		.scan = scan,
		.scan_size = sizeof(scan)};
	struct tape tape = {reference_create(), 0, left_out};
	uint32_t size = 0;

	for (uint32_t i = 0; i < sizeof(scan); i++)
		scan[i] = (uint8_t)(i * 31 % 255);
	assert_int_equal(maker_picture(&maker, &picture, record, &tape), 0);
	memcpy(jpeg, "\xFF\xD8\xFF\xC0\0\x11\x08\0\x40\0\x40\3\1\x22\0\2\x11\1\3\x11\1", 21);
	size = 21;
	for (uint32_t t = 0; t < 2; t++) {
		/* At Q 50 the tables are those of Annex K. */
		static const uint8_t first[2][14] = {
			{16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19},
			{17, 18, 18, 24, 21, 24, 47, 26, 26, 47, 99, 66, 56, 66}};
		static const uint8_t luma[50] = {24, 40, 26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58,
			51, 61, 60, 57, 51, 56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109,
			81, 87, 95, 98, 103, 104, 103, 62, 77, 113, 121, 112, 100, 120, 92, 101,
			103, 99};

		memcpy(jpeg + size, "\xFF\xDB\0\x43", 4);
		jpeg[size + 4] = (uint8_t)t;
		memcpy(jpeg + size + 5, first[t], 14);
		memset(jpeg + size + 19, 99, 50);
		if (t == 0)
			memcpy(jpeg + size + 19, luma, 50);
		size += 69;
	}
	memcpy(jpeg + size, "\xFF\xDA\0\x0C\3\1\0\2\x11\3\x11\0\x3F\0", 14);
	memcpy(jpeg + size + 14, scan, sizeof(scan));
	size += 14 + sizeof(scan);
	memcpy(jpeg + size, "\xFF\xD9", 2);
	size += 2;
	jpeg[changed] ^= 2;
	const char *wrong = reference_judge(tape.reference, 7, 9, jpeg, size);

	reference_destroy(tape.reference);
	return wrong;
}

/* Who judges is judged: what is right is right, and any byte less or other is wrong. */
static void the_reference_sees_every_byte(void **state)
{
	/* Headers without Huffman tables: 21 + 2 * 69 + 14 bytes. Those beyond are of no picture.
	 */
	assert_null(judge_without(3, 1000));
	for (uint32_t lost = 0; lost < 3; lost++)
		assert_non_null(judge_without(lost, 1000));
	for (uint32_t i = 173; i < 173 + 300; i++)
		assert_non_null(judge_without(3, i));
	for (uint32_t i = 30; i < 90; i++)
		assert_non_null(judge_without(3, i));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_reference_sees_every_byte),
		cmocka_unit_test(all_pictures_come_that_nothing_happens_to),
		cmocka_unit_test(loss_delay_and_copies_make_no_picture_wrong),
		cmocka_unit_test(nor_do_sessions_that_begin_anew),
		cmocka_unit_test(nor_do_packets_that_nobody_sent),
		cmocka_unit_test(a_late_beginning_goes_with_no_other_picture),
		cmocka_unit_test(what_is_beyond_the_last_packet_is_of_no_picture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
