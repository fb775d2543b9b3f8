/* A file that is to take another's place: whole and on the disk before its name is. Whoever is
 * killed meanwhile leaves the old one or the new one. Waits for the disk: no stage's thread. */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "core/error.h"

struct fresh_file {
	char path[PATH_MAX + 16]; /* where it lies until it is placed; empty: nowhere */
	char target[PATH_MAX]; /* whose place it takes; of a link, what it points at */
};

/* As `like`: whoever had the file before, it is ours, and everybody may read it. */
#define FRESH_FILE_OURS ""

/* Writes the pieces of text, one after the other, to a new file in `folder`, which is of the
 * target's file system; NULL: the target's own. It has the mode and owner of the file that it is to
 * replace; where there is none, those of `like`, or else 0640 and our own. Returns 0, or a negative
 * errno with a line, and then nothing is left behind. */
int fresh_file_write(struct fresh_file *fresh, const char *target, const char *folder,
	const char *like, const char *const texts[2], const size_t sizes[2],
	struct gw_error *error);

/* Gives it the name: this is the moment. Returns 0, or a negative errno with a line, -ENOTSUP for a
 * file that is a mount of its own, as in a container: then the old file is as it was, and the new
 * one is dropped. */
int fresh_file_place(struct fresh_file *fresh, struct gw_error *error);

/* Removes it, unless it was placed. */
void fresh_file_drop(struct fresh_file *fresh);

/* A new name is on the disk when its folder is: until then a power cut may bring back the old file.
 * 0 or a negative errno. */
int fresh_file_sync(const char *path);

/* Makes the open file or folder the user's and the group's that `to` is. Where it is theirs already
 * nothing is asked of the kernel: the sandbox of a service may forbid to give anything away.
 * Returns false with errno. */
bool fresh_file_give(int file, const struct stat *to);
