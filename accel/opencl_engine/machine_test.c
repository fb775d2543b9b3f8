/* The operators' kernels on every OpenCL device of the machine against the same as C, on random
 * jobs; and what becomes of a device that fails. */
#include "accel/engine_plans/test_jobs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "accel/opencl_engine/machine.h"
#include "core/clock.h"

/* Opens a device, or skips and says why; NULL: there is none of that number. */
static struct machine *open_machine(
	struct bench *b, struct opencl_api *api, uint32_t index, struct gw_error *error)
{
	struct opencl_device devices[OPENCL_DEVICES];
	int count = opencl_library_open(api, error), status;

	if (count == 0)
		count = opencl_devices(api, devices, error);
	if (count < 0) {
		print_message("%s\n", error->text);
		skip();
	}
	if ((uint32_t)count <= index)
		return NULL;
	struct machine *machine =
		machine_open(api, &devices[index], &b->graph, b->plan, b->plans, &status, error);

	if (!machine)
		fail_msg("%s", error->text);
	return machine;
}

/* The arena goes in as a whole, and comes back. */
static int run(struct bench *b, struct machine *machine, uint32_t plan, float *back,
	struct gw_error *error)
{
	const struct machine_copy in = {.at = WEIGHTS,
		.size = (ARENA + OP_SLACK) * sizeof(float),
		.host = b->memory + WEIGHTS};
	const struct machine_copy out = {
		.at = WEIGHTS, .size = (ARENA + OP_SLACK) * sizeof(float), .host = back};

	return machine_run(machine, plan, &in, 1, &out, 1, error);
}

static void assert_runs(struct bench *b, struct machine *machine, uint32_t plan)
{
	float *back = malloc((ARENA + OP_SLACK) * sizeof(float));
	struct gw_error error = {""};

	if (run(b, machine, plan, back, &error) != 0)
		fail_msg("%s", error.text);
	assert_as_reference(b, plan, back);
	free(back);
}

static void random_jobs_come_out_as_the_reference_has_them(void **state)
{
	struct bench *b = open_bench();
	struct machine *machine;
	struct opencl_api api;
	struct gw_error error;

	random_jobs(b);
	for (uint32_t device = 0; (machine = open_machine(b, &api, device, &error)); device++) {
		for (uint32_t i = 0; i < JOBS; i++)
			assert_runs(b, machine, i);
		assert_true(machine_close(machine));
	}
	close_bench(b);
}

static cl_int refuse_code;

static cl_int CL_API_CALL refuse(cl_command_queue queue, cl_kernel kernel, cl_uint dimensions,
	const size_t *offset, const size_t *global, const size_t *local, cl_uint count,
	const cl_event *wait, cl_event *event)
{
	return refuse_code;
}

static void a_device_that_refuses_says_how_and_may_be_tried_again(void **state)
{
	static const struct {
		cl_int code;
		int status;
	} cases[] = {{CL_OUT_OF_RESOURCES, -ENOMEM}, {CL_MEM_OBJECT_ALLOCATION_FAILURE, -ENOMEM},
		{CL_DEVICE_NOT_AVAILABLE, -ENODEV}, {CL_INVALID_KERNEL_ARGS, -EIO}};
	float *back = malloc((ARENA + OP_SLACK) * sizeof(float));
	struct opencl_api api;
	struct gw_error error;
	struct bench *b = open_bench();

	random_job(b, OPERATORS_CONV);
	struct machine *machine = open_machine(b, &api, 0, &error);
	const __typeof__(api.clEnqueueNDRangeKernel) start = api.clEnqueueNDRangeKernel;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		refuse_code = cases[i].code;
		api.clEnqueueNDRangeKernel = refuse;
		assert_int_equal(run(b, machine, 0, back, &error), cases[i].status);
		assert_non_null(strstr(error.text, "OpenCL"));
		assert_null(strchr(error.text, '\n'));
		api.clEnqueueNDRangeKernel = start;
		assert_runs(b, machine, 0);
	}
	assert_true(machine_close(machine));
	close_bench(b);
	free(back);
}

static void more_than_the_device_gives_is_told_with_what_to_do(void **state)
{
	struct opencl_device device;
	struct opencl_api api;
	struct gw_error error;
	struct bench *b = open_bench();
	int status = 0;

	random_job(b, OPERATORS_CONV);
	assert_true(machine_close(open_machine(b, &api, 0, &error)));
	assert_int_equal(opencl_device_find(&api, NULL, &device, &error), 0);
	device.largest = 1000;
	assert_null(machine_open(&api, &device, &b->graph, b->plan, 1, &status, &error));
	assert_int_equal(status, -ENOMEM);
	assert_non_null(strstr(error.text, "batch.max"));
	close_bench(b);
}

static cl_int CL_API_CALL never_call_back(
	cl_event event, cl_int type, void(CL_CALLBACK *call)(cl_event, cl_int, void *), void *arg)
{
	return CL_SUCCESS;
}

