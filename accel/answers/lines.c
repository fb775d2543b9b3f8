/* Lines of text: how many characters have to be put in, taken out or replaced to make one of the
 * other (Levenshtein, 1966). */
#include <string.h>

#include "accel/answers/own.h"

/* Characters that are compared at a time. A line of more, which nobody has seen so far, is compared
 * piece by piece, so that the time grows with its length and not with its square. */
#define PIECE 256

struct text {
	const uint8_t *at, *end; /* UTF-8 that is left */
	uint32_t count; /* characters of the piece */
	uint32_t piece[PIECE]; /* ... each as its bytes, which are at most four */
};

static struct text text_of(const struct gw_result *result)
{
	const uint8_t *at = result->count > 0 ? gw_result_rest(result, &result->findings[0]) : NULL;

	return (struct text){.at = at, .end = at ? at + result->findings[0].extra_size : NULL};
}

/* Bytes that begin with 10 follow the first one of a character (RFC 3629, section 3). */
static void take_piece(struct text *text)
{
	text->count = 0;
	while (text->at < text->end && text->count < PIECE) {
		uint32_t character = *text->at++;

		while (text->at < text->end && (*text->at & 0xc0) == 0x80)
			character = character << 8 | *text->at++;
		text->piece[text->count++] = character;
	}
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t distance(const struct text *a, const struct text *b)
{
	uint32_t row[PIECE + 1];

	for (uint32_t j = 0; j <= b->count; j++)
		row[j] = j;
	for (uint32_t i = 0; i < a->count; i++) {
		uint32_t before = row[0]; /* the row above, one to the left */

		row[0] = i + 1;
		for (uint32_t j = 0; j < b->count; j++) {
			const uint32_t replaced = before + (a->piece[i] != b->piece[j]);

			before = row[j + 1];
			row[j + 1] = least(replaced, least(row[j], row[j + 1]) + 1);
		}
	}
	return row[b->count];
}

float lines_apart(const struct gw_result *one, const struct gw_result *other)
{
	struct text a = text_of(one), b = text_of(other);
	uint32_t edits = 0, of_a = 0, of_b = 0;

	do {
		take_piece(&a);
		take_piece(&b);
		edits += distance(&a, &b);
		of_a += a.count;
		of_b += b.count;
	} while (a.count > 0 || b.count > 0);
	return of_a + of_b > 0 ? (float)edits / (float)(of_a > of_b ? of_a : of_b) : 0;
}
