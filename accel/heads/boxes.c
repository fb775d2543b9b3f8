/* Rows of boxes that the graph has suppressed already: left, top, right, bottom, confidence, label;
 * with a seventh value, the picture's number in the batch comes first and the label before the
 * confidence (YOLOv7's end-to-end export). */
#include <errno.h>
#include <math.h>

#include "accel/heads/candidates.h"

#define VALUES 6
#define VALUES_OF_BATCH 7

static uint32_t outputs(
	const struct model_description *d, struct infer_tensor tensors[INFER_OUTPUTS])
{
	tensors[0] = (struct infer_tensor){
		.name = d->detect->tensor,
		.rank = 2,
		.dims = {GW_BOXES, VALUES},
		.free = true,
		.varies = true,
	};
	return 1;
}

static int fit(const struct model_description *d, const struct infer_tensor *tensors,
	struct gw_error *error)
{
	const uint32_t values = tensors[0].dims[1];

	if (values == VALUES || values == VALUES_OF_BATCH)
		return 0;
	return gw_error_set(error, -EINVAL,
		"its output \"%s\" has %u values for a box, and the head boxes reads 6 (sides, "
		"confidence, label) or 7 (picture, sides, label, confidence): take another head",
		tensors[0].name, values);
}

static int read(const struct head_job *job, struct gw_result *result)
{
	const struct model_description *d = job->description;
	const uint32_t values = job->tensors[0].dims[1];
	const bool of_batch = values == VALUES_OF_BATCH;
	struct candidates found;

	candidates_begin(&found, job);
	for (uint32_t i = 0; i < job->rows[0] && found.status == 0; i++) {
		const float *row = job->values[0] + (size_t)i * values + of_batch;
		const float confidence = row[of_batch ? 5 : 4], number = row[of_batch ? 4 : 5];
		float side[] = {row[0], row[1], row[2], row[3]};

		const int32_t label = candidates_label(&found, number, confidence);

		candidates_sides(d, side);
		if (label >= 0)
			candidates_add(&found, (uint32_t)label, confidence, side[0], side[1],
				side[2], side[3]);
	}
	return candidates_finish(&found, 1, result);
}

const struct head head_boxes = {.name = "boxes", .outputs = outputs, .fit = fit, .read = read};
