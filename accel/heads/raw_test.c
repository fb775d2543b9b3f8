#include <errno.h>
#include <string.h>

#include "accel/heads/test_head.h"

static void tensors_travel_as_they_are(void **state)
{
	static char first[] = "embedding", second[] = "score";
	static char *names[] = {first, second};
	struct model_raw options = {.tensors = names, .tensors_count = 2};
	const float embedding[] = {1, -2, 3.5f, 4, 5, 6}, score[] = {0.25f};
	struct infer_tensor tensors[INFER_OUTPUTS];

	test_head_is(MODEL_DETECT_BOXES);
	test_model.task = GW_TASK_RAW;
	test_model.detect = NULL;
	test_model.raw = &options;
	assert_int_equal(head_of(&test_model)->outputs(&test_model, tensors), 2);
	assert_string_equal(tensors[1].name, "score");
	assert_true(tensors[1].free);
	test_tensors[0] = (struct infer_tensor){.rank = 2, .dims = {2, 3}};
	test_tensors[1] = (struct infer_tensor){.rank = 0};
	assert_int_equal(test_head_read(embedding, score, NULL), 0);
	assert_int_equal(test_result.task, GW_TASK_RAW);
	assert_int_equal(test_result.count, 2);
	const struct gw_values *values = gw_result_rest(&test_result, &test_result.findings[0]);

	assert_int_equal(values->rank, 2);
	assert_int_equal(values->dims[1], 3);
	assert_memory_equal(values->value, embedding, sizeof(embedding));
	values = gw_result_rest(&test_result, &test_result.findings[1]);
	assert_int_equal(values->rank, 0);
	assert_float_equal(values->value[0], 0.25, 0);
	test_result.extra_room = 30;
	assert_int_equal(test_head_read(embedding, score, NULL), -ENOBUFS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(tensors_travel_as_they_are)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
