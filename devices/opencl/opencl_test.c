/* What becomes of devices and drivers that do not do what they should. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/clock.h"
#include "devices/kernels/source.h"
#include "devices/opencl/batch.h"

static const struct opencl_room room = {
	.blocks = 8, .tables = 1, .planes = 1, .pictures = 1, .samples = 512, .pixels = 64};

struct fixture {
	struct opencl_api api;
	struct opencl_device device;
	struct gw_error error;
};

static void open_device(struct fixture *f)
{
	int status = opencl_library_open(&f->api, &f->error);

	if (status == 0)
		status = opencl_device_find(&f->api, NULL, &f->device, &f->error);
	if (status != 0) {
		print_message("%s\n", f->error.text);
		skip();
	}
}

static void a_program_that_does_not_compile_shows_the_drivers_log_in_one_line(void **state)
{
	static const char source[] = "int fine(int x) {\n\treturn x;\n}\n"
				     "__kernel void idct(__global int *x)\n{\n"
				     "\t*x = no_such_name;\n}\n";
	struct opencl_program program;
	struct fixture f;

	open_device(&f);
	assert_int_equal(opencl_program_open(
				 &program, &f.api, &f.device, source, sizeof(source) - 1, &f.error),
		-EIO);
	assert_non_null(strstr(f.error.text, "no_such_name"));
	assert_non_null(strstr(f.error.text, f.device.name));
	assert_null(strchr(f.error.text, '\n'));
	opencl_program_close(&program);
}

static void a_device_is_found_by_part_of_its_name_in_any_case(void **state)
{
	struct opencl_device device;
	char part[4] = "";
	struct fixture f;

	open_device(&f);
	memcpy(part, f.device.platform_name, 3);
	for (char *at = part; *at; at++)
		*at ^= (*at >= 'A' && *at <= 'Z') || (*at >= 'a' && *at <= 'z') ? 0x20 : 0;
	assert_int_equal(opencl_device_find(&f.api, part, &device, &f.error), 0);
	assert_int_equal(opencl_device_find(&f.api, "no such device", &device, &f.error), -EINVAL);
	assert_non_null(strstr(f.error.text, "no such device"));
	assert_non_null(strstr(f.error.text, f.device.name));
}

static cl_int CL_API_CALL no_platforms(cl_uint most, cl_platform_id *platforms, cl_uint *count)
{
	return -1001;
}

static void a_machine_without_a_driver_is_told_what_to_install(void **state)
{
	struct opencl_device devices[OPENCL_DEVICES];
	struct fixture f;

	open_device(&f);
	f.api.clGetPlatformIDs = no_platforms;
	assert_int_equal(opencl_devices(&f.api, devices, &f.error), -ENODEV);
	assert_non_null(strstr(f.error.text, "pocl-opencl-icd"));
}

static struct opencl_batch *open_batch(struct fixture *f, struct opencl_program *program)
{
	assert_int_equal(opencl_program_open(program, &f->api, &f->device,
				 (const char *)kernels_opencl, kernels_opencl_size, &f->error),
		0);
	struct opencl_batch *batch = opencl_batch_create(program, &room, &f->error);

	assert_non_null(batch);
	return batch;
}

/* One block that is grey: 8 times (200 - 128). */
static void fill(struct opencl_batch *batch)
{
	opencl_batch_reset(batch);
	memset(batch->block, 0, 64 * sizeof(int16_t));
	batch->block[0] = 8 * 72;
	for (int i = 0; i < 64; i++)
		batch->table[i] = 1;
	batch->plane[0] =
		(struct idct_job){.stride = 1, .across = 1, .down = 1, .pitch = 8, .side = 8};
	batch->used = (struct opencl_room){.blocks = 1, .tables = 1, .planes = 1, .samples = 64};
}

static cl_int CL_API_CALL refuse(cl_command_queue queue, cl_kernel kernel, cl_uint dimensions,
	const size_t *offset, const size_t *global, const size_t *local, cl_uint count,
	const cl_event *wait, cl_event *event)
{
	return CL_OUT_OF_RESOURCES;
}

static void a_device_that_refuses_is_told_and_may_be_tried_again(void **state)
{
	struct opencl_program program;
	struct fixture f;

	open_device(&f);
	struct opencl_batch *batch = open_batch(&f, &program);
	const __typeof__(f.api.clEnqueueNDRangeKernel) start = f.api.clEnqueueNDRangeKernel;

	fill(batch);
	f.api.clEnqueueNDRangeKernel = refuse;
	assert_int_equal(opencl_batch_run(batch, &f.error), -EIO);
	assert_non_null(strstr(f.error.text, "CL_OUT_OF_RESOURCES"));
	f.api.clEnqueueNDRangeKernel = start;
	fill(batch);
	assert_int_equal(opencl_batch_run(batch, &f.error), 0);
	for (int i = 0; i < 64; i++)
		assert_int_equal(batch->sample[i], 200);
	assert_true(opencl_batch_destroy(batch));
	opencl_program_close(&program);
}

static cl_int CL_API_CALL never_call_back(
	cl_event event, cl_int type, void(CL_CALLBACK *call)(cl_event, cl_int, void *), void *arg)
{
	return CL_SUCCESS;
}

/* It may still write: its memory stays, which leaves a few bytes behind here. */
static void a_device_that_never_answers_is_given_up_in_time(void **state)
{
	static struct opencl_program program;
	static struct fixture f;
	const int64_t begin = gw_now();

	open_device(&f);
	static struct opencl_batch *batch;
	batch = open_batch(&f, &program);
	f.api.clSetEventCallback = never_call_back;
	batch->patience_ns = GW_NS_PER_S / 20;
	fill(batch);
	assert_int_equal(opencl_batch_run(batch, &f.error), -ETIMEDOUT);
	assert_int_equal(opencl_batch_run(batch, &f.error), -ETIMEDOUT);
	assert_true(gw_now() - begin < 60 * GW_NS_PER_S);
	assert_false(opencl_batch_destroy(batch));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_program_that_does_not_compile_shows_the_drivers_log_in_one_line),
		cmocka_unit_test(a_device_is_found_by_part_of_its_name_in_any_case),
		cmocka_unit_test(a_machine_without_a_driver_is_told_what_to_install),
		cmocka_unit_test(a_device_that_refuses_is_told_and_may_be_tried_again),
		cmocka_unit_test(a_device_that_never_answers_is_given_up_in_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
