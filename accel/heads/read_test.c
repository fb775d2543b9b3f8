/* A line of text, made by hand. */
#include "accel/heads/test_head.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define PLACES 8

static struct model_read options;

static int make(void **state)
{
	static char *labels[] = {"<gap>", "a", " ", "\xc3\xa9"};

	test_head_is(MODEL_DETECT_BOXES);
	options = (struct model_read){.character = "c", .confidence = "p"};
	test_model.task = GW_TASK_READ;
	test_model.read = &options;
	test_model.labels = labels;
	test_model.labels_count = 4;
	head_of(&test_model)->outputs(&test_model, test_tensors);
	test_tensors[0].dims[0] = test_tensors[1].dims[0] = PLACES;
	return 0;
}

static void assert_line(const char *text, float confidence)
{
	const struct gw_finding *finding = &test_result.findings[0];

	assert_int_equal(test_result.task, GW_TASK_READ);
	assert_int_equal(test_result.count, 1);
	assert_int_equal(finding->extra_size, strlen(text));
	assert_memory_equal(gw_result_rest(&test_result, finding), text, strlen(text));
	assert_float_equal(finding->confidence, confidence, 1e-5);
}

static void gaps_and_repeats_are_left_out(void **state)
{
	const float characters[PLACES] = {0, 1, 1, 0, 1, 2, 3, 3};
	const float confidences[PLACES] = {1, 0.9f, 0.1f, 1, 0.8f, 0.7f, 0.6f, 0.2f};

	assert_int_equal(test_head_read(characters, confidences, NULL), 0);
	assert_line("aa \xc3\xa9", (0.9f + 0.8f + 0.7f + 0.6f) / 4);
	options.threshold = 0.76f;
	assert_int_equal(test_head_read(characters, confidences, NULL), 0);
	assert_int_equal(test_result.count, 0);
}

static void a_line_without_characters_is_none(void **state)
{
	const float characters[PLACES] = {0};
	const float confidences[PLACES] = {1, 1, 1, 1, 1, 1, 1, 1};

	assert_int_equal(test_head_read(characters, confidences, NULL), 0);
	assert_int_equal(test_result.count, 0);
}

static void a_value_for_each_character_is_read_too(void **state)
{
	float values[3][4] = {
		{0.1f, 0.8f, 0.05f, 0.05f}, {0.9f, 0.1f, 0, 0}, {0, 0.3f, 0.1f, 0.6f}};

	options = (struct model_read){.tensor = "y"};
	assert_int_equal(head_of(&test_model)->outputs(&test_model, test_tensors), 1);
	test_tensors[0].dims[0] = 3;
	assert_int_equal(test_head_read(values[0], NULL, NULL), 0);
	assert_line("a\xc3\xa9", 0.7f);
	/* As logits: the more so. */
	options.softmax = true;
	for (int i = 0; i < 12; i++)
		(&values[0][0])[i] = 100 + logf((&values[0][0])[i] + 1e-9f);
	assert_int_equal(test_head_read(values[0], NULL, NULL), 0);
	assert_line("a\xc3\xa9", 0.7f);
	options.softmax = false;
	assert_int_equal(test_head_read(values[0], NULL, NULL), -ERANGE);
	options.softmax = true;
	values[2][0] = NAN;
	assert_int_equal(test_head_read(values[0], NULL, NULL), -EDOM);
}

static void values_that_are_no_characters_are_refused(void **state)
{
	float characters[PLACES] = {0}, confidences[PLACES] = {0};

	characters[3] = 4;
	assert_int_equal(test_head_read(characters, confidences, NULL), -ENOENT);
	characters[3] = -1;
	assert_int_equal(test_head_read(characters, confidences, NULL), -ENOENT);
	characters[3] = NAN;
	assert_int_equal(test_head_read(characters, confidences, NULL), -EDOM);
	characters[3] = 1;
	confidences[3] = 1.5f;
	assert_int_equal(test_head_read(characters, confidences, NULL), -ERANGE);
	confidences[3] = INFINITY;
	assert_int_equal(test_head_read(characters, confidences, NULL), -EDOM);
	confidences[3] = 1;
	test_result.extra_room = 0;
	assert_int_equal(test_head_read(characters, confidences, NULL), -ENOBUFS);
}

static void shapes_must_fit_labels_and_each_other(void **state)
{
	const struct head *head = head_of(&test_model);
	struct gw_error error;

	assert_int_equal(head->fit(&test_model, test_tensors, &error), 0);
	test_tensors[1].dims[0]++;
	assert_int_equal(head->fit(&test_model, test_tensors, &error), -EINVAL);
	assert_non_null(strstr(error.text, "have 8 and 9 places"));
	options = (struct model_read){.tensor = "y"};
	head->outputs(&test_model, test_tensors);
	test_tensors[0].dims[1] = 5;
	assert_int_equal(head->fit(&test_model, test_tensors, &error), -EINVAL);
	assert_non_null(strstr(error.text, "has 5 values for a place, and there are 4 labels"));
	test_tensors[0].dims[0] = 5000;
	assert_int_equal(head->fit(&test_model, test_tensors, &error), -EINVAL);
	assert_non_null(strstr(error.text, "5000 places"));
}

#define TEST(name) cmocka_unit_test_setup(name, make)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(gaps_and_repeats_are_left_out),
		TEST(a_line_without_characters_is_none),
		TEST(a_value_for_each_character_is_read_too),
		TEST(values_that_are_no_characters_are_refused),
		TEST(shapes_must_fit_labels_and_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
