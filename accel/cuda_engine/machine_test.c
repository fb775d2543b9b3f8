/* The operators' kernels on every GPU of the machine against the same as C, on random jobs; and
 * what becomes of a GPU that fails: on a driver that is none (tests/gpu/fake) where there is no
 * GPU. */
#include "accel/engine_plans/test_jobs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "accel/cuda_engine/machine.h"
#include "core/clock.h"
#include "tests/gpu/fake/open.h"

static bool no_gpu;
static struct cuda_api api;
static struct gw_error error;

/* NULL: there is none of that number. */
static struct cuda_machine *open_machine(struct bench *b, uint32_t index)
{
	struct cuda_device devices[CUDA_DEVICES];
	const int count = cuda_devices(&api, devices, &error);
	int status;

	if (count < 0)
		fail_msg("%s", error.text);
	if ((uint32_t)count <= index)
		return NULL;
	struct cuda_machine *machine = cuda_machine_open(
		&api, &devices[index], &b->graph, b->plan, b->plans, &status, &error);

	if (!machine)
		fail_msg("%s", error.text);
	return machine;
}

/* The arena goes in as a whole, and comes back. */
static int run(struct bench *b, struct cuda_machine *machine, uint32_t plan, float *back)
{
	const struct cuda_machine_copy in = {.at = WEIGHTS,
		.size = (ARENA + OP_SLACK) * sizeof(float),
		.host = b->memory + WEIGHTS};
	const struct cuda_machine_copy out = {
		.at = WEIGHTS, .size = (ARENA + OP_SLACK) * sizeof(float), .host = back};

	return cuda_machine_run(machine, plan, &in, 1, &out, 1, &error);
}

static void assert_runs(struct bench *b, struct cuda_machine *machine, uint32_t plan)
{
	float *back = malloc((ARENA + OP_SLACK) * sizeof(float));

	if (run(b, machine, plan, back) != 0)
		fail_msg("%s", error.text);
	assert_as_reference(b, plan, back);
	free(back);
}

static void random_jobs_come_out_as_the_reference_has_them(void **state)
{
	struct bench *b = open_bench();
	struct cuda_machine *machine;

	random_jobs(b);
	for (uint32_t device = 0; (machine = open_machine(b, device)); device++) {
		for (uint32_t i = 0; i < JOBS; i++)
			assert_runs(b, machine, i);
		assert_true(cuda_machine_close(machine));
	}
	close_bench(b);
}

static void a_plan_goes_to_the_gpu_by_one_call(void **state)
{
	struct bench *b = open_bench();
	struct cuda_machine *machine;

	if (!no_gpu)
		skip();
	random_job(b, OPERATORS_CONV);
	machine = open_machine(b, 0);
	assert_int_equal(fake_driver->launches, 0);
	assert_runs(b, machine, 0);
	assert_runs(b, machine, 0);
	assert_int_equal(fake_driver->graphs, 2);
	assert_int_equal(fake_driver->launches, 2);
	assert_true(cuda_machine_close(machine));
	assert_int_equal(fake_driver->allocations, 0);
	close_bench(b);
}

static void a_gpu_that_fails_says_so_and_may_be_tried_again(void **state)
{
	float *back = malloc((ARENA + OP_SLACK) * sizeof(float));
	struct bench *b = open_bench();

	if (!no_gpu)
		skip();
	random_job(b, OPERATORS_CONV);
	struct cuda_machine *machine = open_machine(b, 0);

	fake_driver->lost = CUDA_ERROR_ECC_UNCORRECTABLE;
	assert_int_equal(run(b, machine, 0, back), -EIO);
	assert_non_null(strstr(error.text, "CUDA_ERROR_ECC_UNCORRECTABLE"));
	assert_null(strchr(error.text, '\n'));
	fake_driver->lost = CUDA_SUCCESS;
	assert_runs(b, machine, 0);
	assert_true(cuda_machine_close(machine));
	close_bench(b);
	free(back);
}

static void a_gpu_that_never_answers_is_given_up(void **state)
{
	/* It has its memory for ever; the bench's too. */
	static float back[ARENA + OP_SLACK];
	static struct cuda_machine *machine;
	static struct bench *b;

	if (!no_gpu)
		skip();
	b = open_bench();
	random_job(b, OPERATORS_CONV);
	machine = open_machine(b, 0);

	cuda_machine_set_patience(machine, GW_NS_PER_S / 10);
	fake_driver->hangs = true;
	assert_int_equal(run(b, machine, 0, back), -ENODEV);
	assert_non_null(strstr(error.text, "given up"));
	assert_true(cuda_machine_is_given_up(machine));
	fake_driver->hangs = false;
	assert_int_equal(run(b, machine, 0, back), -ENODEV);
	assert_false(cuda_machine_close(machine));
}

static void assert_refused(struct bench *b, int expected, const char *words)
{
	struct cuda_device devices[CUDA_DEVICES];
	int status = 0;

	assert_true(cuda_devices(&api, devices, &error) > 0);
	assert_null(cuda_machine_open(
		&api, &devices[0], &b->graph, b->plan, b->plans, &status, &error));
	assert_int_equal(status, expected);
	assert_non_null(strstr(error.text, words));
	assert_null(strchr(error.text, '\n'));
	assert_int_equal(fake_driver->allocations, 0);
}

static void what_a_gpu_does_not_take_is_told_with_what_to_do(void **state)
{
	struct bench *b = open_bench();

	if (!no_gpu)
		skip();
	random_job(b, OPERATORS_CONV);
	fake_driver->memory = CUDA_ERROR_OUT_OF_MEMORY;
	assert_refused(b, -ENOMEM, "lower batch.max in model.yaml");
	fake_driver->memory = CUDA_SUCCESS;
	fake_driver->load = CUDA_ERROR_NO_BINARY_FOR_GPU;
	assert_refused(b, -ENOTSUP, "the kernels need 7.5 or later");
	fake_driver->load = CUDA_SUCCESS;
	b->step[0].items[2] = 65536;
	assert_refused(b, -ENOTSUP, "65535 are possible: lower batch.max in model.yaml");
	close_bench(b);
}

static int as_it_should(void **state)
{
	if (no_gpu)
		fakes_open();
	return cuda_library_open(&api, &error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
			random_jobs_come_out_as_the_reference_has_them, as_it_should),
		cmocka_unit_test_setup(a_plan_goes_to_the_gpu_by_one_call, as_it_should),
		cmocka_unit_test_setup(
			a_gpu_that_fails_says_so_and_may_be_tried_again, as_it_should),
		cmocka_unit_test_setup(
			what_a_gpu_does_not_take_is_told_with_what_to_do, as_it_should),
		cmocka_unit_test_setup(a_gpu_that_never_answers_is_given_up, as_it_should),
	};

	no_gpu = fakes_open_without_gpu();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
