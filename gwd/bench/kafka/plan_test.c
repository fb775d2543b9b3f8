#include "core/test.h"

#include <string.h>

#include "gwd/bench/kafka/plan.h"

static struct plan small(void)
{
	return (struct plan){
		.brokers = "here:9092",
		.partitions = {2, {1, 4}},
		.consumers = {2, {1, 2}},
		.scenario = {true, true, true},
		.messages = 1000,
		.payload = "mnist",
		.size = 784,
	};
}

static void lists_ascend(void **state)
{
	static const char *const wrong[] = {"", "0", "2,1", "1,1", "1,", ",1", "1,65", "-1", "1 2",
		"1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17"};
	struct plan_list list;

	assert_true(plan_read_list("1,2,64", 64, &list));
	assert_int_equal(list.count, 3);
	assert_int_equal(list.number[2], 64);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(plan_read_list(wrong[i], 64, &list));
}

static void scenarios_are_words(void **state)
{
	bool scenario[PLAN_SCENARIOS];

	assert_true(plan_read_scenarios("consumers,together", scenario));
	assert_true(scenario[PLAN_TOGETHER] && scenario[PLAN_CONSUMERS]);
	assert_false(scenario[PLAN_PRODUCER]);
	assert_false(plan_read_scenarios("together,", scenario));
	assert_false(plan_read_scenarios("produce", scenario));
}

static void the_producer_alone_needs_no_consumers(void **state)
{
	static struct plan_cell cells[PLAN_CELLS];
	const struct plan plan = small();

	assert_int_equal(plan_cells(&plan, cells), 10);
	assert_int_equal(cells[2].scenario, PLAN_PRODUCER);
	assert_int_equal(cells[2].consumers, 0);
	/* What is stored for one partition is read before there are four. */
	assert_int_equal(cells[4].scenario, PLAN_CONSUMERS);
	assert_int_equal(cells[4].partitions, 1);
	assert_int_equal(cells[4].consumers, 2);
	assert_int_equal(cells[5].partitions, 4);
}

static void another_plan_is_named_by_what_differs(void **state)
{
	struct plan plan = small();
	struct gw_error error;
	json_t *json = plan_json(&plan);

	assert_int_equal(plan_agrees(&plan, json, &error), 0);
	plan.messages++;
	assert_true(plan_agrees(&plan, json, &error) < 0);
	assert_non_null(strstr(error.text, "'messages'"));
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_ascend),
		cmocka_unit_test(scenarios_are_words),
		cmocka_unit_test(the_producer_alone_needs_no_consumers),
		cmocka_unit_test(another_plan_is_named_by_what_differs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
