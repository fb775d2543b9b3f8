/* What becomes of GPUs and drivers that do not do what they should: on a driver that is none
 * (tests/gpu/fake). What they do on a GPU, tests/gpu/ runs on a machine that has one. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/clock.h"
#include "devices/cuda/stream.h"
#include "devices/kernels/binary.h"
#include "devices/kernels/reference.h"
#include "tests/gpu/fake/open.h"

struct fixture {
	struct cuda_api api;
	struct cuda_device device;
	struct cuda_program program;
	struct cuda_stream stream;
	struct gw_error error;
};

static int set_up(void **state)
{
	static struct fixture f;

	fakes_open();
	f = (struct fixture){0};
	*state = &f;
	assert_int_equal(cuda_library_open(&f.api, &f.error), 0);
	return 0;
}

static void open_stream(struct fixture *f)
{
	assert_int_equal(cuda_device_find(&f->api, NULL, &f->device, &f->error), 0);
	assert_int_equal(
		cuda_program_open(&f->program, &f->api, &f->device, kernels_cuda, &f->error), 0);
	assert_int_equal(cuda_stream_open(&f->stream, &f->program, &f->error), 0);
}

static void close_stream(struct fixture *f)
{
	cuda_stream_close(&f->stream);
	cuda_program_close(&f->program);
	assert_int_equal(fake_driver->allocations, 0);
}

static void assert_line(const struct gw_error *error, const char *word)
{
	assert_non_null(strstr(error->text, word));
	assert_null(strchr(error->text, '\n'));
}

static void the_kernels_are_there_as_a_driver_takes_them(void **state)
{
	assert_true(kernels_cuda_size > 4096);
	assert_memory_equal(kernels_cuda, "\x50\xed\x55\xba", 4);
}

static void a_gpu_is_found_by_part_of_its_name_in_any_case(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(cuda_device_find(&f->api, "A MOCK", &f->device, &f->error), 0);
	assert_int_equal(f->device.major, 9);
	assert_int_equal(cuda_device_find(&f->api, "no such", &f->device, &f->error), -EINVAL);
	assert_line(&f->error, "no such");
	assert_line(&f->error, "No GPU (a mock)");
}

static void a_machine_without_a_gpu_is_told_where_to_look(void **state)
{
	struct fixture *f = *state;

	fake_driver->devices = 0;
	assert_int_equal(cuda_device_find(&f->api, NULL, &f->device, &f->error), -ENODEV);
	assert_line(&f->error, "nvidia-smi");
	fake_driver->init = CUDA_ERROR_NO_DEVICE;
	assert_int_equal(cuda_device_find(&f->api, NULL, &f->device, &f->error), -ENODEV);
	assert_line(&f->error, "no GPU");
	fake_driver->init = CUDA_ERROR_NOT_INITIALIZED;
	assert_int_equal(cuda_device_find(&f->api, NULL, &f->device, &f->error), -ENODEV);
	assert_line(&f->error, "CUDA_ERROR_NOT_INITIALIZED");
}

static void kernels_that_do_not_load_say_why(void **state)
{
	static const struct {
		CUresult code;
		int status;
		const char *word;
	} cases[] = {
		{CUDA_ERROR_UNSUPPORTED_PTX_VERSION, -ENOTSUP, "update the driver"},
		{CUDA_ERROR_NO_BINARY_FOR_GPU, -ENOTSUP, "compute capability 9.0"},
		{CUDA_ERROR_INVALID_IMAGE, -EIO, "CUDA_ERROR_INVALID_IMAGE"},
		{CUDA_ERROR_OUT_OF_MEMORY, -ENOMEM, "CUDA_ERROR_OUT_OF_MEMORY"},
	};
	struct fixture *f = *state;

	assert_int_equal(cuda_device_find(&f->api, NULL, &f->device, &f->error), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fake_driver->load = cases[i].code;
		assert_int_equal(cuda_program_open(
					 &f->program, &f->api, &f->device, kernels_cuda, &f->error),
			cases[i].status);
		assert_line(&f->error, cases[i].word);
		cuda_program_close(&f->program);
		assert_int_equal(fake_driver->allocations, 0);
	}
}

static void a_stream_that_does_not_open_leaves_nothing_behind(void **state)
{
	struct fixture *f = *state;

	fake_driver->stream = CUDA_ERROR_OUT_OF_MEMORY;
	assert_int_equal(cuda_device_find(&f->api, NULL, &f->device, &f->error), 0);
	assert_int_equal(
		cuda_program_open(&f->program, &f->api, &f->device, kernels_cuda, &f->error), 0);
	assert_int_equal(cuda_stream_open(&f->stream, &f->program, &f->error), -ENOMEM);
	close_stream(f);
}

static void a_kernel_does_its_work_between_the_copies(void **state)
{
	struct shrink_job job = {
		.from_pitch = 20, .to_pitch = 5, .width = 20, .height = 10, .side = 4};
	uint8_t samples[200], out[15] = {0}, expected[15] = {0};
	CUdeviceptr from = 0, jobs = 0, to = 0;
	struct fixture *f = *state;
	CUfunction kernel;

	open_stream(f);
	for (uint32_t i = 0; i < sizeof(samples); i++)
		samples[i] = (uint8_t)(i * i);
	assert_int_equal(f->api.cuMemAlloc(&from, sizeof(samples)), CUDA_SUCCESS);
	assert_int_equal(f->api.cuMemAlloc(&jobs, sizeof(job)), CUDA_SUCCESS);
	assert_int_equal(f->api.cuMemAlloc(&to, sizeof(out)), CUDA_SUCCESS);
	assert_int_equal(cuda_program_kernel(&f->program, "shrink", &kernel, &f->error), 0);
	assert_int_equal(cuda_stream_up(&f->stream, from, samples, sizeof(samples), &f->error), 0);
	assert_int_equal(cuda_stream_up(&f->stream, jobs, &job, sizeof(job), &f->error), 0);
	assert_int_equal(cuda_stream_start(&f->stream, kernel, (const uint32_t[]){5, 3, 1},
				 (void *[]){&from, &jobs, &to}, &f->error),
		0);
	assert_int_equal(cuda_stream_down(&f->stream, out, to, sizeof(out), &f->error), 0);
	assert_int_equal(cuda_stream_wait(&f->stream, &f->error), 0);
	kernels_reference_shrink(samples, &job, 1, expected);
	assert_memory_equal(out, expected, sizeof(out));
	f->api.cuMemFree(from);
	f->api.cuMemFree(jobs);
	f->api.cuMemFree(to);
	close_stream(f);
}

static void a_kernel_that_is_not_there_is_told_by_its_name(void **state)
{
	struct fixture *f = *state;
	CUfunction kernel;

	open_stream(f);
	assert_int_equal(cuda_program_kernel(&f->program, "no_such", &kernel, &f->error), -EIO);
	assert_line(&f->error, "no_such");
	close_stream(f);
}

static void a_gpu_that_is_lost_is_told_and_waited_for_no_longer(void **state)
{
	const int64_t begin = gw_now();
	struct fixture *f = *state;

	open_stream(f);
	fake_driver->lost = CUDA_ERROR_ECC_UNCORRECTABLE;
	assert_int_equal(cuda_stream_wait(&f->stream, &f->error), -EIO);
	assert_line(&f->error, "CUDA_ERROR_ECC_UNCORRECTABLE");
	/* ... and while it is waited for. */
	fake_driver->lost = CUDA_SUCCESS;
	fake_driver->hangs = true;
	f->stream.patience_ns = GW_NS_PER_S / 20;
	assert_int_equal(cuda_stream_wait(&f->stream, &f->error), -ETIMEDOUT);
	assert_line(&f->error, "given up");
	fake_driver->hangs = false;
	assert_int_equal(cuda_stream_wait(&f->stream, &f->error), -ETIMEDOUT);
	assert_true(gw_now() - begin < 4 * GW_NS_PER_S);
	cuda_stream_close(&f->stream);
	/* Its stream is left to it. */
	assert_int_equal(fake_driver->allocations, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_kernels_are_there_as_a_driver_takes_them, set_up),
		cmocka_unit_test_setup(a_gpu_is_found_by_part_of_its_name_in_any_case, set_up),
		cmocka_unit_test_setup(a_machine_without_a_gpu_is_told_where_to_look, set_up),
		cmocka_unit_test_setup(kernels_that_do_not_load_say_why, set_up),
		cmocka_unit_test_setup(a_stream_that_does_not_open_leaves_nothing_behind, set_up),
		cmocka_unit_test_setup(a_kernel_does_its_work_between_the_copies, set_up),
		cmocka_unit_test_setup(a_kernel_that_is_not_there_is_told_by_its_name, set_up),
		cmocka_unit_test_setup(a_gpu_that_is_lost_is_told_and_waited_for_no_longer, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
