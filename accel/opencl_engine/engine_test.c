/* The engine against ONNX Runtime: on the trained models, on the failures that a model may have. */
#include "accel/engine_plans/test_plans.h"

#include "accel/repository/test_models.h"
#include "devices/opencl/devices.h"

static bool has_device(void)
{
	struct opencl_device devices[OPENCL_DEVICES];
	struct opencl_api api;
	struct gw_error error;
	int count = opencl_library_open(&api, &error);

	if (count == 0)
		count = opencl_devices(&api, devices, &error);
	if (count < 0)
		print_message("%s\n", error.text);
	return count > 0;
}

static void all_models_give_what_onnx_runtime_gives(void **state)
{
	test_plans_equal_onnx_runtime(&infer_opencl, UINT32_MAX);
}

static void a_model_that_does_not_fit_is_one_line(void **state)
{
	test_plans_refuse_in_one_line(&infer_opencl);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_model_that_does_not_fit_is_one_line),
		cmocka_unit_test(all_models_give_what_onnx_runtime_gives),
	};

	if (!test_plans_ready() || !has_device())
		return TEST_SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
