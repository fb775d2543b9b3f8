#include "accel/heads/candidates.h"

#include <errno.h>
#include <math.h>

void candidates_begin(struct candidates *candidates, const struct head_job *job)
{
	candidates->description = job->description;
	candidates->map = job->map;
	candidates->best.count = candidates->seen = 0;
	candidates->status = 0;
	candidates->at = 0;
	candidates->keypoints = NULL;
	candidates->rest = NULL;
	candidates->corners = NULL;
	candidates->least = INFINITY;
	for (uint32_t i = 0; i < job->description->labels_count; i++)
		candidates->least = fminf(candidates->least, candidates_threshold(candidates, i));
}

float candidates_threshold(const struct candidates *candidates, uint32_t label)
{
	const struct model_detect *detect = candidates->description->detect;

	return detect->label_threshold ? detect->label_threshold[label] : detect->threshold;
}

void candidates_check(struct candidates *candidates, const float *values, size_t count, size_t step)
{
	size_t outside = 0;

	for (size_t i = 0; i < count; i++)
		outside += !head_is_probability(values[i * step]);
	for (size_t i = 0; outside > 0 && i < count; i++)
		if (!head_is_probability(values[i * step]) && candidates->status != -EDOM)
			candidates->status = isfinite(values[i * step]) ? -ERANGE : -EDOM;
}

void candidates_check_numbers(struct candidates *candidates, const float *values, size_t count)
{
	size_t outside = 0;

	for (size_t i = 0; i < count; i++)
		outside += !isfinite(values[i]);
	if (outside > 0)
		candidates->status = -EDOM;
}

static void swap(float *a, float *b)
{
	const float kept = *a;

	*a = *b;
	*b = kept;
}

void candidates_sides(const struct model_description *d, float side[4])
{
	if (d->detect->box == MODEL_BOX_YXYX) {
		swap(&side[0], &side[1]);
		swap(&side[2], &side[3]);
	} else if (d->detect->box == MODEL_BOX_CXCYWH) {
		const float width = side[2], height = side[3];

		side[0] -= width / 2;
		side[1] -= height / 2;
		side[2] = side[0] + width;
		side[3] = side[1] + height;
	}
	for (int i = 0; d->detect->relative && i < 4; i++)
		side[i] *= (float)(i % 2 ? d->input.height : d->input.width);
}

int32_t candidates_label(struct candidates *candidates, float number, float confidence)
{
	const struct model_description *d = candidates->description;
	const float label = number - (float)d->detect->first_label;

	if (!isfinite(number) || !isfinite(confidence)) {
		candidates->status = -EDOM;
		return -1;
	}
	if (label > -0.5f && label < (float)d->labels_count - 0.5f)
		return (int32_t)lrintf(label);
	/* What is filled in has a number below all labels. */
	if (label > 0 && confidence >= d->detect->threshold)
		candidates->status = -ENOENT;
	return -1;
}

static float source_x(const struct input_map *map, float x)
{
	return map->origin_x + (x - map->pad_x) * map->step_x;
}

static float source_y(const struct input_map *map, float y)
{
	return map->origin_y + (y - map->pad_y) * map->step_y;
}

static float clamp(float value, float low, float high)
{
	return fminf(fmaxf(value, low), high);
}

/* The part that the model saw. */
static struct gw_finding clip(const struct input_map *map, const struct candidate *candidate)
{
	return (struct gw_finding){
		.index = candidate->label,
		.confidence = fminf(fmaxf(candidate->confidence, 0), 1),
		.x0 = clamp(candidate->x0, map->left, map->right),
		.y0 = clamp(candidate->y0, map->top, map->bottom),
		.x1 = clamp(candidate->x1, map->left, map->right),
		.y1 = clamp(candidate->y1, map->top, map->bottom),
	};
}

static bool is_in_sight(const struct candidates *candidates, const struct candidate *candidate)
{
	const float least = (float)candidates->description->detect->min_size;
	const struct gw_finding box = clip(candidates->map, candidate);

	return box.x1 > box.x0 && box.y1 > box.y0 && box.x1 - box.x0 >= least &&
		box.y1 - box.y0 >= least;
}

void candidates_add(struct candidates *candidates, uint32_t label, float confidence, float x0,
	float y0, float x1, float y1)
{
	const struct input_map *map = candidates->map;
	const struct candidate candidate = {
		.confidence = confidence,
		.order = candidates->seen++,
		.label = (uint16_t)label,
		.at = candidates->at,
		.x0 = source_x(map, x0),
		.y0 = source_y(map, y0),
		.x1 = source_x(map, x1),
		.y1 = source_y(map, y1),
	};

	if (!isfinite(candidate.x0) || !isfinite(candidate.y0) || !isfinite(candidate.x1) ||
		!isfinite(candidate.y1) || !isfinite(confidence))
		candidates->status = -EDOM;
	else if (!head_is_probability(confidence))
		candidates->status = -ERANGE;
	else if (confidence >= candidates_threshold(candidates, label) &&
		is_in_sight(candidates, &candidate))
		best_keep(&candidates->best, &candidate);
}

