/* The engine against ONNX Runtime: on the trained models where the machine has a GPU, and on the
 * smallest of them on a driver that is none (tests/gpu/fake); and models that do not fit. */
#include "accel/engine_plans/test_plans.h"

#include "accel/repository/test_models.h"
#include "tests/gpu/fake/open.h"

static bool no_gpu;

static void models_give_what_onnx_runtime_gives(void **state)
{
	test_plans_equal_onnx_runtime(&infer_cuda, no_gpu ? 1 : UINT32_MAX);
	if (no_gpu)
		assert_int_equal(fake_driver->allocations, 0);
}

static void a_model_that_does_not_fit_is_one_line(void **state)
{
	test_plans_refuse_in_one_line(&infer_cuda);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_model_that_does_not_fit_is_one_line),
		cmocka_unit_test(models_give_what_onnx_runtime_gives),
	};

	no_gpu = fakes_open_without_gpu();
	if (!test_plans_ready())
		return TEST_SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
