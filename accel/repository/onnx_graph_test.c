#include "accel/repository/onnx_graph.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "accel/repository/test_graph.h"
#include "core/test.h"

static uint8_t model[TEST_GRAPH_ROOM];
static size_t size;
static struct onnx_graph graph;
static struct gw_error error;

static const struct test_graph detector = {
	.input = {{"images", ONNX_FLOAT32, 4, {0, 3, 640, 640}}, {"weights", ONNX_FLOAT32, 1, {1}}},
	.output = {{"output0", ONNX_FLOAT16, 3, {1, 84, 8400}}, {"free", ONNX_INT64, 0, {0}}},
	.node = {{"Conv", "images", "a"}, {"Sigmoid", "a", "b"}, {"Conv", "b", "c"},
		{"Concat", "c", "output0"}},
	.value = {"weights"},
	.property = {{"stride", "32"}, {"names", "{0: 'person'}"}},
};

static void read_model(const struct test_graph *made)
{
	size = test_graph_write(made, model);
	assert_int_equal(onnx_graph_read(model, size, &graph, &error), 0);
}

static void a_model_says_who_made_it(void **state)
{
	read_model(&detector);
	assert_int_equal(graph.ir_version, 8);
	assert_int_equal(graph.opsets, 1);
	assert_int_equal(graph.opset[0].version, 17);
	assert_true(onnx_text_is(&graph.producer, "hand"));
	assert_true(onnx_text_is(&graph.producer_version, "1.0"));
	assert_true(onnx_text_is(&graph.name, "test"));
}

static void inputs_are_those_without_a_value(void **state)
{
	read_model(&detector);
	assert_int_equal(graph.inputs, 1);
	assert_true(onnx_text_is(&graph.input[0].name, "images"));
	assert_int_equal(graph.input[0].type, ONNX_FLOAT32);
	assert_int_equal(graph.input[0].rank, 4);
	assert_int_equal(graph.input[0].dims[0].size, 0);
	assert_true(onnx_text_is(&graph.input[0].dims[0].symbol, "batch"));
	assert_int_equal(graph.input[0].dims[3].size, 640);
}

static void outputs_may_have_no_shape(void **state)
{
	read_model(&detector);
	assert_int_equal(graph.outputs, 2);
	assert_int_equal(graph.output[0].type, ONNX_FLOAT16);
	assert_int_equal(graph.output[0].dims[2].size, 8400);
	assert_true(graph.output[0].has_shape);
	assert_false(graph.output[1].has_shape);
}

static void operators_are_counted_by_kind(void **state)
{
	read_model(&detector);
	assert_int_equal(graph.nodes, 4);
	assert_int_equal(graph.operators, 3);
	assert_int_equal(onnx_graph_count(&graph, "Conv"), 2);
	assert_int_equal(onnx_graph_count(&graph, "Softmax"), 0);
}

static void who_makes_a_tensor_is_found(void **state)
{
	const struct onnx_text nobody = {"images", 6};
	struct onnx_node node;

	read_model(&detector);
	assert_true(onnx_graph_maker(&graph, &graph.output[0].name, &node));
	assert_true(onnx_text_is(&node.name, "Concat"));
	assert_true(onnx_text_is(&node.input, "c"));
	assert_false(onnx_graph_maker(&graph, &nobody, &node));
}

static void properties_are_found_by_name(void **state)
{
	read_model(&detector);
	assert_true(onnx_text_is(onnx_graph_property(&graph, "stride"), "32"));
	assert_null(onnx_graph_property(&graph, "task"));
}

static void more_than_there_is_room_for_is_counted(void **state)
{
	static uint8_t large[64 * 1024];
	const struct test_graph one = {.output = {{"out", ONNX_FLOAT32, 2, {1, 10}}}};
	size_t used = test_graph_write(&one, model);
	const uint8_t *body = memmem(model, used, "\x3a", 1); /* the field of the graph */
	const size_t at = (size_t)(body - model), one_size = body[1], count = 200;
	size_t total = 0;

	/* The same graph again and again within one field. */
	memcpy(large, model, at);
	large[at] = 0x3a;
	large[at + 1] = (uint8_t)((one_size * count) & 0x7f) | 0x80;
	large[at + 2] = (uint8_t)(one_size * count >> 7);
	assert_true(one_size * count >> 7 < 128);
	for (size_t i = 0; i < count; i++, total += one_size)
		memcpy(large + at + 3 + total, body + 2, one_size);
	assert_int_equal(onnx_graph_read(large, at + 3 + total, &graph, &error), 0);
	assert_int_equal(graph.outputs, ONNX_TENSORS);
	assert_int_equal(graph.outputs_all, count);
}

static void inputs_without_end_are_refused(void **state)
{
	enum { COUNT = 5000 };
	uint8_t *bytes = calloc(1, 16 + 4 * COUNT);
	size_t used = 0;

	bytes[used++] = 1 << 3; /* ir_version: 8 */
	bytes[used++] = 8;
	bytes[used++] = 7 << 3 | 2; /* the graph, 20,000 bytes */
	bytes[used++] = (uint8_t)((4 * COUNT) & 0x7f) | 0x80;
	bytes[used++] = (uint8_t)(((4 * COUNT) >> 7) & 0x7f) | 0x80;
	bytes[used++] = (4 * COUNT) >> 14;
	for (int i = 0; i < COUNT; i++) {
		bytes[used++] = 11 << 3 | 2; /* an input that only has an empty name */
		bytes[used++] = 2;
		bytes[used++] = 1 << 3 | 2;
		bytes[used++] = 0;
	}
	assert_int_equal(onnx_graph_read(bytes, used, &graph, &error), -E2BIG);
	assert_non_null(strstr(error.text, "5000 inputs"));
	free(bytes);
}

static void what_is_cut_short_or_something_else_is_refused(void **state)
{
	size = test_graph_write(&detector, model);
	/* The properties stand last, and without them it is a model still. */
	for (size_t cut = 1; cut < 200; cut++)
		assert_int_equal(onnx_graph_read(model, cut, &graph, &error), -EINVAL);
	assert_int_equal(onnx_graph_read((const uint8_t *)"<html>", 6, &graph, &error), -EINVAL);
	assert_non_null(strstr(error.text, "no ONNX model"));
}

static void words_are_found_in_whatever_case(void **state)
{
	const struct onnx_text text = {"Detection_Boxes", 15};

	assert_true(onnx_text_has(&text, "box"));
	assert_false(onnx_text_has(&text, "boxesx"));
	assert_false(onnx_text_is(&text, "Detection"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_model_says_who_made_it),
		cmocka_unit_test(inputs_are_those_without_a_value),
		cmocka_unit_test(outputs_may_have_no_shape),
		cmocka_unit_test(operators_are_counted_by_kind),
		cmocka_unit_test(who_makes_a_tensor_is_found),
		cmocka_unit_test(properties_are_found_by_name),
		cmocka_unit_test(more_than_there_is_room_for_is_counted),
		cmocka_unit_test(inputs_without_end_are_refused),
		cmocka_unit_test(what_is_cut_short_or_something_else_is_refused),
		cmocka_unit_test(words_are_found_in_whatever_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
