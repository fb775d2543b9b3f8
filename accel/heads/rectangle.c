#include "accel/heads/rectangle.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>

static bool comes_before(const struct gw_point *a, const struct gw_point *b)
{
	return a->y < b->y || (!(a->y > b->y) && a->x < b->x);
}

/* By insertion: they come nearly in order. */
static void sort(struct gw_point *points, uint32_t count)
{
	for (uint32_t i = 1; i < count; i++) {
		const struct gw_point point = points[i];
		uint32_t at = i;

		for (; at > 0 && comes_before(&point, &points[at - 1]); at--)
			points[at] = points[at - 1];
		points[at] = point;
	}
}

/* Twice the area of the triangle; positive when it turns towards where the chain bulges. */
static float turn(const struct gw_point *a, const struct gw_point *b, const struct gw_point *c)
{
	return (b->y - a->y) * (c->x - a->x) - (b->x - a->x) * (c->y - a->y);
}

/* One half of the convex hull (Andrew's monotone chain, 1979), behind `from` of what is there. */
static uint32_t chain(const struct gw_point *points, uint32_t count, bool back,
	struct gw_point *hull, uint32_t from)
{
	uint32_t n = from;

	for (uint32_t i = 0; i < count; i++) {
		const struct gw_point *point = &points[back ? count - 1 - i : i];

		while (n >= from + 2 && turn(&hull[n - 2], &hull[n - 1], point) <= 0)
			n--;
		hull[n++] = *point;
	}
	/* The last one is the first of the other half. */
	return n - 1;
}

/* The rectangle with a side along (cosine, sine). */
static void lay(const struct gw_point *hull, uint32_t count, float cosine, float sine,
	struct rectangle *rectangle)
{
	float u0 = INFINITY, u1 = -INFINITY, v0 = INFINITY, v1 = -INFINITY;

	for (uint32_t i = 0; i < count; i++) {
		const float u = hull[i].x * cosine + hull[i].y * sine;
		const float v = hull[i].y * cosine - hull[i].x * sine;

		u0 = fminf(u0, u);
		u1 = fmaxf(u1, u);
		v0 = fminf(v0, v);
		v1 = fmaxf(v1, v);
	}
	const float u = (u0 + u1) / 2, v = (v0 + v1) / 2;

	*rectangle = (struct rectangle){
		.centre = {u * cosine - v * sine, u * sine + v * cosine},
		.width = u1 - u0,
		.height = v1 - v0,
		.cosine = cosine,
		.sine = sine,
	};
}

void rectangle_around(struct gw_point *points, uint32_t count, struct rectangle *rectangle)
{
	struct gw_point hull[2 * RECTANGLE_POINTS + 2];
	float least = INFINITY;

	assert(count > 0 && count <= RECTANGLE_POINTS);
	sort(points, count);
	lay(points, count, 1, 0, rectangle);
	uint32_t corners = chain(points, count, false, hull, 0);

	corners = chain(points, count, true, hull, corners);
	for (uint32_t i = 1; i < corners + (corners > 1); i++) {
		const struct gw_point *a = &hull[i - 1], *b = i < corners ? &hull[i] : hull;
		const float length = hypotf(b->x - a->x, b->y - a->y);
		struct rectangle other;

		if (!(length > 0))
			continue;
		lay(hull, corners, (b->x - a->x) / length, (b->y - a->y) / length, &other);
		if (other.width * other.height < least) {
			least = other.width * other.height;
			*rectangle = other;
		}
	}
}

void rectangle_corners(const struct rectangle *r, struct gw_point corners[4])
{
	struct gw_point all[4];
	uint32_t first = 0;

	for (uint32_t i = 0; i < 4; i++) {
		const float u = (i == 1 || i == 2 ? 1 : -1) * r->width / 2;
		const float v = (i >= 2 ? 1 : -1) * r->height / 2;

		all[i] = (struct gw_point){r->centre.x + u * r->cosine - v * r->sine,
			r->centre.y + u * r->sine + v * r->cosine};
		if (all[i].x + all[i].y < all[first].x + all[first].y)
			first = i;
	}
	for (uint32_t i = 0; i < 4; i++)
		corners[i] = all[(first + i) % 4];
}
