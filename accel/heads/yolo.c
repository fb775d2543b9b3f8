/* YOLO with decoded rows: for each anchor a box, and a confidence per label, and perhaps keypoints,
 * an angle or coefficients of masks. v5 and v7 have a confidence of there being anything before
 * those; v8 to v11 have not, and stand the other way round; YOLOX leaves boxes relative to the
 * cells of its grids (Ge et al.: YOLOX, 2021, 2.1). */
#include <errno.h>
#include <math.h>

#include "accel/heads/candidates.h"
#include "accel/heads/outline.h"
#include "accel/heads/rectangle.h"

#define SIDES 4
#define MASKS 1 /* place of their tensor */
#define USUAL_MASKS 32

/* How one picture's numbers lie: rows of anchors, or columns. */
struct layout {
	uint32_t anchors;
	size_t anchor, value; /* from one to the next, floats */
	uint32_t first_label, first_rest; /* their places among the values of an anchor */
	const float *values;
	struct outline outline; /* of masks */
};

/* Values of one keypoint. */
static uint32_t point_values(const struct model_description *d)
{
	return d->detect->keypoints->certain ? 2 : 3;
}

static uint32_t values_of(const struct model_description *d, const struct infer_tensor *tensors)
{
	return SIDES + d->detect->objectness + d->labels_count + d->detect->rotated +
		(d->detect->masks ? tensors[MASKS].dims[0] : 0) +
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
	tensors[MASKS] = (struct infer_tensor){
		.name = d->detect->masks,
		.rank = 3,
		.dims = {USUAL_MASKS, d->input.height / 4, d->input.width / 4},
		.free = true,
	};
	tensors[0] = (struct infer_tensor){
		.name = d->detect->tensor,
		.rank = 2,
		.dims = {values_of(d, tensors), cells(d)},
		.free = true,
	};
	return d->detect->masks ? 2 : 1;
}

/* Labels decide: where both dimensions fit, there are more anchors than values. */
static bool is_by_value(const struct model_description *d, const struct infer_tensor *tensors)
{
	const uint32_t values = values_of(d, tensors), *dims = tensors[0].dims;

	return dims[0] == values && (dims[1] != values || dims[1] >= dims[0]);
}

static int fit(const struct model_description *d, const struct infer_tensor *tensors,
	struct gw_error *error)
{
	const uint32_t *dims = tensors[0].dims, values = values_of(d, tensors);
	const bool by_value = is_by_value(d, tensors);

	if (!by_value && dims[1] != values)
		return gw_error_set(error, -EINVAL,
			"its output \"%s\" has %u x %u values; %u labels%s%s need %u of them for "
			"each box: correct the labels or detect.objectness in model.yaml",
			tensors[0].name, dims[0], dims[1], d->labels_count,
			d->detect->objectness ? " and objectness" : "",
			d->detect->masks             ? " and masks"
				: d->detect->rotated ? " and an angle"
						     : "",
			values);
	if (d->detect->masks &&
		(tensors[MASKS].dims[1] > MODEL_SIDE_MAX ||
			tensors[MASKS].dims[2] > MODEL_SIDE_MAX))
		return gw_error_set(error, -EINVAL,
			"its output \"%s\" has maps of %u x %u, and %d is the most: correct "
			"detect.masks in model.yaml",
			tensors[MASKS].name, tensors[MASKS].dims[2], tensors[MASKS].dims[1],
			MODEL_SIDE_MAX);
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

/* Clockwise from what would be its upper left corner. */
static void corners_of(const struct layout *layout, uint32_t anchor, struct gw_point *corners)
{
	const float *at = layout->values + anchor * layout->anchor;
	const float angle = at[layout->first_rest * layout->value];
	const struct rectangle rectangle = {
		.centre = {at[0], at[layout->value]},
		.width = at[2 * layout->value],
		.height = at[3 * layout->value],
		.cosine = cosf(angle),
		.sine = sinf(angle),
	};

	rectangle_corners(&rectangle, corners);
}

static void corners(const struct candidates *found, uint32_t anchor, struct gw_point *corners)
{
	corners_of(found->owner, anchor, corners);
}

/* The upright box around one that lies askew. */
static void box_around(const struct layout *layout, uint32_t anchor, float side[SIDES])
{
	struct gw_point corner[POLYGON_CORNERS];

	corners_of(layout, anchor, corner);
	side[0] = side[2] = corner[0].x;
	side[1] = side[3] = corner[0].y;
	for (int i = 0; i < POLYGON_CORNERS; i++) {
		/* What is no number must not be left out. */
		side[0] = corner[i].x >= side[0] ? side[0] : corner[i].x;
		side[1] = corner[i].y >= side[1] ? side[1] : corner[i].y;
		side[2] = corner[i].x <= side[2] ? side[2] : corner[i].x;
		side[3] = corner[i].y <= side[3] ? side[3] : corner[i].y;
	}
}

static int outline(const struct candidates *found, uint32_t anchor, struct gw_result *result,
	struct gw_finding *finding)
{
	const struct layout *layout = found->owner;

	return outline_add(found, &layout->outline,
		layout->values + anchor * layout->anchor + layout->first_rest * layout->value,
		result, finding);
}

/* Turns four numbers into sides in pixels of the input. */
static void box_of(const struct model_description *d, const struct layout *layout, const float *at,
	uint32_t anchor, float side[SIDES])
{
	const struct model_detect *detect = d->detect;

	if (detect->rotated) {
		box_around(layout, anchor, side);
		return;
	}
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
		layout->values + anchor * layout->anchor + layout->first_rest * layout->value;

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
	const bool by_value = is_by_value(d, job->tensors);
	const struct layout layout = {
		.anchors = tensor->dims[by_value],
		.anchor = by_value ? 1 : tensor->dims[1],
		.value = by_value ? tensor->dims[1] : 1,
		.first_label = SIDES + d->detect->objectness,
		.first_rest = SIDES + d->detect->objectness + d->labels_count,
		.values = job->values[0],
		.outline = {&job->tensors[MASKS], job->values[MASKS],
			by_value ? tensor->dims[1] : 1},
	};
	const float *values = layout.values;
	struct candidates found;

	candidates_begin(&found, job);
	found.owner = &layout;
	if (d->detect->keypoints)
		found.keypoints = keypoints;
	else if (d->detect->rotated)
		found.corners = corners;
	else if (d->detect->masks)
		found.rest = outline;
	/* Confidences of boxes that nobody looks at must make sense, too. */
	for (uint32_t i = SIDES; !d->detect->sigmoid && i < layout.first_rest; i++)
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
