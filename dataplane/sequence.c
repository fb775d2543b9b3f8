#include "dataplane/sequence.h"

#include <string.h>

static bool seen(const struct sequence *sequence, uint64_t extended)
{
	return sequence->bits[extended / 64 % (SEQUENCE_WINDOW / 64)] >> (extended % 64) & 1;
}

void sequence_restart(struct sequence *sequence, uint16_t number)
{
	/* Two rounds of 16 bits up: no number of the old session reaches there. */
	const uint64_t extended = (sequence->highest & ~UINT64_C(0xFFFF)) + 0x20000 + number;

	memset(sequence->bits, 0, sizeof(sequence->bits));
	sequence->highest = extended - 1;
	sequence->first = extended;
}

enum sequence_verdict sequence_check(
	const struct sequence *sequence, uint16_t number, uint64_t *extended)
{
	const int16_t distance = (int16_t)(number - (uint16_t)sequence->highest);

	*extended = sequence->highest + (uint64_t)(int64_t)distance;
	if (distance > 0)
		return distance < SEQUENCE_MAX_AHEAD ? SEQUENCE_AHEAD : SEQUENCE_FAR;
	if (distance <= -SEQUENCE_MAX_BACK)
		return SEQUENCE_FAR;
	return seen(sequence, *extended) ? SEQUENCE_SEEN : SEQUENCE_BEHIND;
}

bool sequence_is_known(const struct sequence *sequence, uint64_t extended)
{
	return extended < sequence->first || extended + SEQUENCE_MAX_BACK < sequence->highest ||
		seen(sequence, extended);
}

bool sequence_has_come(const struct sequence *sequence, uint64_t extended)
{
	return extended + SEQUENCE_MAX_BACK >= sequence->highest && seen(sequence, extended);
}

/* How many of begin .. end - 1 did not arrive. */
static uint32_t count_missing(const struct sequence *sequence, uint64_t begin, uint64_t end)
{
	uint32_t missing = 0;

	if (begin < sequence->first)
		begin = sequence->first;
	for (uint64_t i = begin; i < end; i++)
		missing += !seen(sequence, i);
	return missing;
}

uint32_t sequence_mark(struct sequence *sequence, uint64_t extended)
{
	const uint64_t previous = sequence->highest;
	uint32_t missing = 0;

	if (extended > previous) {
		/* Words are emptied as the newest packet enters them. */
		for (uint64_t word = previous / 64 + 1; word <= extended / 64; word++)
			sequence->bits[word % (SEQUENCE_WINDOW / 64)] = 0;
		sequence->highest = extended;
		missing = count_missing(
			sequence, previous + 1 - SEQUENCE_HORIZON, extended + 1 - SEQUENCE_HORIZON);
	}
	sequence->bits[extended / 64 % (SEQUENCE_WINDOW / 64)] |= UINT64_C(1) << (extended % 64);
	return missing;
}

uint32_t sequence_missing(const struct sequence *sequence)
{
	/* Before the first packet nothing is missing. */
	if (sequence->first == 0 && sequence->highest == 0)
		return 0;
	const uint64_t end = sequence->highest + 1;

	return count_missing(sequence, end > SEQUENCE_HORIZON ? end - SEQUENCE_HORIZON : 0, end);
}

uint32_t sequence_flush(struct sequence *sequence)
{
	const uint32_t missing = sequence_missing(sequence);

	if (sequence->first != 0 || sequence->highest != 0)
		sequence->first = sequence->highest + 1;
	return missing;
}

uint32_t sequence_skip(struct sequence *sequence, uint64_t extended)
{
	const uint32_t missing =
		sequence_flush(sequence) + (uint32_t)(extended - sequence->highest - 1);

	memset(sequence->bits, 0, sizeof(sequence->bits));
	sequence->highest = extended - 1;
	sequence->first = extended;
	return missing;
}
