/* What a finding is in a record: its members, one by one, as text. The caller writes braces and
 * commas around them. Lane of the sink. */
#pragma once

#include "core/result.h"
#include "sink/writer.h"

/* As it is told: 0 .. 1, and 0 for what is no number. */
float finding_confidence(float confidence);

/* Label, its number, and the confidence: what a class and a box begin with. */
void finding_write_entry(
	struct writer *writer, const struct gw_model_info *model, const struct gw_finding *finding);

/* These begin with a comma. */
void finding_write_bbox(struct writer *writer, const struct gw_finding *finding);
void finding_write_keypoints(
	struct writer *writer, const struct gw_model_info *model, const struct gw_keypoint *points);
void finding_write_corners(struct writer *writer, const struct gw_point *corners);

/* What an object has beyond its box: a shape, corners or keypoints. `task`: of its model. */
void finding_write_rest(struct writer *writer, const struct gw_model_info *model, enum gw_task task,
	const struct gw_finding *finding, const void *rest);

void finding_write_mask(struct writer *writer, const struct gw_model_info *model,
	const struct gw_finding *finding, const struct gw_mask *mask);

/* An object of its own. */
void finding_write_tensor(struct writer *writer, const struct gw_model_info *model,
	const struct gw_finding *finding, const struct gw_values *values);

/* The text that was read, and the confidence. */
void finding_write_line(
	struct writer *writer, const struct gw_result *result, const struct gw_finding *finding);

void finding_write_picture(struct writer *writer, const struct gw_picture *picture);
