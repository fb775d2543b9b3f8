/* The audit log, as it is written: one line more, and never one less but for the oldest file, which
 * goes when AUDIT_FILES are full.
 *
 * What is appended is in the kernel's hands at once, and on the disk after audit_log_settle(): who
 * must not go on before that calls it, for the others somebody does once a second.
 */
#pragma once

#include <stdint.h>

#include "core/error.h"
#include "core/health.h"

struct audit_log;
struct json_t;

/* Opens the log in `folder`, which is made (0700) when it is missing, and looks whether all of it
 * is there. A log that cannot be written is no error here: it is a trouble, and tried again. NULL
 * when out of memory. */
struct audit_log *audit_log_open(const char *folder);

/* Closes it, settled. Accepts NULL. */
void audit_log_close(struct audit_log *log);

const char *audit_log_folder(const struct audit_log *log);

/* Writes one line: the entry's members, with a number and a time before and the digest of the line
 * before behind them. Returns 0 with the line's number, or a negative errno with a line: then
 * nothing was written. Waits for no disk, but for one that hangs five seconds at most; whoever was
 * the first to meet it stays there. Any thread. */
int audit_log_append(struct audit_log *log, const struct json_t *entry, uint64_t *number,
	struct gw_error *error);

/* Keeps what could not be appended, as an outcome must not be missing beside what was asked:
 * audit_log_settle(log, 0) appends it as soon as the log can be written, after others that were
 * kept before it; its time is that of then. Where too many are kept already a line says later how
 * many were given up, and the end of the process says which are left. Takes a reference of `entry`,
 * which nobody changes any more. Waits for nothing. Any thread. */
void audit_log_owe(struct audit_log *log, struct json_t *entry);

/* Brings what was appended so far to the disk, and the head with it; begins the next file when this
 * one is full. Keeps some room on the disk for what comes, and tries again what did not work. Waits
 * for the disk: on a thread that may. Returns 0 or a negative errno with a line.
 *
 * `number` is the line that the caller answers for, or 0: who answers for one waits no longer than
 * five seconds behind each of those who are there before, at a line or at a sync (-EIO). Where a
 * sync failed, the next one succeeds without what the kernel has forgotten: of a line that one
 * failed on, whoever's that sync was, 0 is never returned. The next file then begins, with a line
 * that says which ones these are.
 */
int audit_log_settle(struct audit_log *log, uint64_t number, struct gw_error *error);

/* Whether it can be written, and whether something of it is missing. Any thread. */
void audit_log_health(struct audit_log *log, struct gw_health *health);
