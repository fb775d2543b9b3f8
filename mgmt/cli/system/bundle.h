/* A folder of files that becomes a .tar.gz: what somebody far away needs to find out what is wrong.
 */
#pragma once

#include <limits.h>
#include <stdio.h>

#include "core/error.h"

struct bundle {
	char place[64]; /* a folder of ours, which holds the one that is packed */
	char folder[96];
};

/* Makes the folder, for its owner alone. Returns 0 or a negative errno with a line. */
int bundle_begin(struct bundle *bundle, struct gw_error *error);

/* A file of that name to write to; NULL and errno. The caller closes it. */
FILE *bundle_file(const struct bundle *bundle, const char *name);

/* Runs a program, with what it says in the file of that name; a program that is missing is said
 * there, too. `words` end with NULL. */
void bundle_run(const struct bundle *bundle, const char *name, char *const words[]);

/* The last `most` bytes of a file on this machine, as the file of that name. Returns 0 or a
 * negative errno. */
int bundle_tail(const struct bundle *bundle, const char *name, const char *path, long most);

/* Packs it all as `path`, which only its owner may read. A file that is there is replaced when all
 * is well, and left as it is otherwise; what is no regular file is refused. Returns 0 or a negative
 * errno with a line. */
int bundle_pack(const struct bundle *bundle, const char *path, struct gw_error *error);

/* Removes the folder. Accepts one that was not made. */
void bundle_end(struct bundle *bundle);
