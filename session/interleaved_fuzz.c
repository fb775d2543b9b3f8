/* Any bytes as what comes within a connection: whatever the steps are in which they come, the same
 * is found, in order, and every byte once; nothing beyond them is read. And who asked is told a
 * whole answer or none. */
#include <stdlib.h>
#include <string.h>

#include "session/exchange.h"
#include "session/interleaved.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool true_thing)
{
	if (!true_thing)
		abort();
}

/* A number for all that was found, whatever the pieces of messages were. */
struct finding {
	uint64_t hash;
	uint32_t taken;
	int32_t status;
};

static void add(struct finding *finding, uint32_t value)
{
	finding->hash = (finding->hash ^ value) * UINT64_C(0x100000001B3);
}

static void note(struct finding *finding, const struct interleaved_piece *piece)
{
	if (piece->kind == INTERLEAVED_PACKET)
		add(finding, 0x1000 + piece->channel);
	for (uint32_t i = 0; i < piece->size; i++)
		add(finding, piece->data[i] | (uint32_t)piece->kind << 8);
}

/* What who asked is told is of the finding, too. */
static void tell(struct finding *finding, struct exchange *exchange, const struct interleaved *it,
	const struct interleaved_piece *piece)
{
	char text[EXCHANGE_HEADER];

	if (piece->kind == INTERLEAVED_GARBAGE)
		exchange_forget(exchange);
	if (piece->kind != INTERLEAVED_ANSWER)
		return;
	if (!piece->is_body)
		exchange_hear(exchange, piece->data, piece->size);
	if (!piece->is_last)
		return;
	exchange_ask(exchange, 7);
	exchange->is_nameless = it->number % 2 == 1;
	const uint32_t size = exchange_answer(exchange, it->number, text);

	check(size <= sizeof(text));
	check(size == 0 || (size > 4 && memcmp(text + size - 4, "\r\n\r\n", 4) == 0));
	for (uint32_t i = 0; i < size; i++)
		add(finding, (uint8_t)text[i]);
}

/* Each step from a copy that ends where it ends, so that reading on is seen. */
static struct finding take_all(const uint8_t *data, uint32_t size, uint32_t step)
{
	struct finding finding = {0};
	struct interleaved it = {.channels = {0, 1}};
	struct exchange exchange = {0};
	uint32_t have = 0;

	while (have < size && finding.status >= 0) {
		have = size - have < step ? size : have + step;
		uint8_t *copy = malloc(have - finding.taken + 1);
		uint32_t at = 0;

		check(copy != NULL);
		memcpy(copy, data + finding.taken, have - finding.taken);
		for (;;) {
			struct interleaved_piece piece;
			const uint32_t left = have - finding.taken - at;

			finding.status = interleaved_take(&it, copy + at, left, &piece);
			if (finding.status <= 0)
				break;
			check((uint32_t)finding.status <= left);
			check(piece.data >= copy + at &&
				piece.data + piece.size == copy + at + finding.status);
			note(&finding, &piece);
			tell(&finding, &exchange, &it, &piece);
			at += (uint32_t)finding.status;
		}
		finding.taken += at;
		free(copy);
	}
	return finding;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2 || size > 1 << 18)
		return 0;
	const struct finding whole = take_all(data + 1, (uint32_t)size - 1, UINT32_MAX);
	const struct finding parts = take_all(data + 1, (uint32_t)size - 1, data[0] + 1u);

	check(whole.status < 0 || (whole.hash == parts.hash && whole.taken == parts.taken));
	check((whole.status < 0) == (parts.status < 0));
	return 0;
}
