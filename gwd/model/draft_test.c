/* Graphs of each head but detectors, by hand: what is drafted must load, and say what the graph
 * says. */
#include <errno.h>
#include <string.h>

#include "core/test.h"
#include "gwd/model/test_draft.h"

static void a_classifier_of_pytorch(void **state)
{
	test_drafts(&(struct test_graph){
		.input = {{"input", ONNX_FLOAT32, 4, {0, 3, 224, 224}}},
		.output = {{"output", ONNX_FLOAT32, 2, {0, 12}}},
		.node = {{"Gemm", "input", "output"}},
	});
	assert_int_equal(test_described->task, GW_TASK_CLASSIFY);
	assert_int_equal(test_described->labels_count, 12);
	assert_true(test_described->classify->softmax);
	assert_true(test_is_marked("softmax"));
	assert_true(test_is_marked("mean"));
	assert_int_equal(test_described->input.fit, GW_FIT_CROP);
	assert_int_equal(test_described->input.resize, 256);
	assert_int_equal(test_described->input.layout, MODEL_NCHW);
	assert_false(test_is_marked("layout"));
	assert_false(test_is_marked("width"));
	assert_int_equal(test_described->batch->max, 8);
}

static void a_classifier_that_ends_with_softmax_has_no_logits(void **state)
{
	test_drafts(&(struct test_graph){
		.input = {{"input:0", ONNX_UINT8, 4, {4, 32, 32, 1}}},
		.output = {{"p", ONNX_FLOAT32, 4, {4, 1000, 1, 1}}},
		.node = {{"Softmax", "a", "b"}, {"Reshape", "b", "p"}},
	});
	assert_false(test_described->classify->softmax);
	assert_int_equal(test_described->labels_count, 1000);
	assert_int_equal(test_described->input.layout, MODEL_NHWC);
	assert_int_equal(test_described->input.type, MODEL_UINT8);
	assert_int_equal(test_described->input.channels, 1);
	assert_string_equal(test_described->input.tensor, "input:0");
	assert_int_equal(test_described->batch->max, 4);
}

static void more_labels_than_a_draft_lists_are_for_a_file(void **state)
{
	assert_int_equal(test_find(&(struct test_graph){
				 .input = {TEST_IMAGE("x")},
				 .output = {{"y", ONNX_FLOAT32, 2, {0, 21841}}},
			 }),
		0);
	test_write();
	assert_non_null(
		strstr(test_yaml, "labels_file: labels.txt # CHECK: put a file with 21841"));
}

static void a_detector_of_text(void **state)
{
	test_drafts(&(struct test_graph){
		.input = {{"x", ONNX_FLOAT32, 4, {0, 3, 0, 0}}},
		.output = {{"map", ONNX_FLOAT32, 4, {0, 1, 0, 0}}},
		.node = {{"Sigmoid", "x", "map"}},
	});
	assert_int_equal(test_described->task, GW_TASK_TEXT);
	assert_int_equal(test_described->input.width, 640);
	assert_true(test_is_marked("width"));
	assert_non_null(strstr(test_yaml, "task: text # CHECK"));
	/* As PaddlePaddle exports it. */
	test_drafts(&(struct test_graph){
		.input = {{"x", ONNX_FLOAT32, 4, {0, 3, 0, 0}}},
		.output = {{"map", ONNX_FLOAT32, 4, {0, 0, 0, 0}}},
		.node = {{"Sigmoid", "x", "map"}},
	});
	assert_int_equal(test_described->task, GW_TASK_TEXT);
}

static void maps_of_labels(void **state)
{
	test_drafts(&(struct test_graph){
		.input = {TEST_IMAGE("x")},
		.output = {{"out", ONNX_FLOAT32, 4, {0, 21, 640, 640}},
			{"aux", ONNX_FLOAT32, 4, {0, 21, 640, 640}}},
	});
	assert_int_equal(test_described->task, GW_TASK_SEGMENT);
	assert_int_equal(test_described->labels_count, 21);
	assert_false(test_described->segment->labels);
	test_drafts(&(struct test_graph){
		.input = {TEST_IMAGE("x")},
		.output = {{"classes", ONNX_INT64, 3, {0, 640, 640}}},
	});
	assert_int_equal(test_described->task, GW_TASK_SEGMENT);
	assert_true(test_described->segment->labels);
}

static void lines_of_text(void **state)
{
	/* A confidence for each character, at each place of a line. */
	test_drafts(&(struct test_graph){
		.input = {{"x", ONNX_FLOAT32, 4, {0, 3, 48, 0}}},
		.output = {{"y", ONNX_FLOAT32, 3, {0, 0, 37}}},
	});
	assert_int_equal(test_described->task, GW_TASK_READ);
	assert_string_equal(test_described->read->tensor, "y");
	assert_true(test_described->read->softmax);
	assert_int_equal(test_described->labels_count, 37);
	assert_non_null(strstr(test_yaml, "task: read # CHECK"));
	/* Number and confidence of the best: no label is known. */
	assert_int_not_equal(test_drafted(&(struct test_graph){
				     .input = {{"x", ONNX_FLOAT32, 4, {0, 3, 48, 640}}},
				     .output = {{"character", ONNX_FLOAT32, 2, {0, 80}},
					     {"confidence", ONNX_FLOAT32, 2, {0, 80}}},
			     }),
		0);
	assert_non_null(strstr(test_error.text, "labels.txt"));
	assert_non_null(strstr(test_yaml, "character: character\n  confidence: confidence\n"));
	assert_non_null(strstr(test_yaml, "labels_file: labels.txt # CHECK: put a file"));
}

