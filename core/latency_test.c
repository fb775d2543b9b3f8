#include "core/test.h"

#include <stdlib.h>

#include "core/latency.h"

static void quantiles_are_within_the_promised_error(void **state)
{
	struct gw_histogram *histogram = calloc(1, sizeof(*histogram));

	for (uint64_t us = 1; us <= 100000; us++)
		gw_histogram_record(histogram, us);
	for (double quantile = 0.01; quantile < 1; quantile += 0.01) {
		double exact = quantile * 100000;
		double got = (double)gw_histogram_quantile(histogram, quantile);

		assert_true(got >= exact - 1 && got <= exact * 1.033);
	}
	assert_int_equal(gw_histogram_quantile(histogram, 1), 100000);
	assert_int_equal(gw_counter_get(&histogram->max_us), 100000);
	free(histogram);
}

static void small_values_are_exact(void **state)
{
	struct gw_histogram *histogram = calloc(1, sizeof(*histogram));

	assert_int_equal(gw_histogram_quantile(histogram, 0.5), 0);
	for (int i = 0; i < 99; i++)
		gw_histogram_record(histogram, 7);
	gw_histogram_record(histogram, 30);
	assert_int_equal(gw_histogram_quantile(histogram, 0.5), 7);
	assert_int_equal(gw_histogram_quantile(histogram, 0.99), 7);
	assert_int_equal(gw_histogram_quantile(histogram, 0.999), 30);
	free(histogram);
}

static void a_value_beyond_the_range_is_counted_and_kept_as_maximum(void **state)
{
	struct gw_histogram *histogram = calloc(1, sizeof(*histogram));

	gw_histogram_record(histogram, UINT64_MAX);
	assert_int_equal(gw_counter_get(&histogram->count), 1);
	assert_true(gw_histogram_quantile(histogram, 0.5) >= 1u << 26);
	free(histogram);
}

static void what_is_below_a_bucket_limit_is_counted_exactly(void **state)
{
	struct gw_histogram *histogram = calloc(1, sizeof(*histogram));

	for (uint64_t us = 0; us < 50000; us++)
		gw_histogram_record(histogram, us);
	gw_histogram_record(histogram, 1ull << 30);
	for (uint64_t us = 64; us < 50000; us *= 2) {
		assert_int_equal(gw_histogram_below(histogram, us), us);
		assert_int_equal(gw_histogram_below(histogram, us * 3 / 4), us * 3 / 4);
	}
	assert_int_equal(gw_histogram_below(histogram, 1u << 25), 50000);
	assert_int_equal(gw_histogram_below(histogram, UINT64_MAX), 50001);
	free(histogram);
}

static void a_frame_is_recorded_for_the_segments_it_went_through(void **state)
{
	struct gw_latency *latency = gw_latency_create();
	struct gw_frame frame = {.camera = 1};

	frame.stamp[GW_STAMP_FIRST_PACKET] = 1000000;
	frame.stamp[GW_STAMP_COMPLETE] = 1020000;
	frame.stamp[GW_STAMP_SINK] = 1030000;
	gw_latency_record(latency, &frame);
	assert_int_equal(gw_counter_get(&latency->segment[GW_SEGMENT_ASSEMBLE].sum_us), 20);
	assert_int_equal(gw_counter_get(&latency->segment[GW_SEGMENT_TOTAL].sum_us), 30);
	assert_int_equal(gw_counter_get(&latency->segment[GW_SEGMENT_DECODE].count), 0);
	assert_int_equal(gw_counter_get(&latency->camera[1].count), 1);
	assert_int_equal(gw_counter_get(&latency->camera[0].count), 0);
	gw_latency_destroy(latency);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quantiles_are_within_the_promised_error),
		cmocka_unit_test(small_values_are_exact),
		cmocka_unit_test(a_value_beyond_the_range_is_counted_and_kept_as_maximum),
		cmocka_unit_test(what_is_below_a_bucket_limit_is_counted_exactly),
		cmocka_unit_test(a_frame_is_recorded_for_the_segments_it_went_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
