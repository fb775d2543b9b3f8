/* What operators say that a model got wrong: the picture, the record and the right label, kept in a
 * folder until whoever learns from them has taken them.
 *
 *     FOLDER/ID.jpg     the camera's own JPEG, on the disk before its
 *     FOLDER/ID.json    {"id", "camera", "frame", "label", "who", "at", "bytes", "record"}
 *
 * A kill at any moment leaves a correction whole or not at all. All of it waits for the disk: no
 * thread that others wait for.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"

#define CORRECTIONS_MOST 1000
#define CORRECTIONS_BYTES (256u << 20) /* of all pictures */
#define CORRECTION_ID 160 /* with its end */

struct corrections;
struct json_t;

/* Opens those in `folder`, which is made (0700) with the first one, and removes what a kill left of
 * others. NULL when out of memory. */
struct corrections *corrections_open(const char *folder);

/* Accepts NULL. */
void corrections_close(struct corrections *corrections);

/* Whether that can be the id of one: letters, digits, '-', '_' and '.', and no '.' first. */
bool corrections_id_fits(const char *id);

/* Keeps one whose `about` has all members, but for "bytes". Takes no reference of it. Returns 0 or
 * a negative errno with a line: -ENOSPC when there are as many as may be; then nothing was kept.
 * Any thread, as are all below. */
int corrections_add(struct corrections *corrections, const char *id, const struct json_t *about,
	const void *jpeg, size_t size, struct gw_error *error);

/* Says another label of one, or none (JSON's null), and who says so. -ENOENT when there is none of
 * that id, as below. */
int corrections_label(struct corrections *corrections, const char *id, const struct json_t *label,
	const char *who, struct gw_error *error);

/* One with all its members; the reference is the caller's. */
int corrections_get(struct corrections *corrections, const char *id, struct json_t **about,
	struct gw_error *error);

/* Its picture, which the caller frees. */
int corrections_picture(struct corrections *corrections, const char *id, void **jpeg, size_t *size,
	struct gw_error *error);

int corrections_remove(struct corrections *corrections, const char *id, struct gw_error *error);

/* An array of all, without their records, the oldest first. NULL: out of memory. */
struct json_t *corrections_list(struct corrections *corrections);
