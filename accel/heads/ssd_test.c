#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "accel/heads/test_head.h"

static struct gw_error error;

static int empty(void **state)
{
	test_head_is(MODEL_DETECT_SSD);
	return 0;
}

static void shape(uint32_t k, uint32_t rank, uint32_t rows, uint32_t columns)
{
	test_tensors[k] =
		(struct infer_tensor){.name = "out", .rank = rank, .dims = {rows, columns}};
}

/* TensorFlow: sides as parts of the picture, upper first; numbers of classes from 1. */
static void classes_may_stand_apart(void **state)
{
	const float boxes[] = {0.25f, 0.5f, 0.5f, 0.75f, 0, 0, 1, 1, 0, 0, 0.5f, 0.5f};
	const float scores[] = {0.5f, 0.9f, 0.2f}, classes[] = {3, 1, 90};

	test_detect.classes = (char[]){"classes"};
	test_detect.box = MODEL_BOX_YXYX;
	test_detect.relative = true;
	test_detect.first_label = 1;
	shape(0, 2, 3, 4);
	shape(1, 1, 3, 0);
	shape(2, 1, 3, 0);
	assert_int_equal(test_head_read(boxes, scores, classes), 0);
	assert_int_equal(test_result.count, 2);
	assert_box(0, 0, 0.9f, 0, 0, 64, 64);
	assert_box(1, 2, 0.5f, 32, 16, 48, 32);
}

static void a_label_that_there_is_not_is_an_error(void **state)
{
	const float boxes[] = {0, 0, 8, 8}, scores[] = {0.8f};

	test_detect.classes = (char[]){"classes"};
	shape(0, 2, 1, 4);
	shape(1, 1, 1, 0);
	shape(2, 1, 1, 0);
	assert_int_equal(test_head_read(boxes, scores, (const float[]){90}), -ENOENT);
	assert_int_equal(test_head_read(boxes, scores, (const float[]){3e38f}), -ENOENT);
	assert_int_equal(test_head_read(boxes, scores, (const float[]){NAN}), -EDOM);
	assert_int_equal(test_head_read(boxes, scores, (const float[]){-1}), 0);
	assert_int_equal(test_result.count, 0);
}

static void no_more_boxes_are_read_than_are_meant(void **state)
{
	const float boxes[] = {0, 0, 8, 8, 16, 16, 24, 24, 32, 32, 40, 40};
	const float scores[] = {0.5f, 0.9f, 0.8f}, classes[] = {0, 1, 2};
	float count[] = {2};
	const struct head_job job = {
		.description = &test_model,
		.map =
			&(struct input_map){
				.step_x = 1, .step_y = 1, .right = TEST_SIDE, .bottom = TEST_SIDE},
		.tensors = test_tensors,
		.values = {boxes, scores, classes, count},
		.rows = {3, 3, 3, 1},
	};

	test_detect.classes = (char[]){"classes"};
	test_detect.count = (char[]){"count"};
	shape(0, 2, 3, 4);
	shape(1, 1, 3, 0);
	shape(2, 1, 3, 0);
	assert_int_equal(head_of(&test_model)->read(&job, &test_result), 0);
	assert_int_equal(test_result.count, 2);
	assert_box(0, 1, 0.9f, 16, 16, 24, 24);
	count[0] = NAN;
	assert_int_equal(head_of(&test_model)->read(&job, &test_result), -EDOM);
}

static void the_background_is_no_label(void **state)
{
	const float boxes[] = {0, 0, 8, 8, 16, 16, 24, 24};
	const float scores[] = {0.9f, 0.05f, 0.03f, 0.02f, 0.1f, 0.1f, 0.2f, 0.6f};

	test_detect.background = true;
	shape(0, 2, 2, 4);
	shape(1, 2, 2, 4);
	assert_int_equal(test_head_read(boxes, scores, NULL), 0);
	assert_int_equal(test_result.count, 1);
	assert_box(0, 2, 0.6f, 16, 16, 24, 24);
}

