/* Boxes, and what objects have beyond them. */
#include <math.h>
#include <string.h>

#include "accel/answers/own.h"
#include "accel/heads/polygon.h"
#include "accel/match.h"

/* From where on a version says that a keypoint is there. */
#define SURE 0.5f

/* How far a keypoint may be off, as part of the square root of its object's area: the mean of those
 * that COCO measured for the seventeen of a person. */
#define KEYPOINT_SIGMA 0.067f

static float area_of(const struct gw_finding *box)
{
	return (box->x1 - box->x0) * (box->y1 - box->y0);
}

/* 1 - the object keypoint similarity (COCO, keypoint evaluation), over the points that either
 * version is sure of: one that only one of them sees is not alike at all. The object is as large as
 * the mean of both boxes. */
static float keypoints_apart(const struct gw_finding *a, const struct gw_finding *b,
	const struct gw_keypoint *of_a, const struct gw_keypoint *of_b, uint32_t count)
{
	const float area = (area_of(a) + area_of(b)) / 2;
	const float variance = 4 * KEYPOINT_SIGMA * KEYPOINT_SIGMA * area;
	uint32_t seen = 0;
	float alike = 0;

	for (uint32_t i = 0; i < count; i++) {
		const bool by_a = of_a[i].confidence >= SURE, by_b = of_b[i].confidence >= SURE;
		const float x = of_a[i].at.x - of_b[i].at.x, y = of_a[i].at.y - of_b[i].at.y;

		seen += by_a || by_b;
		if (by_a && by_b)
			alike += expf(-(x * x + y * y) / (2 * variance));
	}
	return seen > 0 ? fmaxf(1 - alike / (float)seen, 0) : 0;
}

static bool has_corners(const struct gw_result *result, const struct gw_finding *object)
{
	return result->task == GW_TASK_TEXT || object->rest == GW_REST_CORNERS;
}

/* What objects whose boxes belong together differ by. */
static float rest_apart(const struct gw_result *one, const struct gw_finding *a,
	const struct gw_result *other, const struct gw_finding *b)
{
	const void *of_a = gw_result_rest(one, a), *of_b = gw_result_rest(other, b);

	if (!of_a && !of_b)
		return 0;
	if (!of_a || !of_b || a->rest != b->rest)
		return 1;
	/* Also of what has no area. */
	if (a->extra_size == b->extra_size && memcmp(of_a, of_b, a->extra_size) == 0)
		return 0;
	if (has_corners(one, a))
		return polygon_overlap(of_a, of_b) < MATCH_IOU;
	if (a->rest == GW_REST_SHAPE)
		return shapes_overlap(of_a, of_b) < MATCH_IOU;
	/* As many as the models' descriptions name. */
	if (a->extra_size != b->extra_size)
		return 1;
	return keypoints_apart(a, b, of_a, of_b, a->extra_size / sizeof(struct gw_keypoint));
}

float objects_apart(const struct gw_result *one, const struct gw_result *other)
{
	const struct gw_result *const both[] = {one, other};
	const struct gw_finding *group[GW_ENSEMBLE];
	struct match match;
	uint32_t all = 0, best;
	float apart = 0;

	match_begin(&match, both, 2);
	while (match_next(&match, group, &best)) {
		all++;
		apart += group[0] && group[1] ? rest_apart(one, group[0], other, group[1]) : 1;
	}
	return all > 0 ? apart / (float)all : 0;
}
