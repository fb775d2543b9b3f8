#include "core/test.h"

#include "accel/input/geometry_cache.h"

static const struct model_input input = {.width = 64, .height = 32};

static void tables_are_shared_by_all_pictures_of_a_kind(void **state)
{
	const struct gw_region region = {.x = 1, .y = 2, .width = 30, .height = 30};
	const struct gw_region same = region, beside = {.x = 2, .y = 2, .width = 30, .height = 30};
	const struct gw_region outside = {.x = 100};
	const struct gw_surface surface = {.format = GW_FORMAT_I420, .width = 64, .height = 64};
	struct gw_surface other = surface;
	struct geometry_cache cache;

	assert_int_equal(geometry_cache_init(&cache, &input), 0);
	const struct geometry *first = geometry_cache_get(&cache, &region, false, 64, 64, &surface);

	assert_non_null(first);
	assert_float_equal(first->map.origin_x, 1, 0);
	assert_ptr_equal(geometry_cache_get(&cache, &same, false, 64, 64, &surface), first);
	other.format = GW_FORMAT_I444;
	assert_ptr_not_equal(geometry_cache_get(&cache, &region, false, 64, 64, &other), first);
	assert_ptr_not_equal(geometry_cache_get(&cache, &region, false, 128, 128, &surface), first);
	assert_ptr_not_equal(geometry_cache_get(&cache, &beside, false, 64, 64, &surface), first);
	assert_ptr_not_equal(geometry_cache_get(&cache, NULL, false, 64, 64, &surface), first);
	assert_null(geometry_cache_get(&cache, &outside, false, 64, 64, &surface));
	assert_null(geometry_cache_get(&cache, &outside, false, 64, 64, &surface));
	/* Still there; what is asked for again and again stays. */
	for (uint16_t i = 1; i < 50; i++) {
		const struct gw_region many = {.x = i, .width = 1, .height = 1};

		assert_non_null(geometry_cache_get(&cache, &many, false, 64, 64, &surface));
		assert_ptr_equal(
			geometry_cache_get(&cache, &region, false, 64, 64, &surface), first);
		assert_float_equal(first->map.origin_x, 1, 0);
	}
	geometry_cache_free(&cache);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_are_shared_by_all_pictures_of_a_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
