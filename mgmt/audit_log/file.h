/* The file that the audit log writes to. Who changes which one it is, or closes it, sees to it that
 * nobody waits for its disk meanwhile; the rest is the caller's to lock. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct audit_head;

struct audit_file {
	int fd; /* -1: there is none */
	uint64_t size; /* of its whole lines */
	bool spoiled; /* half a line stands at its end: nothing may be written behind it */
	bool listed; /* its name is on the disk */
};

/* Makes a new one for the line `first`, in place of the one that is open. Waits for no disk.
 * Returns 0 or a negative errno; then the other one stays. */
int audit_file_begin(struct audit_file *file, const char *folder, uint64_t first);

/* Goes on with one that is there, in place of the one that is open: `size` bytes of whole lines,
 * and behind them perhaps a piece, which was never answered for. The same. */
int audit_file_go_on(struct audit_file *file, const char *path, uint64_t size, bool unfinished);

void audit_file_close(struct audit_file *file);

/* Whether lines can be written to it. */
bool audit_file_is_open(const struct audit_file *file);

/* All of the line, or nothing. Returns 0 or a negative errno. */
int audit_file_write(struct audit_file *file, const char *line);

/* Takes all lines of it back. Returns 0 or a negative errno. */
int audit_file_empty(struct audit_file *file);

/* Brings it to the disk, and its name with it. Waits for the disk. Returns 0 or a negative errno.
 * What was written before a sync that failed, no other one brings there. */
int audit_file_sync(const struct audit_file *file, const char *folder);

/* Keeps room on the disk for what comes. The same. */
int audit_file_keep_room(const struct audit_file *file);

/* The oldest files go when there are more than AUDIT_FILES: the head says so before. Waits for the
 * disk. Returns 0 or a negative errno. */
int audit_file_forget_oldest(const char *folder, struct audit_head *head);
