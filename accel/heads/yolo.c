/* YOLO with decoded rows: for each anchor a box, and a confidence per label. v5 and v7 have a
 * confidence of there being anything before those; v8 to v11 have not, and stand the other way
 * round; YOLOX leaves boxes relative to the cells of its grids (Ge et al.: YOLOX, 2021, 2.1). */
#include <errno.h>
#include <math.h>

#include "accel/heads/candidates.h"

#define SIDES 4

/* How one picture's numbers lie: rows of anchors, or columns. */
struct layout {
	uint32_t anchors;
	size_t anchor, value; /* from one to the next, floats */
	uint32_t first_label, first_point; /* their places among the values of an anchor */
	const float *values;
};

/* Values of one keypoint. */
static uint32_t point_values(const struct model_description *d)
{
	return d->detect->keypoints->certain ? 2 : 3;
}

static uint32_t values_of(const struct model_description *d)
{
	return SIDES + d->detect->objectness + d->labels_count +
		(d->detect->keypoints ? d->detect->keypoints->names_count * point_values(d) : 0);
}

/* Cells of all grids. */
static uint32_t cells(const struct model_description *d)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < d->detect->strides_count; i++)
		count += (d->input.width / d->detect->strides[i]) *
			(d->input.height / d->detect->strides[i]);
	return count;
}

static uint32_t outputs(
	const struct model_description *d, struct infer_tensor tensors[INFER_OUTPUTS])
{
	tensors[0] = (struct infer_tensor){
		.name = d->detect->tensor,
		.rank = 2,
		.dims = {values_of(d), cells(d)},
		.free = true,
	};
	return 1;
}

/* Labels decide: where both dimensions fit, there are more anchors than values. */
static bool is_by_value(const struct model_description *d, const struct infer_tensor *tensor)
{
	const uint32_t values = values_of(d);

	return tensor->dims[0] == values &&
		(tensor->dims[1] != values || tensor->dims[1] >= tensor->dims[0]);
}

static int fit(const struct model_description *d, const struct infer_tensor *tensors,
	struct gw_error *error)
{
	const uint32_t *dims = tensors[0].dims, values = values_of(d);
	const bool by_value = is_by_value(d, &tensors[0]);

	if (!by_value && dims[1] != values)
		return gw_error_set(error, -EINVAL,
			"its output \"%s\" has %u x %u values; %u labels%s need %u of them for "
			"each "
			"box: correct the labels or detect.objectness in model.yaml",
			tensors[0].name, dims[0], dims[1], d->labels_count,
			d->detect->objectness ? " and objectness" : "", values);
	if (d->detect->grid && dims[by_value] != cells(d))
		return gw_error_set(error, -EINVAL,
			"its output \"%s\" has %u boxes, grids of detect.strides have %u cells: "
			"correct the strides or the input's size in model.yaml",
			tensors[0].name, dims[by_value], cells(d));
	return 0;
}

/* Where the anchor's cell is, in cells, and how large. */
struct cell {
	float x, y, stride;
};

/* The next cell in the order that grids are written in: row by row, stride by stride. */
static struct cell cell_at(const struct model_description *d, uint32_t anchor)
{
	const struct model_detect *detect = d->detect;

	for (uint32_t i = 0; i < detect->strides_count; i++) {
		const uint32_t columns = d->input.width / detect->strides[i];
		const uint32_t count = columns * (d->input.height / detect->strides[i]);

		const uint32_t row = anchor / columns;

		if (anchor < count)
			return (struct cell){
				(float)(anchor % columns), (float)row, (float)detect->strides[i]};
		anchor -= count;
	}
	return (struct cell){0};
}

/* Turns four numbers into sides in pixels of the input. */
static void box_of(const struct model_description *d, const struct layout *layout, const float *at,
	uint32_t anchor, float side[SIDES])
{
	const struct model_detect *detect = d->detect;

	for (int i = 0; i < SIDES; i++)
		side[i] = at[i * layout->value];
	if (detect->grid) {
		const struct cell cell = cell_at(d, anchor);

		side[0] = (side[0] + cell.x) * cell.stride;
		side[1] = (side[1] + cell.y) * cell.stride;
		side[2] = expf(side[2]) * cell.stride;
		side[3] = expf(side[3]) * cell.stride;
	}
	candidates_sides(d, side);
}

