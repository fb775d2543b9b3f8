/* What is refused of a graph, and that the memory of its plans is shared without harm. That its
 * numbers are right is tested in tests/models/test_operators.py. */
#include "core/test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "accel/graph/plan.h"
#include "accel/repository/test_graph.h"

static uint8_t bytes[TEST_GRAPH_ROOM];
static struct gw_error error;

#define IN \
	{ \
		{ \
			"in", ONNX_FLOAT32, 4, \
			{ \
				0, 3, 8, 8 \
			} \
		} \
	}
#define OUT \
	{ \
		{ \
			"out", ONNX_FLOAT32, 4, \
			{ \
				0, 3, 8, 8 \
			} \
		} \
	}

static int read_graph(struct graph *graph, const struct test_graph *of)
{
	const size_t size = test_graph_write(of, bytes);

	error.text[0] = '\0';
	return graph_read(graph, bytes, size, NULL, &error);
}

static void assert_refused(const struct test_graph *of, int status, const char *words)
{
	struct graph graph;

	assert_int_equal(read_graph(&graph, of), status);
	if (!strstr(error.text, words))
		print_error("%s\n", error.text);
	assert_non_null(strstr(error.text, words));
	graph_free(&graph);
}

static void all_operators_that_are_missing_are_in_one_line(void **state)
{
	const struct test_graph graph = {.input = IN,
		.output = OUT,
		.node = {{"NonZero", "in", "a"}, {"Relu", "a", "b"}, {"NonZero", "b", "c"},
			{"Loop", "c", "out"}}};

	assert_refused(
		&graph, -ENOTSUP, "missing here: NonZero (2, first 'a'), Loop (1, first 'out')");
}

static void nodes_must_be_in_an_order_that_can_be_computed(void **state)
{
	const struct test_graph graph = {.input = IN,
		.output = OUT,
		.node = {{"Relu", "later", "out"}, {"Relu", "in", "later"}}};

	assert_refused(&graph, -EINVAL, "nothing makes 'later'");
}

static void an_output_that_nobody_makes_is_told(void **state)
{
	const struct test_graph graph = {.input = IN,
		.output = {{"other", ONNX_FLOAT32, 4, {0, 3, 8, 8}}},
		.node = {{"Relu", "in", "out"}}};

	assert_refused(&graph, -EINVAL, "nothing makes its output 'other'");
}

static void inputs_are_float32_with_a_shape(void **state)
{
	const struct test_graph graph = {.input = {{"in", ONNX_UINT8, 4, {0, 3, 8, 8}}},
		.output = OUT,
		.node = {{"Relu", "in", "out"}}};

	assert_refused(&graph, -ENOTSUP, "input 'in' is not of float32");
}

static void bytes_that_are_no_model_are_told(void **state)
{
	static const uint8_t other[] = "ustar archive";
	struct graph graph;

	assert_int_equal(graph_read(&graph, other, sizeof(other), NULL, &error), -EINVAL);
	assert_non_null(strstr(error.text, "no ONNX model"));
	graph_free(&graph);
}

static void what_cannot_be_planned_names_operator_and_node(void **state)
{
	const struct test_graph of = {.input = {{"in", ONNX_FLOAT32, 2, {0, 3}}},
		.output = {{"out", ONNX_FLOAT32, 2, {0, 3}}},
		.node = {{"Relu", "in", "a"}, {"GlobalAveragePool", "a", "out"}}};
	const struct graph_shape shape = {2, {1, 3}}, wrong = {2, {1, 4}};
	struct graph_plan plan;
	struct graph graph;

	assert_int_equal(read_graph(&graph, &of), 0);
	assert_int_equal(graph_plan_make(&graph, &shape, &plan, &error), -ENOTSUP);
	assert_non_null(strstr(error.text, "GlobalAveragePool 'out': "));
	graph_plan_free(&plan);
	assert_int_equal(graph_plan_make(&graph, &wrong, &plan, &error), -EINVAL);
	assert_non_null(strstr(error.text, "'in' has another shape"));
	graph_plan_free(&plan);
	graph_free(&graph);
}

/* Four in a row and a mean: two values live at a time, and none is written over while somebody
 * reads it. */
static void values_share_memory_when_they_do_not_live_at_the_same_time(void **state)
{
	const struct test_graph of = {.input = IN,
		.output = {{"out", ONNX_FLOAT32, 4, {0, 3, 1, 1}}},
		.node = {{"Transpose", "in", "a"}, {"Transpose", "a", "b"}, {"Transpose", "b", "c"},
			{"Transpose", "c", "d"}, {"GlobalAveragePool", "d", "out"}}};
	const struct graph_shape shape = {4, {2, 3, 8, 8}};
	const uint32_t values = 2 * 3 * 8 * 8;
	struct graph_plan plan;
	struct graph graph;

	assert_int_equal(read_graph(&graph, &of), 0);
	assert_int_equal(graph_plan_make(&graph, &shape, &plan, &error), 0);
	assert_int_equal(plan.steps, 5);
	assert_true(plan.arena >= 2 * values && plan.arena < 3 * values);
	graph_plan_settle(&plan, graph.weights_count);
	float *memory = calloc(graph.weights_count + plan.arena + OP_SLACK, sizeof(float));

	for (uint32_t i = 0; i < values; i++) {
		const uint32_t line = i / 64;

		memory[plan.input[0].at + i] = (float)line;
	}
	graph_plan_run(&plan, memory);
	for (uint32_t i = 0; i < 6; i++)
		assert_float_equal(memory[plan.output[0].at + i], (float)i, 0);
	free(memory);
	graph_plan_free(&plan);
	graph_free(&graph);
}

static void plans_for_batches_of_all_sizes_have_the_same_steps(void **state)
{
	const struct test_graph of = {.input = IN,
		.output = OUT,
		.node = {{"Softplus", "in", "a"}, {"Tanh", "a", "out"}}};
	struct graph_plan plan;
	struct graph graph;

	assert_int_equal(read_graph(&graph, &of), 0);
	for (uint32_t batch = 1; batch <= 64; batch *= 2) {
		const struct graph_shape shape = {4, {batch, 3, 8, 8}};

		assert_int_equal(graph_plan_make(&graph, &shape, &plan, &error), 0);
		assert_int_equal(plan.steps, 1);
		assert_int_equal(plan.output[0].shape.dims[0], batch);
		assert_int_equal(graph.weights_count, 0);
		graph_plan_free(&plan);
	}
	graph_free(&graph);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_operators_that_are_missing_are_in_one_line),
		cmocka_unit_test(nodes_must_be_in_an_order_that_can_be_computed),
		cmocka_unit_test(an_output_that_nobody_makes_is_told),
		cmocka_unit_test(inputs_are_float32_with_a_shape),
		cmocka_unit_test(bytes_that_are_no_model_are_told),
		cmocka_unit_test(what_cannot_be_planned_names_operator_and_node),
		cmocka_unit_test(values_share_memory_when_they_do_not_live_at_the_same_time),
		cmocka_unit_test(plans_for_batches_of_all_sizes_have_the_same_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
