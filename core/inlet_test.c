#include "core/test.h"

#include <stdlib.h>
#include <string.h>

#include "core/inlet.h"

static void reports_come_out_as_they_went_in(void **state)
{
	struct gw_reports *reports = calloc(1, sizeof(*reports));
	struct gw_report report;

	assert_false(gw_reports_take(reports, &report));
	for (uint32_t round = 0; round < 3; round++) {
		for (uint32_t i = 0; i < GW_REPORTS; i++)
			assert_true(gw_reports_put(reports, i, (const uint8_t *)&i, sizeof(i)));
		assert_false(gw_reports_put(reports, 7, (const uint8_t *)"x", 1));
		for (uint32_t i = 0; i < GW_REPORTS; i++) {
			assert_true(gw_reports_take(reports, &report));
			assert_int_equal(report.camera, i);
			assert_int_equal(report.size, sizeof(i));
			assert_memory_equal(report.bytes, &i, sizeof(i));
		}
		assert_false(gw_reports_take(reports, &report));
	}
	free(reports);
}

static void a_report_that_has_no_room_is_refused(void **state)
{
	struct gw_reports *reports = calloc(1, sizeof(*reports));
	const uint8_t bytes[GW_REPORT_SIZE + 1] = {0};

	assert_false(gw_reports_put(reports, 0, bytes, sizeof(bytes)));
	assert_true(gw_reports_put(reports, 0, bytes, GW_REPORT_SIZE));
	free(reports);
}

static void one_that_was_left_out_is_told_once(void **state)
{
	struct gw_reports *reports = calloc(1, sizeof(*reports));

	assert_false(gw_reports_was_left_out(reports, 3));
	gw_reports_leave_out(reports, 3);
	assert_int_equal(gw_counter_get(&reports->left_out), 1);
	assert_false(gw_reports_was_left_out(reports, 4));
	assert_true(gw_reports_was_left_out(reports, 3));
	assert_false(gw_reports_was_left_out(reports, 3));
	free(reports);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reports_come_out_as_they_went_in),
		cmocka_unit_test(a_report_that_has_no_room_is_refused),
		cmocka_unit_test(one_that_was_left_out_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
