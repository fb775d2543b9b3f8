/* The commits of a configuration file: a folder beside it, FILE.history, with one file for each,
 * NUMBER.yaml: a line that says who made it, when, from where and why, and the text as it was
 * stored.
 *
 * A commit is made by one rename(): the stored file's. What was written before it is dropped at the
 * next start when that did not come, and what follows it is made up for. So after a kill or a power
 * cut at any moment file and history are those before the commit, or those after it. One thread at
 * a time, one that may wait for the disk; history_list() and history_read() on any.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/config/fresh_file.h"
#include "core/error.h"

#define HISTORY_MOST 50 /* the oldest one goes when one more comes */
#define HISTORY_WHO 96
#define HISTORY_FROM 32
#define HISTORY_COMMENT 256

struct history_entry {
	uint32_t number; /* 1, 2, 3 ... */
	int64_t time; /* ms, UTC since 1970 */
	char who[HISTORY_WHO]; /* "uid 1000 (anna)" */
	char from[HISTORY_FROM]; /* "api", "SIGHUP", "start" */
	char comment[HISTORY_COMMENT]; /* why; may be empty */

	/* Of one that waits for its confirmation: */
	uint32_t back; /* the commit that it goes back to; 0: it does not wait */
	int64_t deadline; /* gw_now() of ... */
	char boot[37]; /* ... this boot of the machine */
	uint32_t starts; /* of the gateway that it may still outlive */
};

/* A commit on its way. */
struct history_commit {
	struct history_entry entry;
	struct fresh_file stored, record;
	bool stores; /* the stored file is part of it */
};

/* The numbers of the newest commits of `file`, the oldest first. Returns how many; 0 when there is
 * no history. */
uint32_t history_list(const char *file, uint32_t numbers[HISTORY_MOST]);

/* The newest commit's number; 0: there is none. */
uint32_t history_newest(const char *file);

/* Reads one commit, with its text (free()) where `text` is not NULL. Returns 0 or a negative errno
 * with a line, -ENOENT when it is not there. */
int history_read(const char *file, uint32_t number, struct history_entry *entry, char **text,
	size_t *size, struct gw_error *error);

/* Writes what the commit needs to the disk, and names nothing yet. `entry` says all but number and
 * time. `stores` is false when `file` has that text already. Returns 0 or a negative errno with a
 * line. */
int history_begin(struct history_commit *commit, const char *file,
	const struct history_entry *entry, const char *text, size_t size, bool stores,
	struct gw_error *error);

/* Makes the commit, and forgets the oldest. On failure it was not made, as after
 * history_drop(). */
int history_end(struct history_commit *commit, const char *file, struct gw_error *error);

void history_drop(struct history_commit *commit);

/* The newest commit needs no confirmation any more, or may outlive `starts` more starts. */
int history_settle(const char *file, const struct history_entry *entry, struct gw_error *error);

/* At a start, before the file is read: brings a commit to its end that was under way when the
 * gateway was killed, and takes back one that waits for its confirmation, unless its deadline is
 * still to come and it may outlive this start. `said` gets a line, or is empty. Returns 0 or a
 * negative errno with a line: then file and history are as they were. */
int history_mend(const char *file, struct gw_error *said, struct gw_error *error);

/* This boot of the machine: deadlines of another one mean nothing. */
void history_boot(char boot[37]);
