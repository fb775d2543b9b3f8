/* What was answered to the last commands, so that one that comes again is not carried out again.
 * One thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define ANSWERS 1024 /* that are remembered */
#define ANSWERS_BYTES (8u << 20) /* ... of all of them, but for the newest */

struct answers {
	struct answer {
		char *asked; /* source and id; NULL: none yet */
		char *text;
		size_t size;
	} of[ANSWERS];
	uint32_t next;
	size_t bytes;
};

/* The answer to that command, until the next one is kept; NULL: it was not given lately. */
const char *answers_find(const struct answers *answers, const char *source, const char *id);

/* Keeps a copy of it in the place of what was answered to that command before, of the oldest one,
 * and of those that there is no room for beside it. Without memory it is not kept. */
void answers_keep(struct answers *answers, const char *source, const char *id, const char *text);

void answers_forget(struct answers *answers);
