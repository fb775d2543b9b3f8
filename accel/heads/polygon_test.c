#include "accel/heads/polygon.h"

#include <math.h>
#include <stdlib.h>

#include "core/test.h"

static void turned(struct gw_point corner[POLYGON_CORNERS], float x, float y, float width,
	float height, float angle)
{
	static const float across[] = {-1, 1, 1, -1}, down[] = {-1, -1, 1, 1};

	for (int i = 0; i < POLYGON_CORNERS; i++) {
		const float u = across[i] * width / 2, v = down[i] * height / 2;

		corner[i] = (struct gw_point){x + u * cosf(angle) - v * sinf(angle),
			y + u * sinf(angle) + v * cosf(angle)};
	}
}

static bool is_inside(const struct gw_point corner[POLYGON_CORNERS], double x, double y)
{
	for (int i = 0; i < POLYGON_CORNERS; i++) {
		const struct gw_point a = corner[i], b = corner[(i + 1) % POLYGON_CORNERS];

		if ((double)(b.x - a.x) * (y - (double)a.y) -
				(double)(b.y - a.y) * (x - (double)a.x) <
			0)
			return false;
	}
	return true;
}

/* The plain way: points of a fine grid. */
static double counted(const struct gw_point *a, const struct gw_point *b)
{
	uint32_t both = 0, any = 0;

	for (uint32_t i = 0; i < 1000 * 1000; i++) {
		const uint32_t column = i % 1000, row = i / 1000;
		const bool in_a = is_inside(a, column * 0.1, row * 0.1);
		const bool in_b = is_inside(b, column * 0.1, row * 0.1);

		both += in_a && in_b;
		any += in_a || in_b;
	}
	return any ? (double)both / any : 0;
}

static void it_is_what_counting_gives(void **state)
{
	struct gw_point a[POLYGON_CORNERS], b[POLYGON_CORNERS];

	srand(7);
	for (int i = 0; i < 12; i++) {
		turned(a, 40, 50, (float)(10 + rand() % 60), (float)(10 + rand() % 60),
			(float)(rand() % 628) / 100);
		turned(b, (float)(40 + rand() % 20), (float)(40 + rand() % 20),
			(float)(10 + rand() % 60), (float)(10 + rand() % 60),
			(float)(rand() % 628) / 100);
		const float overlap = polygon_overlap(a, b);

		assert_float_equal(overlap, counted(a, b), 0.01);
		assert_float_equal(overlap, polygon_overlap(b, a), 1e-4);
	}
}

static void what_is_the_same_overlaps_wholly_and_what_is_apart_not_at_all(void **state)
{
	struct gw_point a[POLYGON_CORNERS], b[POLYGON_CORNERS];

	turned(a, 40, 50, 30, 20, 0.5f);
	assert_float_equal(polygon_overlap(a, a), 1, 1e-5);
	turned(b, 80, 50, 10, 10, 0.5f);
	assert_float_equal(polygon_overlap(a, b), 0, 1e-5);
	/* One in the other. */
	turned(b, 40, 50, 3, 2, 1.2f);
	assert_float_equal(polygon_overlap(a, b), 0.01, 1e-4);
	/* The other way round, as in a picture that is mirrored. */
	const struct gw_point kept = b[1];

	b[1] = b[3];
	b[3] = kept;
	assert_float_equal(polygon_overlap(a, b), 0.01, 1e-4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_what_counting_gives),
		cmocka_unit_test(what_is_the_same_overlaps_wholly_and_what_is_apart_not_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
