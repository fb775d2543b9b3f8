/* Records that are refused are a trouble with share and names, for as long as it is lately. */
#include "kafka/intake.h"

#include <string.h>

#include "core/clock.h"
#include "core/health.h"
#include "core/test.h"

static void refuse(struct intake *intake, uint32_t count, enum gw_drop reason)
{
	while (count-- > 0)
		intake_refused(intake, reason);
}

static void use(struct intake *intake, uint32_t count)
{
	while (count-- > 0)
		intake_used(intake);
}

static struct gw_health health_of(struct intake *intake, int64_t now)
{
	const struct intake_sum lately = intake_lately(intake, now);
	struct gw_health health = {0};

	intake_health(&lately, "pictures", &health);
	return health;
}

static void records_that_are_all_refused_are_a_failure_with_names(void **state)
{
	struct intake intake = {0};
	struct gw_health health = health_of(&intake, GW_NS_PER_S);

	assert_int_equal(health.count, 0);
	refuse(&intake, 2, GW_DROP_RECORD_TOO_LARGE);
	refuse(&intake, 30, GW_DROP_RECORD_KEY);
	refuse(&intake, 40, GW_DROP_RECORD_BAD);
	health = health_of(&intake, 2 * GW_NS_PER_S);
	assert_int_equal(health.count, 1);
	assert_string_equal(health.trouble[0].id, "source.pictures.refused");
	assert_int_equal(health.trouble[0].severity, GW_FAILED);
	assert_non_null(strstr(health.trouble[0].text, "100 % of the records"));
	assert_non_null(strstr(
		health.trouble[0].text, "(40 record_bad, 30 record_key, 2 record_too_large)"));
	assert_non_null(strstr(health.trouble[0].text, "no whole JPEG picture"));
}

static void the_share_decides_how_bad_it_is(void **state)
{
	struct intake intake = {0};
	struct gw_health health;

	intake_lately(&intake, GW_NS_PER_S);
	use(&intake, 99);
	refuse(&intake, 1, GW_DROP_RECORD_BAD);
	health = health_of(&intake, 2 * GW_NS_PER_S);
	assert_int_equal(health.trouble[0].severity, GW_NOTICE);
	refuse(&intake, 10, GW_DROP_RECORD_BAD);
	health = health_of(&intake, 3 * GW_NS_PER_S);
	assert_int_equal(health.trouble[0].severity, GW_DEGRADED);
	refuse(&intake, 100, GW_DROP_RECORD_CAMERAS);
	health = health_of(&intake, 4 * GW_NS_PER_S);
	assert_int_equal(health.trouble[0].severity, GW_FAILED);
}

static void a_few_records_are_a_notice_whatever_their_share_is(void **state)
{
	struct intake intake = {0};
	struct gw_health health;

	intake_lately(&intake, GW_NS_PER_S);
	refuse(&intake, 4, GW_DROP_RECORD_BAD);
	health = health_of(&intake, 2 * GW_NS_PER_S);
	assert_int_equal(health.count, 1);
	assert_int_equal(health.trouble[0].severity, GW_NOTICE);
	refuse(&intake, 1, GW_DROP_RECORD_BAD);
	health = health_of(&intake, 3 * GW_NS_PER_S);
	assert_int_equal(health.trouble[0].severity, GW_FAILED);
}

static void what_was_refused_long_ago_is_no_trouble(void **state)
{
	struct intake intake = {0};
	int64_t now = GW_NS_PER_S;

	intake_lately(&intake, now);
	refuse(&intake, 5, GW_DROP_RECORD_HEADERS);
	for (int second = 0; second < INTAKE_LATELY - 1; second++) {
		now += GW_NS_PER_S;
		assert_int_equal(health_of(&intake, now).count, 1);
	}
	now += 2 * GW_NS_PER_S;
	intake_lately(&intake, now);
	now += GW_NS_PER_S;
	assert_int_equal(health_of(&intake, now).count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_that_are_all_refused_are_a_failure_with_names),
		cmocka_unit_test(the_share_decides_how_bad_it_is),
		cmocka_unit_test(a_few_records_are_a_notice_whatever_their_share_is),
		cmocka_unit_test(what_was_refused_long_ago_is_no_trouble),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