static float confidence(const struct model_detect *detect, float value)
{
	return detect->sigmoid ? head_sigmoid(value) : value;
}

/* Every label that reaches its threshold is a box of its own. */
static void read_anchor(
	struct candidates *found, const struct layout *layout, const float *values, uint32_t anchor)
{
	const struct model_description *d = found->description;
	const struct model_detect *detect = d->detect;
	const float *at = values + anchor * layout->anchor;
	const float *labels = at + layout->first_label * layout->value;
	float object = 1, side[SIDES];
	bool known = false;

	if (detect->objectness)
		object = confidence(detect, at[SIDES * layout->value]);
	if (!(object >= found->least))
		return;
	for (uint32_t i = 0; i < d->labels_count; i++) {
		const float value = object * confidence(detect, labels[i * layout->value]);

		if (!(value >= candidates_threshold(found, i)))
			continue;
		if (!known)
			box_of(d, layout, at, anchor, side);
		known = true;
		found->at = anchor;
		candidates_add(found, i, value, side[0], side[1], side[2], side[3]);
	}
}

/* The same where the anchors of a label lie side by side, and few of them reach anything. */
static void read_label(
	struct candidates *found, const struct layout *layout, const float *values, uint32_t label)
{
	const struct model_description *d = found->description;
	const struct model_detect *detect = d->detect;
	const float *row = values + (layout->first_label + label) * layout->value;
	const float threshold = candidates_threshold(found, label);
	const float reached = detect->sigmoid ? head_logit(threshold) : threshold;
	float side[SIDES];

	for (uint32_t i = 0; i < layout->anchors; i++) {
		if (!(row[i] >= reached))
			continue;
		box_of(d, layout, values + i, i, side);
		found->at = i;
		candidates_add(found, label, confidence(detect, row[i]), side[0], side[1], side[2],
			side[3]);
	}
}

static void keypoints(const struct candidates *found, uint32_t anchor, struct gw_keypoint *points)
{
	const struct model_description *d = found->description;
	const struct layout *layout = found->owner;
	const float *at =
		layout->values + anchor * layout->anchor + layout->first_point * layout->value;

	for (uint32_t i = 0; i < d->detect->keypoints->names_count; i++) {
		points[i] = (struct gw_keypoint){{at[0], at[layout->value]}, 1};
		if (!d->detect->keypoints->certain)
			points[i].confidence = confidence(d->detect, at[2 * layout->value]);
		at += point_values(d) * layout->value;
	}
}

static int read(const struct head_job *job, struct gw_result *result)
{
	const struct model_description *d = job->description;
	const struct infer_tensor *tensor = &job->tensors[0];
	const bool by_value = is_by_value(d, tensor);
	const struct layout layout = {
		.anchors = tensor->dims[by_value],
		.anchor = by_value ? 1 : tensor->dims[1],
		.value = by_value ? tensor->dims[1] : 1,
		.first_label = SIDES + d->detect->objectness,
		.first_point = SIDES + d->detect->objectness + d->labels_count,
		.values = job->values[0],
	};
	const float *values = layout.values;
	struct candidates found;

	candidates_begin(&found, job);
	found.owner = &layout;
	if (d->detect->keypoints)
		found.keypoints = keypoints;
	/* Confidences of boxes that nobody looks at must make sense, too. */
	for (uint32_t i = SIDES; !d->detect->sigmoid && i < layout.first_point; i++)
		candidates_check(&found, values + i * layout.value, layout.anchors, layout.anchor);
	if (d->detect->sigmoid)
		candidates_check_numbers(&found, values, (size_t)tensor->dims[0] * tensor->dims[1]);
	if (by_value && !d->detect->objectness)
		for (uint32_t i = 0; i < d->labels_count && found.status == 0; i++)
			read_label(&found, &layout, values, i);
	else
		for (uint32_t i = 0; i < layout.anchors && found.status == 0; i++)
			read_anchor(&found, &layout, values, i);
	return candidates_finish(&found, d->detect->iou, result);
}

const struct head head_yolo = {.name = "yolo", .outputs = outputs, .fit = fit, .read = read};
