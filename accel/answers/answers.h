/* How far two answers to one picture differ, 0 .. 1: of a model's stable version and of its canary,
 * on the same part of the same picture. 0 says that nobody would notice, 1 that nothing is alike.
 * Equal answers differ by 0, and it does not matter which of the two comes first.
 *
 * classify: 1 when the most likely labels are others.
 *
 * detect, text: boxes that only one has, as part of all boxes, what belongs together
 * (accel/match.h) being one. What rotated boxes or shapes of objects that belong together have in
 * common must reach IoU 0.5, too; those of keypoints count with 1 - their object keypoint
 * similarity (answers/objects.c).
 *
 * segment: the share of the cells that have another label (answers/masks.c).
 *
 * read: the edit distance of the texts, in characters, as part of the longer one
 * (answers/lines.c).
 *
 * raw: the distance of the tensors as part of the longer one of both, the mean over the tensors
 * (answers/tensors.c).
 *
 * enhance: 1 - the structural similarity of the pictures (answers/windows.h).
 */
#pragma once

#include "accel/answers/windows.h"
#include "core/result.h"

struct answer {
	const struct gw_result *result; /* of one model */
	const struct windows *windows; /* of a better picture; NULL: of another task */
};

/* A pure function that any thread may call; the time that it takes is bounded by what a job's
 * result has room for: some milliseconds for tensors of megabytes, microseconds for most. Below 0:
 * the two cannot be compared, as their tasks are not the same one. */
float answers_apart(const struct answer *one, const struct answer *other);
