#include "accel/heads/rectangle.h"

#include <math.h>

#include "core/test.h"

static void assert_corner(const struct gw_point *corner, float x, float y)
{
	assert_float_equal(corner->x, x, 1e-3);
	assert_float_equal(corner->y, y, 1e-3);
}

static void upright_points_have_an_upright_rectangle(void **state)
{
	struct gw_point points[] = {{1, 2}, {7, 2}, {7, 5}, {1, 5}, {4, 3}, {1, 3}};
	struct rectangle rectangle;
	struct gw_point corners[4];

	rectangle_around(points, 6, &rectangle);
	rectangle_corners(&rectangle, corners);
	assert_corner(&corners[0], 1, 2);
	assert_corner(&corners[1], 7, 2);
	assert_corner(&corners[2], 7, 5);
	assert_corner(&corners[3], 1, 5);
}

/* A 10 x 2 rectangle around (20, 30), turned by 30 degrees. */
static void turned_points_have_a_turned_rectangle(void **state)
{
	const float cosine = cosf(0.5235988f), sine = sinf(0.5235988f);
	struct rectangle rectangle;
	struct gw_point points[22];

	for (int i = 0; i < 22; i++) {
		const float u = (float)(i % 11) - 5, v = i < 11 ? -1 : 1;

		points[i] =
			(struct gw_point){20 + u * cosine - v * sine, 30 + u * sine + v * cosine};
	}
	rectangle_around(points, 22, &rectangle);
	assert_float_equal(fmaxf(rectangle.width, rectangle.height), 10, 1e-3);
	assert_float_equal(fminf(rectangle.width, rectangle.height), 2, 1e-3);
	assert_float_equal(rectangle.centre.x, 20, 1e-3);
	assert_float_equal(rectangle.centre.y, 30, 1e-3);
}

static void one_point_and_a_line_have_one_too(void **state)
{
	struct gw_point same[] = {{3, 4}, {3, 4}, {3, 4}}, line[] = {{0, 0}, {1, 1}, {2, 2}};
	struct rectangle rectangle;

	rectangle_around(same, 3, &rectangle);
	assert_float_equal(rectangle.centre.x, 3, 1e-6);
	assert_float_equal(rectangle.width, 0, 1e-6);
	rectangle_around(line, 3, &rectangle);
	assert_float_equal(fmaxf(rectangle.width, rectangle.height), 2.828427, 1e-4);
	assert_float_equal(fminf(rectangle.width, rectangle.height), 0, 1e-4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(upright_points_have_an_upright_rectangle),
		cmocka_unit_test(turned_points_have_a_turned_rectangle),
		cmocka_unit_test(one_point_and_a_line_have_one_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
