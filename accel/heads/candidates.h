/* Boxes that a head has found, before the best of them become the result. */
#pragma once

#include "accel/heads/best.h"
#include "accel/heads/head.h"
#include "accel/heads/polygon.h"

/* Lives on the stack of one read(). */
struct candidates {
	const struct model_description *description;
	const struct input_map *map;
	float least; /* threshold of any label that is wanted */
	uint32_t seen;
	int status; /* of the values so far: 0, -EDOM, -ERANGE or -ENOENT */
	uint32_t at; /* of what is added next */
	/* Fills in the keypoints of a box, in pixels of the input; NULL: there are none. */
	void (*keypoints)(
		const struct candidates *candidates, uint32_t at, struct gw_keypoint *points);
	/* The same of what else there is of it. `rest` adds it to the finding: 0 or a status of
	 * read(). `corners` are those of a box that lies askew, in pixels of the input. */
	int (*rest)(const struct candidates *candidates, uint32_t at, struct gw_result *result,
		struct gw_finding *finding);
	void (*corners)(const struct candidates *candidates, uint32_t at,
		struct gw_point corners[POLYGON_CORNERS]);
	const void *owner; /* the head's own, for these */
	struct best best;
};

void candidates_begin(struct candidates *candidates, const struct head_job *job);

/* What a confidence of that label must reach to be looked at; more than 1 when the label is not
 * wanted. */
float candidates_threshold(const struct candidates *candidates, uint32_t label);

/* Looks at `count` confidences, each `step` after the one before, or at numbers of any kind: sets
 * `status` when they are none. */
void candidates_check(
	struct candidates *candidates, const float *values, size_t count, size_t step);
void candidates_check_numbers(struct candidates *candidates, const float *values, size_t count);

/* Turns the four numbers of a box, as `detect.box` and `detect.relative` say, into its left, top,
 * right and bottom side in pixels of the input. */
void candidates_sides(const struct model_description *d, float side[4]);

/* The label that a number of the model stands for. -1: none, as rows have that are not used; sets
 * `status` to -ENOENT when there is no such label and the row would be looked at. */
int32_t candidates_label(struct candidates *candidates, float number, float confidence);

/* Takes a box in pixels of the input, unless it is below its label's threshold or nothing of it is
 * in sight. */
void candidates_add(struct candidates *candidates, uint32_t label, float confidence, float x0,
	float y0, float x1, float y1);

/* Makes the result of the best, after non-maximum suppression among those of the same label when
 * `iou` is below 1: a box goes that overlaps a better one by more, as they lie. Returns `status`.
 */
int candidates_finish(struct candidates *candidates, float iou, struct gw_result *result);