/* It may still write: its memory stays, which leaves some bytes behind here. */
static void a_device_that_never_answers_is_given_up_in_time(void **state)
{
	static struct opencl_api api;
	static struct bench *b;
	static float back[ARENA + OP_SLACK];
	static struct machine *machine;
	const int64_t begin = gw_now();
	struct gw_error error;

	b = open_bench();
	random_job(b, OPERATORS_CONV);
	machine = open_machine(b, &api, 0, &error);
	assert_runs(b, machine, 0);
	api.clSetEventCallback = never_call_back;
	machine_set_patience(machine, GW_NS_PER_S / 20);
	assert_int_equal(run(b, machine, 0, back, &error), -ENODEV);
	assert_non_null(strstr(error.text, "does not answer"));
	assert_int_equal(run(b, machine, 0, back, &error), -ENODEV);
	assert_true(gw_now() - begin < 60 * GW_NS_PER_S);
	assert_false(machine_close(machine));
}

static cl_int CL_API_CALL refuse_flush(cl_command_queue queue)
{
	return CL_OUT_OF_RESOURCES;
}

/* Its callback comes late, and would be taken for that of a later batch. */
static void a_device_that_cannot_be_waited_for_is_given_up(void **state)
{
	static struct opencl_api api;
	static struct bench *b;
	static float back[ARENA + OP_SLACK];
	static struct machine *machine;
	struct gw_error error;

	b = open_bench();
	random_job(b, OPERATORS_CONV);
	machine = open_machine(b, &api, 0, &error);
	const __typeof__(api.clFlush) flush = api.clFlush;

	api.clFlush = refuse_flush;
	assert_int_equal(run(b, machine, 0, back, &error), -ENODEV);
	assert_true(machine_is_given_up(machine));
	api.clFlush = flush;
	assert_int_equal(run(b, machine, 0, back, &error), -ENODEV);
	assert_false(machine_close(machine));
}

/* A driver that tells of one command alone that it did not go well. */
static struct opencl_api driver;
static cl_event bad;
static cl_int bad_status;

static cl_int CL_API_CALL bad_read(cl_command_queue queue, cl_mem buffer, cl_bool blocking,
	size_t offset, size_t size, void *to, cl_uint count, const cl_event *wait, cl_event *event)
{
	const cl_int code = driver.clEnqueueReadBuffer(
		queue, buffer, blocking, offset, size, to, count, wait, event);

	bad = event ? *event : NULL;
	return code;
}

static cl_int CL_API_CALL bad_kernel(cl_command_queue queue, cl_kernel kernel, cl_uint dimensions,
	const size_t *offset, const size_t *global, const size_t *local, cl_uint count,
	const cl_event *wait, cl_event *event)
{
	const cl_int code = driver.clEnqueueNDRangeKernel(
		queue, kernel, dimensions, offset, global, local, count, wait, event);

	bad = event ? *event : NULL;
	return code;
}

static cl_int CL_API_CALL bad_marker(
	cl_command_queue queue, cl_uint count, const cl_event *wait, cl_event *event)
{
	const cl_int code = driver.clEnqueueMarkerWithWaitList(queue, count, wait, event);

	bad = *event;
	return code;
}

static cl_int CL_API_CALL tell(
	cl_event event, cl_event_info what, size_t size, void *value, size_t *given)
{
	if (event != bad)
		return driver.clGetEventInfo(event, what, size, value, given);
	memcpy(value, &bad_status, sizeof(bad_status));
	return CL_SUCCESS;
}

static void assert_told(
	struct bench *b, struct opencl_api *api, struct machine *machine, cl_int status, int result)
{
	static float back[ARENA + OP_SLACK];
	struct gw_error error;

	bad = NULL;
	bad_status = status;
	api->clGetEventInfo = tell;
	assert_int_equal(run(b, machine, 0, back, &error), result);
	assert_non_null(strstr(error.text, "a batch failed"));
	*api = driver;
	assert_runs(b, machine, 0);
}

static void a_command_that_fails_fails_the_batch_whatever_the_marker_says(void **state)
{
	struct bench *b = open_bench();
	struct opencl_api api;
	struct gw_error error;

	random_job(b, OPERATORS_CONV);
	struct machine *machine = open_machine(b, &api, 0, &error);

	driver = api;
	api.clEnqueueReadBuffer = bad_read;
	assert_told(b, &api, machine, CL_OUT_OF_RESOURCES, -ENOMEM);
	api.clEnqueueNDRangeKernel = bad_kernel;
	assert_told(b, &api, machine, CL_DEVICE_NOT_AVAILABLE, -ENODEV);
	api.clEnqueueMarkerWithWaitList = bad_marker;
	assert_told(b, &api, machine, CL_RUNNING, -EIO);
	assert_true(machine_close(machine));
	close_bench(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_jobs_come_out_as_the_reference_has_them),
		cmocka_unit_test(a_device_that_refuses_says_how_and_may_be_tried_again),
		cmocka_unit_test(more_than_the_device_gives_is_told_with_what_to_do),
		cmocka_unit_test(a_command_that_fails_fails_the_batch_whatever_the_marker_says),
		cmocka_unit_test(a_device_that_cannot_be_waited_for_is_given_up),
		cmocka_unit_test(a_device_that_never_answers_is_given_up_in_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
