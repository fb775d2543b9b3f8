/* What the audit log is made of: lines that each name the digest of the line before, in files that
 * are named by their first line, and a head that says where all of it begins and ends.
 *
 * The head is written after the lines that it speaks of. A kill or a power cut between leaves lines
 * that it does not know yet, which are taken for what they are; lines that it knows and that are
 * not there were cut off.
 */
#pragma once

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

#define AUDIT_DIGEST 65 /* SHA-256 (FIPS 180-4) in hexadecimal, with its end */
#define AUDIT_FILES 16 /* the oldest goes when one more begins */
#define AUDIT_FILES_LISTED 64
#define AUDIT_FILE_BYTES (2u << 20) /* after which the next one begins */
#define AUDIT_LINE 8192 /* bytes, the most */

/* Before the first line of all. */
#define AUDIT_NOTHING "0000000000000000000000000000000000000000000000000000000000000000"

struct audit_head {
	uint64_t first; /* number of the oldest line that is kept */
	char previous[AUDIT_DIGEST]; /* of the line before that one */
	uint64_t last; /* the newest; first - 1: there is none */
	char digest[AUDIT_DIGEST]; /* of that one */
};

void audit_digest(const void *bytes, size_t size, char digest[AUDIT_DIGEST]);

/* Returns 0 or a negative errno with a line: -ENOENT when there is none, -EBADMSG when it is not as
 * audit_head_write() writes it, to the byte. */
int audit_head_read(const char *folder, struct audit_head *head, struct gw_error *error);

/* In place of the one before, whole or not at all. Waits for the disk. Returns 0 or a negative
 * errno. */
int audit_head_write(const char *folder, const struct audit_head *head);

/* The first lines' numbers of the files that are there, the lowest first. Returns how many or a
 * negative errno; no folder is none. */
int audit_files(const char *folder, uint64_t first[AUDIT_FILES_LISTED]);

/* Where the file with that first line is. Returns 0 or -ENAMETOOLONG. */
int audit_path(const char *folder, uint64_t first, char path[PATH_MAX]);