static void larger_pictures(void **state)
{
	test_drafts(&(struct test_graph){
		.input = {{"x", ONNX_FLOAT32, 4, {0, 3, 120, 160}}},
		.output = {{"y", ONNX_FLOAT32, 4, {0, 3, 480, 640}}},
	});
	assert_int_equal(test_described->task, GW_TASK_ENHANCE);
	assert_int_equal(test_described->enhance->factor, 4);
	assert_true(test_described->enhance->white == 1);
	assert_true(test_is_marked("white"));
	test_drafts(&(struct test_graph){
		.input = {{"x", ONNX_FLOAT32, 4, {0, 3, 0, 0}}},
		.output = {{"y", ONNX_FLOAT32, 4, {0, 3, 0, 0}}},
		.node = {{"Conv", "x", "many"}, {"DepthToSpace", "many", "y"}},
	});
	assert_int_equal(test_described->task, GW_TASK_ENHANCE);
	assert_int_equal(test_described->enhance->factor, 2);
	assert_true(test_is_marked("factor"));
}

static void what_no_head_reads_is_raw(void **state)
{
	test_drafts(&(struct test_graph){
		.input = {TEST_IMAGE("x")},
		.output =
			{
				{"embedding: 1", ONNX_FLOAT32, 5, {0, 2, 3, 4, 5}},
			},
	});
	assert_int_equal(test_described->task, GW_TASK_RAW);
	assert_int_equal(test_described->raw->tensors_count, 1);
	assert_string_equal(test_described->raw->tensors[0], "embedding: 1");
	/* How far away each pixel is. */
	test_drafts(&(struct test_graph){
		.input = {{"x", ONNX_FLOAT32, 4, {1, 3, 384, 640}}},
		.output = {{"depth", ONNX_FLOAT32, 3, {1, 384, 640}}},
	});
	assert_int_equal(test_described->task, GW_TASK_RAW);
	/* A sequence, and how sure each step is. */
	test_drafts(&(struct test_graph){
		.input = {TEST_IMAGE("x")},
		.output = {{"character", ONNX_FLOAT32, 2, {0, 80}},
			{"confidence", ONNX_FLOAT32, 2, {0, 80}}},
	});
	assert_int_equal(test_described->raw->tensors_count, 2);
}

static void the_input_for_a_size_is_named(void **state)
{
	test_drafts(&(struct test_graph){
		.input = {TEST_IMAGE("image"), {"image_shape", ONNX_FLOAT32, 2, {1, 2}}},
		.output = {{"y", ONNX_FLOAT32, 2, {0, 10}}},
	});
	assert_string_equal(test_described->input.size->tensor, "image_shape");
	assert_true(test_is_marked("size"));
}

static void an_input_without_a_shape_is_marked(void **state)
{
	test_drafts(&(struct test_graph){
		.input = {{"image", ONNX_FLOAT32, 0, {0}}},
		.output = {{"y", ONNX_FLOAT32, 2, {0, 10}}},
	});
	assert_int_equal(test_described->input.width, 224);
	assert_true(test_is_marked("width"));
	assert_true(test_is_marked("channels"));
	assert_true(test_is_marked("layout"));
}

static void graphs_that_take_no_picture_are_refused(void **state)
{
	assert_int_equal(test_find(&(struct test_graph){
				 .input = {{"ids", ONNX_INT64, 2, {0, 128}}},
				 .output = {{"y", ONNX_FLOAT32, 2, {0, 10}}},
			 }),
		-EINVAL);
	assert_non_null(strstr(test_error.text, "\"ids\" [batch, 128]"));
	assert_int_equal(test_find(&(struct test_graph){
				 .input = {{"x", ONNX_FLOAT32, 4, {0, 4, 64, 64}}},
				 .output = {{"y", ONNX_FLOAT32, 2, {0, 10}}},
			 }),
		-EINVAL);
	assert_non_null(strstr(test_error.text, "1 or 3 channels"));
	assert_int_equal(test_find(&(struct test_graph){
				 .input = {{"x", ONNX_DOUBLE, 4, {0, 3, 64, 64}}},
				 .output = {{"y", ONNX_FLOAT32, 2, {0, 10}}},
			 }),
		-EINVAL);
	assert_non_null(strstr(test_error.text, "float64"));
	assert_int_equal(test_find(&(struct test_graph){
				 .input = {TEST_IMAGE("x"), TEST_IMAGE("y")},
				 .output = {{"z", ONNX_FLOAT32, 2, {0, 10}}},
			 }),
		-EINVAL);
	assert_non_null(strstr(test_error.text, "2 inputs"));
}

static void texts_that_are_no_text_do_no_harm(void **state)
{
	test_drafts(&(struct test_graph){
		.input = {TEST_IMAGE("a\nb: \xff\xc3\xa9\"\\")},
		.output = {{"null", ONNX_FLOAT32, 2, {0, 10}}},
	});
	assert_string_equal(test_described->input.tensor, "a?b: ?\xc3\xa9\"\\");
	assert_string_equal(test_described->classify->tensor, "null");
}

#define TEST(name) cmocka_unit_test_teardown(name, test_forget)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_classifier_of_pytorch),
		TEST(a_classifier_that_ends_with_softmax_has_no_logits),
		TEST(more_labels_than_a_draft_lists_are_for_a_file),
		TEST(a_detector_of_text),
		TEST(maps_of_labels),
		TEST(lines_of_text),
		TEST(larger_pictures),
		TEST(what_no_head_reads_is_raw),
		TEST(the_input_for_a_size_is_named),
		TEST(an_input_without_a_shape_is_marked),
		TEST(graphs_that_take_no_picture_are_refused),
		TEST(texts_that_are_no_text_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
