/* What the file back-end cannot write: told once in the log, and as a trouble for as long as it
 * lasts. The lane's thread, but where something else is said. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/config/config.h"
#include "core/counter.h"

struct gw_health;

/* What fails: part of the sentence "... could not be written". */
#define FAILURE_LINES GW_LINES_FILE
#define FAILURE_PICTURE "a picture"

/* All zero: nothing failed. */
struct failure {
	const char *latest; /* since failure_tell(), NULL: nothing */
	int number;
	int64_t at;
	bool succeeded; /* something could be written since then */
	struct gw_counter total;
	/* The lane writes, the API reads: errno while it is not well, or 0, and what failed last.
	 */
	_Atomic int errno_now;
	_Atomic(const char *) what;
};

/* `what` was written (0) or could not be (a negative errno). */
void failure_note(struct failure *failure, const char *what, int status);

/* Tells of `path` that something failed since the last call, or that all is well again. In
 * housekeeping, at `now` (gw_now()). */
void failure_tell(struct failure *failure, const char *path, int64_t now);

/* 0, or the errno while it lasts. Any thread. */
int failure_now(const struct failure *failure);

/* Adds it while it lasts. Any thread. */
void failure_health(const struct failure *failure, const char *path, struct gw_health *health);
