#include "accel/heads/test_head.h"

#include <string.h>

struct model_detect test_detect;
struct model_description test_model;
struct infer_tensor test_tensors[INFER_OUTPUTS];
struct gw_result test_result;

static _Alignas(8) uint8_t slot[65536];

void test_head_is(enum model_detector head)
{
	static char *labels[] = {"a", "b", "c"};
	static uint32_t strides[] = {8, 16, 32};

	test_detect = (struct model_detect){
		.head = head,
		.threshold = 0.25f,
		.iou = 0.5f,
		.max_boxes = GW_BOXES,
		.box = MODEL_BOX_XYXY,
		.strides = strides,
		.strides_count = 3,
	};
	test_model = (struct model_description){
		.task = GW_TASK_DETECT,
		.labels = labels,
		.labels_count = 3,
		.input = {.width = TEST_SIDE, .height = TEST_SIDE},
		.detect = &test_detect,
	};
	memset(test_tensors, 0, sizeof(test_tensors));
	memset(&test_result, 0, sizeof(test_result));
	test_result.extra = slot;
	test_result.extra_room = sizeof(slot);
}

void *test_head_open(void)
{
	const struct head *head = head_of(&test_model);
	void *room = head->open ? head->open(&test_model) : NULL;

	assert_true(room || !head->open);
	return room;
}

void test_head_close(void *room)
{
	const struct head *head = head_of(&test_model);

	if (head->close)
		head->close(room);
}

int test_head_read(const float *first, const float *second, const float *third)
{
	static const struct input_map same = {
		.step_x = 1, .step_y = 1, .right = TEST_SIDE, .bottom = TEST_SIDE};
	struct head_job job = {
		.description = &test_model,
		.map = &same,
		.tensors = test_tensors,
		.values = {first, second, third},
	};

	test_result.count = 0;
	test_result.extra_size = 0;
	job.room = test_head_open();
	for (int k = 0; k < INFER_OUTPUTS; k++)
		job.rows[k] = test_tensors[k].dims[0];
	const int status = head_of(&test_model)->read(&job, &test_result);

	test_head_close(job.room);
	return status;
}

void assert_box(
	uint32_t at, uint16_t label, float confidence, float x0, float y0, float x1, float y1)
{
	const struct gw_finding *box = &test_result.findings[at];

	assert_true(at < test_result.count);
	assert_int_equal(box->index, label);
	assert_float_equal(box->confidence, confidence, 1e-5);
	assert_float_equal(box->x0, x0, 1e-3);
	assert_float_equal(box->y0, y0, 1e-3);
	assert_float_equal(box->x1, x1, 1e-3);
	assert_float_equal(box->y1, y1, 1e-3);
}
