/* Whether an audit log is whole: reads all of it. Also used by gwctl on the files alone. */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mgmt/audit_log/chain.h"

#define AUDIT_FAULTS 16 /* that are told; the others are counted */

struct audit_check {
	uint64_t first, last; /* numbers of the lines that are there; 0: there is none */
	uint64_t lines;
	uint64_t unsettled; /* of them, those behind the head's last: it came to no more */
	bool unfinished; /* behind them stands a piece of a line */
	uint32_t faults;
	char fault[AUDIT_FAULTS][256]; /* one line each: what was changed or taken away */

	/* For whoever goes on writing. */
	struct audit_head head; /* where there is none, what the files say */
	bool has_head;
	char digest[AUDIT_DIGEST]; /* of the last line that is there */
	char path[PATH_MAX]; /* of the last file; empty: there is none */
	uint64_t size; /* of its whole lines */
};

/* Reads the log in `folder`; `visit` gets each line as it stands, without its end, or is NULL. A
 * log that is being written meanwhile is no fault. Returns 0, also when there are faults, or a
 * negative errno with a line: -ENOENT when there is no log. Waits for the disk. */
int audit_check(const char *folder, struct audit_check *check,
	void (*visit)(void *arg, const char *line, size_t size), void *arg, struct gw_error *error);

/* Of the last line of one file. Returns 0 or a negative errno. Waits for the disk. */
int audit_last_digest(const char *path, char digest[AUDIT_DIGEST]);
