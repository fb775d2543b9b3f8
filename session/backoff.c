#include "session/backoff.h"

#include "core/clock.h"

#define FIRST_NS GW_NS_PER_S
#define MOST_NS (60 * GW_NS_PER_S)

void backoff_init(struct backoff *backoff, uint64_t seed)
{
	*backoff = (struct backoff){.random = seed ? seed : 1};
}

/* xorshift64 (Marsaglia, 2003): nobody must be unable to guess it. */
int64_t backoff_random(struct backoff *backoff, int64_t most)
{
	backoff->random ^= backoff->random << 13;
	backoff->random ^= backoff->random >> 7;
	backoff->random ^= backoff->random << 17;
	return most > 0 ? (int64_t)(backoff->random % ((uint64_t)most + 1)) : 0;
}

int64_t backoff_failed(struct backoff *backoff, int64_t least)
{
	int64_t whole = FIRST_NS;

	for (uint32_t i = 0; i < backoff->failures && whole < MOST_NS; i++)
		whole *= 2;
	backoff->failures++;
	if (whole < least)
		whole = least;
	if (whole > MOST_NS)
		whole = MOST_NS;
	return whole / 2 + backoff_random(backoff, whole / 2);
}

void backoff_succeeded(struct backoff *backoff)
{
	backoff->failures = 0;
}