static void detr_shares_among_labels_and_nothing(void **state)
{
	const float boxes[] = {0.5f, 0.5f, 0.25f, 0.5f, 0.25f, 0.25f, 0.5f, 0.5f};
	const float logits[] = {3, 0, 0, 0, 0, 0, 0, 9};

	test_head_is(MODEL_DETECT_DETR);
	test_detect.box = MODEL_BOX_CXCYWH;
	test_detect.relative = true;
	shape(0, 2, 2, 4);
	shape(1, 2, 2, 4);
	assert_int_equal(test_head_read(boxes, logits, NULL), 0);
	assert_int_equal(test_result.count, 1);
	assert_box(0, 0, 0.870049f, 24, 16, 40, 48);
}

static void what_is_no_confidence_is_an_error(void **state)
{
	const float boxes[] = {0, 0, 8, 8}, logits[] = {4, 0, 0}, none[] = {NAN, 0, 0};

	shape(0, 2, 1, 4);
	shape(1, 2, 1, 3);
	assert_int_equal(test_head_read(boxes, logits, NULL), -ERANGE);
	assert_int_equal(test_head_read(boxes, none, NULL), -EDOM);
	test_detect.sigmoid = true;
	assert_int_equal(test_head_read(boxes, logits, NULL), 0);
	assert_int_equal(test_head_read(boxes, none, NULL), -EDOM);
}

static void shapes_that_do_not_fit_are_named(void **state)
{
	const struct head *head = head_of(&test_model);

	shape(0, 2, 9, 5);
	shape(1, 2, 9, 91);
	assert_int_equal(head->fit(&test_model, test_tensors, &error), -EINVAL);
	assert_non_null(strstr(error.text, "5 values for a box"));
	test_tensors[0].dims[1] = 4;
	assert_int_equal(head->fit(&test_model, test_tensors, &error), -EINVAL);
	assert_non_null(strstr(error.text, "91 confidences"));
}

/* As PyTorch's SSD leaves them: logits of the background and the labels, of many boxes. */
static void logits_of_labels_that_exclude_each_other_become_shares(void **state)
{
	static float boxes[90][4], scores[90][4];
	uint32_t found = 0;

	srand(3);
	for (int i = 0; i < 90; i++) {
		boxes[i][2] = boxes[i][3] = 8;
		for (int k = 0; k < 4; k++)
			scores[i][k] = (float)(rand() % 1200) / 100 - 6;
	}
	test_detect.background = test_detect.softmax = true;
	test_detect.iou = 1;
	test_detect.threshold = 0.6f;
	shape(0, 2, 90, 4);
	shape(1, 2, 90, 4);
	assert_int_equal(test_head_read(boxes[0], scores[0], NULL), 0);
	/* The plain way. */
	for (int i = 0; i < 90; i++) {
		double sum = 0;

		for (int k = 0; k < 4; k++)
			sum += exp((double)scores[i][k]);
		for (int k = 1; k < 4; k++) {
			const double share = exp((double)scores[i][k]) / sum;
			uint32_t at = 0;

			if (share < 0.6)
				continue;
			while (at < test_result.count &&
				!(test_result.findings[at].index == k - 1 &&
					fabs((double)test_result.findings[at].confidence - share) <
						1e-6))
				at++;
			found++;
			assert_true(at < test_result.count);
		}
	}
	assert_true(found > 10);
	assert_int_equal(test_result.count, found);
	scores[7][2] = NAN;
	assert_int_equal(test_head_read(boxes[0], scores[0], NULL), -EDOM);
}

#define TEST(name) cmocka_unit_test_setup(name, empty)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(logits_of_labels_that_exclude_each_other_become_shares),
		TEST(classes_may_stand_apart),
		TEST(a_label_that_there_is_not_is_an_error),
		TEST(no_more_boxes_are_read_than_are_meant),
		TEST(the_background_is_no_label),
		TEST(detr_shares_among_labels_and_nothing),
		TEST(what_is_no_confidence_is_an_error),
		TEST(shapes_that_do_not_fit_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
