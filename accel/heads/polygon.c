#include "accel/heads/polygon.h"

#include <math.h>

/* Each side of one cuts one corner more than it takes away. */
#define MOST_CORNERS (2 * POLYGON_CORNERS)

struct polygon {
	uint32_t count;
	struct gw_point corner[MOST_CORNERS + 1];
};

/* Twice the area of the triangle; its sign says which way it goes round. */
static float turn(struct gw_point a, struct gw_point b, struct gw_point c)
{
	return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

static float area(const struct gw_point *corner, uint32_t count)
{
	float twice = 0;

	for (uint32_t i = 2; i < count; i++)
		twice += turn(corner[0], corner[i - 1], corner[i]);
	return fabsf(twice) / 2;
}

static void put(struct polygon *polygon, struct gw_point point)
{
	if (polygon->count <= MOST_CORNERS)
		polygon->corner[polygon->count++] = point;
}

/* Keeps what lies on the inner side of the line from a to b, which is where `sign` times its turn
 * is not below 0 (Sutherland and Hodgman, 1974). */
static void cut(struct polygon *polygon, struct gw_point a, struct gw_point b, float sign)
{
	const struct polygon before = *polygon;

	polygon->count = 0;
	for (uint32_t i = 0; i < before.count; i++) {
		const struct gw_point from = before.corner[i];
		const struct gw_point to = before.corner[(i + 1) % before.count];
		const float begin = sign * turn(a, b, from), end = sign * turn(a, b, to);

		if (begin >= 0)
			put(polygon, from);
		if ((begin < 0) != (end < 0)) {
			const float part = begin / (begin - end);

			put(polygon,
				(struct gw_point){from.x + (to.x - from.x) * part,
					from.y + (to.y - from.y) * part});
		}
	}
}

float polygon_overlap(
	const struct gw_point a[POLYGON_CORNERS], const struct gw_point b[POLYGON_CORNERS])
{
	struct polygon common = {.count = POLYGON_CORNERS};
	const float sign = turn(b[0], b[1], b[2]) < 0 ? -1 : 1;

	for (int i = 0; i < POLYGON_CORNERS; i++)
		common.corner[i] = a[i];
	for (int i = 0; i < POLYGON_CORNERS; i++)
		cut(&common, b[i], b[(i + 1) % POLYGON_CORNERS], sign);
	const float both = area(common.corner, common.count);
	const float all = area(a, POLYGON_CORNERS) + area(b, POLYGON_CORNERS) - both;

	return all > 0 ? fminf(both / all, 1) : 0;
}