static float area(const struct candidate *c)
{
	return (c->x1 - c->x0) * (c->y1 - c->y0);
}

/* Of the intersection in the union. */
static float overlap(const struct candidate *a, const struct candidate *b)
{
	const float width = fminf(a->x1, b->x1) - fmaxf(a->x0, b->x0);
	const float height = fminf(a->y1, b->y1) - fmaxf(a->y0, b->y0);

	if (!(width > 0 && height > 0))
		return 0;
	return width * height / (area(a) + area(b) - width * height);
}

struct corners {
	struct gw_point at[POLYGON_CORNERS];
};

/* In source pixels. */
static void find_corners(const struct candidates *candidates, const struct candidate *candidate,
	struct corners *corners)
{
	if (!candidates->corners)
		return;
	candidates->corners(candidates, candidate->at, corners->at);
	for (int i = 0; i < POLYGON_CORNERS; i++) {
		corners->at[i].x = source_x(candidates->map, corners->at[i].x);
		corners->at[i].y = source_y(candidates->map, corners->at[i].y);
	}
}

/* The first `kept` candidates are those that stay; `corners` are theirs and behind them the
 * candidate's. */
static bool is_suppressed(const struct candidates *candidates, const struct corners *corners,
	uint32_t kept, const struct candidate *candidate, float iou)
{
	for (uint32_t i = 0; i < kept; i++) {
		float common;

		if (candidates->best.list[i].label != candidate->label)
			continue;
		common = overlap(&candidates->best.list[i], candidate);
		if (common > 0 && candidates->corners)
			common = polygon_overlap(corners[i].at, corners[kept].at);
		if (common > iou)
			return true;
	}
	return false;
}

/* Corners may lie beyond of what the model saw, as keypoints do. */
static int add_corners(
	const struct corners *corners, struct gw_result *result, struct gw_finding *finding)
{
	struct corners *added = gw_result_add(result, finding, sizeof(*added));

	if (!added)
		return -ENOBUFS;
	*added = *corners;
	finding->rest = GW_REST_CORNERS;
	return 0;
}

/* Keypoints may lie beyond of what the model saw: half a person has them all. */
static int add_keypoints(const struct candidates *candidates, const struct candidate *candidate,
	struct gw_result *result, struct gw_finding *finding)
{
	const uint32_t count = candidates->description->detect->keypoints->names_count;
	struct gw_keypoint *points = gw_result_add(result, finding, count * sizeof(*points));

	if (!points)
		return -ENOBUFS;
	candidates->keypoints(candidates, candidate->at, points);
	for (uint32_t i = 0; i < count; i++) {
		points[i].at.x = source_x(candidates->map, points[i].at.x);
		points[i].at.y = source_y(candidates->map, points[i].at.y);
		if (!isfinite(points[i].at.x) || !isfinite(points[i].at.y) ||
			!isfinite(points[i].confidence))
			return -EDOM;
		if (!head_is_probability(points[i].confidence))
			return -ERANGE;
	}
	return 0;
}

/* What else there is of a candidate that stays. */
static int add_rest(const struct candidates *candidates, const struct candidate *candidate,
	const struct corners *corners, struct gw_result *result, struct gw_finding *finding)
{
	if (candidates->keypoints)
		return add_keypoints(candidates, candidate, result, finding);
	if (candidates->corners)
		return add_corners(corners, result, finding);
	return candidates->rest ? candidates->rest(candidates, candidate->at, result, finding) : 0;
}

int candidates_finish(struct candidates *candidates, float iou, struct gw_result *result)
{
	const uint32_t most = candidates->description->detect->max_boxes;
	struct corners corners[GW_BOXES];
	uint32_t kept = 0;

	result->task = GW_TASK_DETECT;
	result->count = 0;
	if (candidates->status != 0)
		return candidates->status;
	best_sort(&candidates->best);
	/* The kept ones move to the front: nothing is read after it was overwritten. */
	for (uint32_t i = 0; i < candidates->best.count && kept < most; i++) {
		const struct candidate candidate = candidates->best.list[i];

		find_corners(candidates, &candidate, &corners[kept]);
		if (iou < 1 && is_suppressed(candidates, corners, kept, &candidate, iou))
			continue;
		candidates->best.list[kept] = candidate;
		result->findings[kept] = clip(candidates->map, &candidate);
		candidates->status = add_rest(
			candidates, &candidate, &corners[kept], result, &result->findings[kept]);
		if (candidates->status != 0)
			return candidates->status;
		kept++;
	}
	result->count = (uint16_t)kept;
	return 0;
}
