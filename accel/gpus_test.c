/* What the list of back-ends says of GPUs: on a driver that is none (tests/gpu/fake). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "accel/gpus.h"
#include "tests/gpu/fake/open.h"

static void gpus_and_nvjpeg_are_listed_with_their_versions(void **state)
{
	struct engine_facts facts[4];

	fakes_open();
	fake_driver->devices = 2;
	assert_int_equal(gpus_list(facts, 4), 3);
	for (int i = 0; i < 2; i++) {
		assert_string_equal(facts[i].name, "cuda");
		assert_true(facts[i].there);
		assert_non_null(strstr(facts[i].version, "(a mock), compute capability 9.0, CUDA"));
	}
	assert_string_equal(facts[2].name, "nvjpeg");
	assert_true(facts[2].there);
	assert_string_equal(facts[2].version, "13.0.0");
	/* More than there is room for. */
	assert_int_equal(gpus_list(facts, 2), 2);
	assert_string_equal(facts[1].name, "nvjpeg");
}

static void a_machine_without_a_gpu_is_told_what_is_missing(void **state)
{
	struct engine_facts facts[4];

	fakes_open();
	fake_driver->devices = 0;
	assert_int_equal(gpus_list(facts, 4), 2);
	assert_false(facts[0].there);
	assert_non_null(strstr(facts[0].missing, "no GPU"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gpus_and_nvjpeg_are_listed_with_their_versions),
		cmocka_unit_test(a_machine_without_a_gpu_is_told_what_is_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
