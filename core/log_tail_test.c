#include "core/test.h"

#include <stdio.h>
#include <string.h>

#include "core/log_tail.h"

static void put(const char *text)
{
	struct log_line line = {.level = GW_LOG_INFO};

	snprintf(line.text, sizeof(line.text), "%s", text);
	log_tail_put(&line);
}

static void lines_are_read_in_their_order_and_once(void **state)
{
	const uint64_t begin = gw_log_last();
	struct log_line line;

	assert_int_equal(gw_log_read(begin, &line), 0);
	put("one");
	put("two");
	assert_int_equal(gw_log_read(begin, &line), begin + 1);
	assert_string_equal(line.text, "one");
	assert_int_equal(gw_log_read(begin + 1, &line), begin + 2);
	assert_string_equal(line.text, "two");
	assert_int_equal(gw_log_read(begin + 2, &line), 0);
	/* A number of another run of the gateway. */
	assert_int_equal(gw_log_read(begin + 1000000, &line), 0);
}

static void of_many_the_latest_are_kept(void **state)
{
	const uint64_t begin = gw_log_last();
	struct log_line line;
	char text[32];

	for (int i = 1; i <= LOG_TAIL + 3; i++) {
		snprintf(text, sizeof(text), "line %d", i);
		put(text);
	}
	assert_int_equal(gw_log_last(), begin + LOG_TAIL + 3);
	assert_int_equal(gw_log_read(begin, &line), begin + 4);
	assert_string_equal(line.text, "line 4");
	assert_int_equal(gw_log_read(begin + LOG_TAIL + 2, &line), begin + LOG_TAIL + 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_read_in_their_order_and_once),
		cmocka_unit_test(of_many_the_latest_are_kept),
	};

	return cmocka_run_group_tests_name("log_tail", tests, NULL, NULL);
}
