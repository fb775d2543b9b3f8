/* What is told of things that cannot be written, and when. */
#include "sink/failure.h"

#include "core/test.h"

#include <errno.h>
#include <string.h>

#include "core/clock.h"
#include "core/test_log.h"

#define SECOND GW_NS_PER_S

static struct failure pictures(void)
{
	return (struct failure){
		.what = "a picture", .id = "kafka.file.pictures", .severity = GW_DEGRADED};
}

static bool is_trouble(const struct failure *failure, const char *words)
{
	struct gw_health health = {0};

	failure_health(failure, "/out", &health);
	if (health.count == 0)
		return false;
	assert_string_equal(health.trouble[0].id, failure->id);
	assert_int_equal(health.trouble[0].severity, failure->severity);
	return strstr(health.trouble[0].text, words) != NULL;
}

static int count(const char *text, const char *words)
{
	int found = 0;

	for (; (text = strstr(text, words)); text++)
		found++;
	return found;
}

static void only_a_success_of_its_own_kind_ends_it(void **state)
{
	struct failure failed = pictures();
	struct failure lines = {
		.what = GW_LINES_FILE, .id = "kafka.file.failed", .severity = GW_FAILED};
	struct test_log log;

	test_log_begin(&log);
	failure_note(&failed, -ENOSPC);
	for (int64_t now = SECOND; now < 60 * SECOND; now += SECOND) {
		failure_note(&lines, 0);
		failure_tell(&lines, "/out", now);
		failure_tell(&failed, "/out", now);
		assert_true(is_trouble(&failed, "a picture could not be written"));
		assert_false(is_trouble(&lines, ""));
	}
	failure_note(&failed, 0);
	failure_tell(&failed, "/out", 60 * SECOND);
	assert_false(is_trouble(&failed, ""));
	const char *said = test_log_said(&log);

	test_log_end(&log);
	assert_int_equal(count(said, "/out: a picture could not be written"), 1);
	assert_int_equal(count(said, "/out: a picture can be written again"), 1);
	assert_int_equal(count(said, "\n"), 2);
}

static void a_success_now_and_then_does_not_end_it(void **state)
{
	struct failure failed = pictures();
	struct test_log log;

	test_log_begin(&log);
	for (int64_t now = SECOND; now < 60 * SECOND; now += SECOND) {
		failure_note(&failed, -ENOSPC);
		failure_note(&failed, 0);
		failure_tell(&failed, "/out", now);
		assert_true(is_trouble(&failed, "make room"));
	}
	const char *said = test_log_said(&log);

	test_log_end(&log);
	assert_int_equal(count(said, "\n"), 1);
	assert_int_equal(gw_counter_get(&failed.total), 59);
}

static void two_causes_in_turn_are_told_once_a_minute(void **state)
{
	struct failure failed = pictures();
	struct test_log log;

	test_log_begin(&log);
	for (int i = 0; i < 119; i++) {
		failure_note(&failed, i % 2 == 0 ? -EACCES : -ENOSPC);
		failure_tell(&failed, "/out", (i + 1) * SECOND);
		assert_true(is_trouble(&failed, i % 2 == 0 ? "let gwd write" : "make room"));
	}
	const char *said = test_log_said(&log);

	test_log_end(&log);
	assert_int_equal(count(said, strerror(EACCES)), 1);
	assert_int_equal(count(said, strerror(ENOSPC)), 1);
}

static void a_cause_that_stays_is_told_once(void **state)
{
	struct failure failed = pictures();
	struct test_log log;

	test_log_begin(&log);
	for (int i = 0; i < 300; i++) {
		failure_note(&failed, -EIO);
		failure_tell(&failed, "/out", (i + 1) * SECOND);
	}
	const char *said = test_log_said(&log);

	test_log_end(&log);
	assert_int_equal(count(said, "\n"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_a_success_of_its_own_kind_ends_it),
		cmocka_unit_test(a_success_now_and_then_does_not_end_it),
		cmocka_unit_test(two_causes_in_turn_are_told_once_a_minute),
		cmocka_unit_test(a_cause_that_stays_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
