#include "core/test.h"

#include <string.h>

#include "accel/engines.h"

static struct gw_error error;

static void an_engine_is_found_by_name(void **state)
{
	assert_ptr_equal(engine_find("null", &error), &infer_null);
}

static void an_unknown_engine_is_answered_with_those_that_are_there(void **state)
{
	assert_null(engine_find("warp", &error));
	assert_non_null(strstr(error.text, "\"warp\""));
	assert_non_null(strstr(error.text, "null"));
}

/* It would answer without having looked at the model. */
static void the_null_engine_is_never_chosen_by_itself(void **state)
{
	const struct infer_ops *engine = engine_find(NULL, &error);

	assert_ptr_not_equal(engine, &infer_null);
	if (!engine)
		assert_non_null(strstr(error.text, "libonnxruntime-dev"));
}

static void an_engine_that_cannot_read_the_decoders_memory_is_refused(void **state)
{
	assert_int_equal(engine_check_memory(&infer_null, GW_MEM_HOST, &error), 0);
	assert_int_not_equal(engine_check_memory(&infer_null, GW_MEM_CUDA, &error), 0);
	assert_non_null(strstr(error.text, "CUDA"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_engine_is_found_by_name),
		cmocka_unit_test(an_unknown_engine_is_answered_with_those_that_are_there),
		cmocka_unit_test(the_null_engine_is_never_chosen_by_itself),
		cmocka_unit_test(an_engine_that_cannot_read_the_decoders_memory_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
