/* What retention took is counted, whether the log or the next record is seen first. */
#include "kafka/skips.h"

#include <string.h>

#include "core/clock.h"
#include "core/health.h"
#include "core/test.h"

static const char line[] =
	"[thrd:main]: my.pictures [12]: offset reset (at offset 40, broker 1) to offset "
	"BEGINNING: fetch failed due to requested offset not available on the broker: Broker: "
	"Offset out of range";

static void the_librarys_line_is_understood_and_no_other(void **state)
{
	int32_t partition = -1;
	int64_t offset = -1;

	assert_true(skips_read(line, &partition, &offset));
	assert_int_equal(partition, 12);
	assert_int_equal(offset, 40);
	assert_false(skips_read("", &partition, &offset));
	assert_false(skips_read("]: offset reset (at offset 4", &partition, &offset));
	assert_false(skips_read("[x]: offset reset (at offset 4", &partition, &offset));
	assert_false(skips_read("t [1]: offset reset (at offset INVALID", &partition, &offset));
	assert_false(skips_read("t [1]: offset commit failed", &partition, &offset));
}

static void the_line_may_come_before_the_record(void **state)
{
	struct skips skips = {0};
	struct skip skip = {0};

	skips_heard(&skips, &skip, 40, 1);
	assert_int_equal(skips.records, 0);
	skips_taken(&skips, &skip, -1, 75);
	skips_taken(&skips, &skip, 76, 76);
	assert_int_equal(skips.records, 35);
	assert_int_equal(skips.resets, 1);
}

static void the_line_may_come_after_the_record(void **state)
{
	struct skips skips = {0};
	struct skip skip = {0};

	/* The first record is no reset. */
	skips_taken(&skips, &skip, -1, 38);
	skips_taken(&skips, &skip, 39, 39);
	skips_taken(&skips, &skip, 40, 75);
	skips_taken(&skips, &skip, 76, 76);
	assert_int_equal(skips.records, 0);
	skips_heard(&skips, &skip, 40, 1);
	assert_int_equal(skips.records, 35);
	/* Once more, and now the record is to come. */
	skips_heard(&skips, &skip, 77, 2);
	skips_taken(&skips, &skip, 77, 80);
	assert_int_equal(skips.records, 38);
	assert_int_equal(skips.resets, 2);
}

static void a_topic_that_was_made_again_begins_earlier(void **state)
{
	struct skips skips = {0};
	struct skip skip = {0};

	skips_heard(&skips, &skip, 40, 1);
	skips_taken(&skips, &skip, 40, 0);
	skips_taken(&skips, &skip, 1, 1);
	assert_int_equal(skips.records, 0);
	assert_int_equal(skips.resets, 1);
}

static void it_is_told_for_ten_minutes(void **state)
{
	const struct skips skips = {.resets = 2, .records = 110, .last = GW_NS_PER_S};
	const struct skips none = {0}, harmless = {.resets = 2, .last = GW_NS_PER_S};
	struct gw_health health = {0};

	skips_health(&none, "pictures", GW_NS_PER_S, &health);
	skips_health(&skips, "pictures", 602 * GW_NS_PER_S, &health);
	assert_int_equal(health.count, 0);
	skips_health(&skips, "pictures", 11 * GW_NS_PER_S, &health);
	assert_int_equal(health.count, 1);
	assert_string_equal(health.trouble[0].id, "source.pictures.skipped");
	assert_int_equal(health.trouble[0].severity, GW_NOTICE);
	assert_non_null(strstr(health.trouble[0].text, "110 records were gone"));
	health.count = 0;
	skips_health(&harmless, "pictures", 11 * GW_NS_PER_S, &health);
	assert_non_null(strstr(health.trouble[0].text, "no record is known to be missing"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_librarys_line_is_understood_and_no_other),
		cmocka_unit_test(the_line_may_come_before_the_record),
		cmocka_unit_test(the_line_may_come_after_the_record),
		cmocka_unit_test(a_topic_that_was_made_again_begins_earlier),
		cmocka_unit_test(it_is_told_for_ten_minutes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
