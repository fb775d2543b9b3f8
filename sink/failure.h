/* What the file back-end cannot write, one for each kind of thing that it writes: told in the log
 * when it begins, and as a trouble for as long as it lasts. The lane's thread, but where something
 * else is said. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/config/config.h"
#include "core/counter.h"
#include "core/health.h"

/* Only its first three fields are not zero at first: nothing failed. */
struct failure {
	const char *what; /* part of the sentence "... could not be written" */
	const char *id; /* of the trouble */
	enum gw_severity severity; /* of the same */

	int number; /* errno of what failed last since failure_tell(), 0: nothing did */
	bool succeeded; /* the last one could be written */
	int64_t at; /* when one failed last */
	int64_t said_at; /* when the log said so last */
	int said; /* the errno that it named */
	struct gw_counter total;
	_Atomic int errno_now; /* while it is not well, or 0: the lane writes, the API reads */
};

/* One was written (0) or could not be (a negative errno). */
void failure_note(struct failure *failure, int status);

/* Tells of `path` that it began, that the cause is another one (once a minute at most), or that all
 * is well again. In housekeeping, at `now` (gw_now()). */
void failure_tell(struct failure *failure, const char *path, int64_t now);

/* 0, or the errno while it lasts. Any thread. */
int failure_now(const struct failure *failure);

/* Adds it while it lasts. Any thread. */
void failure_health(const struct failure *failure, const char *path, struct gw_health *health);
