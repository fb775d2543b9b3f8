/* How long to wait before the next try: twice as long each time, and never the same for two cameras
 * that failed together. Pure. */
#pragma once

#include <stdint.h>

struct backoff {
	uint32_t failures; /* since the last success */
	uint64_t random; /* state; not 0 */
};

/* `seed` should be random. */
void backoff_init(struct backoff *backoff, uint64_t seed);

/* Counts a failure. Returns nanoseconds until the next try: between half of it and the whole of 1
 * s, 2 s, 4 s, ... 60 s. `least` is the shortest that the whole may be: a camera that is asked too
 * often with a wrong password locks its user out. */
int64_t backoff_failed(struct backoff *backoff, int64_t least);

/* The next failure is the first again. */
void backoff_succeeded(struct backoff *backoff);

/* A number from 0 to `most`, for other delays. */
int64_t backoff_random(struct backoff *backoff, int64_t most);
