/* The directory of the file back-end as it stands on the disk: frames.jsonl or, for messages,
 * frames.pb, and a folder for each camera. Others move, remove and cut what is in it while it is
 * written: what is gone is made again, so that nothing goes into a file that nobody will find.
 *
 * The lane's thread, but where something else is said.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "core/config/config.h"
#include "core/error.h"
#include "sink/output_marks.h"

struct output {
	const char *path; /* any thread */
	char *walked; /* a copy, which is cut and mended while directories are made */
	char *lines_path;
	const char *name; /* what the user calls it */
	const char *file; /* of the records; any thread */
	enum gw_record_format format;
	int directory, lines; /* descriptors; their numbers stay the same while it is open */
	bool torn; /* it ends with a part of a record that could not be taken back */
	off_t whole; /* ... and with a whole one here */
	struct output_marks marks; /* of a file of messages */
	dev_t device; /* of the open file, as is `inode` */
	ino_t inode;
};

struct output_place {
	const char *path, *name; /* and what the user calls it */
	enum gw_record_format format;
	bool afresh; /* nothing is left of what is there */
};

/* Opens the file of records, and makes what is missing of the directories. Of a file that is there,
 * what a power cut left of a last record is taken off. A file of messages that is damaged, or too
 * large to be looked at, is renamed, with a warning, and there is a new one. On failure one line
 * that says what to do; output_close() follows in any case. Main thread. */
int output_open(struct output *output, const struct output_place *place, struct gw_error *error);
void output_close(struct output *output);

/* Makes sure that whoever looks for the file of records by its path finds the one that is open.
 * Sets *again when there had to be a new one. Returns 0 or a negative errno. */
int output_look(struct output *output, bool *again);

/* Adds records, whole or not at all. Where a part of them got in and cannot be taken back, the next
 * call sees to that first. Returns 0 or a negative errno. */
int output_add(struct output *output, const char *data, size_t size);

/* Opens a camera's folder, made where it is missing. Returns a descriptor, the caller's, or a
 * negative errno. Any thread. */
int output_folder(const struct output *output, const char *camera);

/* Makes sure that `folder` is the one that is found by the camera's name; where it is not, it is
 * opened anew under the same number. Returns 0 or a negative errno. */
int output_look_at_folder(const struct output *output, const char *camera, int folder);
