#include "core/test.h"

#include <string.h>

#include "gwd/bench/kafka/verdict.h"

/* A producer that waits for the brokers. */
static struct cell_figures producing(void)
{
	return (struct cell_figures){
		.cell = {PLAN_PRODUCER, 4, 0},
		.messages = 1000,
		.size = 784,
		.seconds = 2,
		.produce_s = 2,
		.feed = {.waited = 0.6,
			.thread = 0.25,
			.busiest = 0.5,
			.busiest_name = "rdk:broker1"},
		.load = {.machine = 0.5, .network = -1},
	};
}

static struct cell_figures consuming(void)
{
	return (struct cell_figures){
		.cell = {PLAN_CONSUMERS, 4, 2},
		.messages = 1000,
		.seconds = 2,
		.consume_s = 2,
		.crew = {.busiest = 0.5, .starved = 0.7},
		.load = {.machine = 0.5, .network = 0.1},
	};
}

static void assert_limit(const struct cell_figures *figures, enum limit limit, const char *words)
{
	const struct verdict verdict = verdict_of(figures);

	assert_int_equal(verdict.limit, limit);
	assert_non_null(strstr(verdict.because, words));
}

static void a_producer_that_waits_is_no_limit(void **state)
{
	struct cell_figures figures = producing();

	assert_limit(&figures, LIMIT_BROKER, "60 % of the time");
	assert_float_equal(verdict_of(&figures).headroom, 2, 1e-9);
}

static void a_busy_thread_of_the_producer_is_the_limit(void **state)
{
	struct cell_figures figures = producing();

	figures.feed.busiest = 0.97;
	assert_limit(&figures, LIMIT_PRODUCER, "rdk:broker1 takes 97 %");
	figures = producing();
	figures.feed.waited = 0.05;
	assert_limit(&figures, LIMIT_PRODUCER, "wait for 5 %");
	figures.feed.thread = 0.95;
	assert_limit(&figures, LIMIT_PRODUCER, "takes 95 %");
}

static void a_full_link_and_a_full_machine_are_told(void **state)
{
	struct cell_figures figures = producing();

	/* Others have the processors: that it hardly waits is no fault of its own. */
	figures.feed.waited = 0.05;
	figures.load.machine = 0.99;
	figures.feed.process = 0.4;
	assert_limit(&figures, LIMIT_MACHINE, "(99 %): the producer takes 0.40 of one");
	figures.load.network = 0.93;
	assert_limit(&figures, LIMIT_NETWORK, "93 %");
}

static void consumers_limit_when_they_are_busy(void **state)
{
	struct cell_figures figures = consuming();

	assert_limit(&figures, LIMIT_BROKER, "nothing to read");
	figures.crew.busiest = 0.95;
	assert_limit(&figures, LIMIT_CONSUMER, "95 % of a processor");
}

static void together_the_slower_side_counts(void **state)
{
	struct cell_figures figures = producing();

	figures.cell = (struct plan_cell){PLAN_TOGETHER, 4, 2};
	figures.crew = consuming().crew;
	figures.crew.busiest = 0.95;
	figures.consume_s = 2.01;
	assert_limit(&figures, LIMIT_BROKER, "the producer waited");
	figures.seconds = figures.consume_s = 4;
	assert_limit(&figures, LIMIT_CONSUMER, "95 % of a processor");
}

static void json_has_each_side_that_there_was(void **state)
{
	struct cell_figures figures = producing();
	json_t *json = verdict_json(&figures);
	const json_t *side = json_object_get(json, "producing");

	assert_float_equal(json_number_value(json_object_get(side, "messages_s")), 500, 1e-9);
	assert_null(json_object_get(json, "consuming"));
	assert_null(json_object_get(json, "network_share"));
	assert_string_equal(json_string_value(json_object_get(json, "limit")), "broker");
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_producer_that_waits_is_no_limit),
		cmocka_unit_test(a_busy_thread_of_the_producer_is_the_limit),
		cmocka_unit_test(a_full_link_and_a_full_machine_are_told),
		cmocka_unit_test(consumers_limit_when_they_are_busy),
		cmocka_unit_test(together_the_slower_side_counts),
		cmocka_unit_test(json_has_each_side_that_there_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
