/* Pictures of the device's memory and of the host's in batches of the engine, and what becomes of a
 * batch with one that the device does not place. */
#include "core/test.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "accel/input/test_placement.h"
#include "accel/opencl_engine/engine.h"
#include "accel/repository/tiny_onnx.h"
#include "core/clock.h"
#include "devices/kernels/source.h"
#include "devices/opencl/program.h"

#define SIDE 24u
#define PICTURES 4u
#define BATCHES 2u
#define VALUES (3u * SIDE * SIDE)

/* As much as device and processor may differ: 0.15 levels, of which a value has 0.03. */
#define TOLERANCE 0.005f

static struct gw_error error;
static const struct gw_accel_config config = {.threads = 1};
static struct gw_device there = {.memory = GW_MEM_OPENCL};

struct fixture {
	struct opencl_api api;
	struct opencl_program program; /* whose context is the engine's too */
	cl_command_queue queue;
	struct test_placement here[PICTURES];
	struct gw_surface far[PICTURES]; /* the same, on the device */
	struct infer_batch batches[BATCHES];
	struct infer_spec spec;
};

static cl_mem make_buffer(struct fixture *f, const struct gw_surface *from)
{
	cl_int code;
	cl_mem buffer = f->api.clCreateBuffer(f->program.context,
		CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR, from->capacity, from->room, &code);

	assert_non_null(buffer);
	return buffer;
}

static void open_fixture(struct fixture *f)
{
	static const enum gw_format formats[PICTURES] = {
		GW_FORMAT_I420, GW_FORMAT_RGB, GW_FORMAT_I422, GW_FORMAT_I444};
	struct opencl_device device;
	cl_int code;

	memset(f, 0, sizeof(*f));
	if (opencl_library_open(&f->api, &error) != 0 ||
		opencl_device_find(&f->api, NULL, &device, &error) != 0) {
		print_message("%s\n", error.text);
		skip();
	}
	if (opencl_program_open(&f->program, &f->api, &device, (const char *)kernels_opencl,
		    kernels_opencl_size, &error) != 0)
		fail_msg("%s", error.text);
	f->queue = f->api.clCreateCommandQueue(f->program.context, device.id, 0, &code);
	assert_non_null(f->queue);
	for (uint32_t i = 0; i < PICTURES; i++) {
		test_placement_open_as(
			&f->here[i], formats[i], (uint16_t)(70 + i), (uint16_t)(50 + 2 * i), SIDE);
		f->here[i].surface.refs = 1;
		f->far[i] = f->here[i].surface;
		f->far[i].device = &there;
		f->far[i].object = make_buffer(f, &f->here[i].surface);
		memset(f->far[i].plane, 0, sizeof(f->far[i].plane));
	}
	f->spec = (struct infer_spec){.name = "tiny",
		.config = &config,
		.picture = &f->here[0].input,
		.input = {.name = "image", .rank = 3, .dims = {3, SIDE, SIDE}},
		.output = {{.name = "out", .free = true}},
		.output_count = 1,
		.max_batch = PICTURES,
		.batches = f->batches,
		.batch_count = BATCHES};
}

/* Nobody holds a picture any more. */
static void close_fixture(struct fixture *f)
{
	for (uint32_t i = 0; i < PICTURES; i++) {
		assert_int_equal(f->far[i].refs, 1);
		assert_int_equal(f->here[i].surface.refs, 1);
		f->api.clReleaseMemObject(f->far[i].object);
		test_placement_close(&f->here[i]);
	}
	f->api.clReleaseCommandQueue(f->queue);
	opencl_program_close(&f->program);
}

/* What comes out of it is what goes in. */
static void *open_engine(struct fixture *f)
{
	const struct tiny_graph graph = {.op = "Flatten",
		.input = {"image", TINY_FLOAT, 4, {0, 3, SIDE, SIDE}},
		.output = {"out", TINY_FLOAT, 2, {0, VALUES}}};
	char path[] = "/tmp/framegate-model-XXXXXX";
	const int file = mkstemp(path);
	static struct gw_device host = {.memory = GW_MEM_HOST};
	void *engine = NULL;

	assert_true(file >= 0);
	close(file);
	assert_true(tiny_onnx_write(&graph, path));
	f->spec.path = path;
	if (infer_opencl.open(&f->spec, &host, &engine, &error) != 0)
		fail_msg("%s", error.text);
	unlink(path);
	return engine;
}

static const struct infer_batch *run(struct fixture *f, void *engine, uint32_t index)
{
	struct infer_batch *batch = NULL;

	f->batches[index].count = PICTURES;
	infer_opencl.submit(engine, &f->batches[index]);
	for (int i = 0; i < 600000 && infer_opencl.poll(engine, &batch, 1) == 0; i++)
		nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
	assert_ptr_equal(batch, &f->batches[index]);
	return batch;
}

static void place(struct fixture *f, void *engine, uint32_t batch, uint32_t index, bool far)
{
	infer_opencl.place(engine, &f->batches[batch], index,
		far ? &f->far[index] : &f->here[index].surface, &f->here[index].geometry);
}

/* All from the host, then each mixture: a place that was the one's before is the other's. */
static void a_batch_has_pictures_of_the_device_and_of_the_host(void **state)
{
	struct fixture f;

	open_fixture(&f);
	assert_int_equal(infer_opencl.memory, GW_MEM_OPENCL);
	void *engine = open_engine(&f);

	for (uint32_t i = 0; i < PICTURES; i++)
		place(&f, engine, 0, i, false);
	const float *usual = run(&f, engine, 0)->output[0];

	for (uint32_t far = 0; far < 1u << PICTURES; far++) {
		for (uint32_t i = 0; i < PICTURES; i++)
			place(&f, engine, 1, i, far & 1u << i);
		const struct infer_batch *batch = run(&f, engine, 1);

		assert_int_equal(batch->status, 0);
		for (uint32_t i = 0; i < PICTURES * VALUES; i++)
			if (!(fabsf(batch->output[0][i] - usual[i]) <= TOLERANCE))
				fail_msg("%x: value %u is %g instead of %g", far, i,
					(double)batch->output[0][i], (double)usual[i]);
		memset(f.batches[1].output[0], 0, PICTURES * VALUES * sizeof(float));
	}
	infer_opencl.close(engine);
	close_fixture(&f);
}

static cl_int CL_API_CALL refuse_kernel(cl_command_queue queue, cl_kernel kernel,
	cl_uint dimensions, const size_t *offset, const size_t *global, const size_t *local,
	cl_uint count, const cl_event *wait, cl_event *event)
{
	return CL_DEVICE_NOT_AVAILABLE;
}

static void a_batch_with_a_picture_that_is_refused_fails_and_the_next_is_well(void **state)
{
	struct fixture f;

	open_fixture(&f);
	struct opencl_engine *engine = open_engine(&f);

	for (uint32_t i = 0; i < PICTURES; i++) {
		engine->api.clEnqueueNDRangeKernel =
			i == 2 ? refuse_kernel : f.api.clEnqueueNDRangeKernel;
		place(&f, engine, 0, i, true);
	}
	engine->api.clEnqueueNDRangeKernel = f.api.clEnqueueNDRangeKernel;
	assert_int_equal(f.batches[0].unplaced, 1);
	assert_true(infer_device_failed(run(&f, engine, 0)->status));
	for (uint32_t i = 0; i < PICTURES; i++)
		place(&f, engine, 0, i, true);
	assert_int_equal(run(&f, engine, 0)->status, 0);
	infer_opencl.close(engine);
	close_fixture(&f);
}

static cl_int CL_API_CALL say_failed(
	cl_event event, cl_event_info name, size_t size, void *value, size_t *written)
{
	const cl_int status = CL_OUT_OF_RESOURCES;

	memcpy(value, &status, sizeof(status));
	return CL_SUCCESS;
}

static const struct opencl_api *driver;
static cl_event placed; /* the picture */

static cl_int CL_API_CALL note_kernel(cl_command_queue queue, cl_kernel kernel, cl_uint dimensions,
	const size_t *offset, const size_t *global, const size_t *local, cl_uint count,
	const cl_event *wait, cl_event *event)
{
	const cl_int code = driver->clEnqueueNDRangeKernel(
		queue, kernel, dimensions, offset, global, local, count, wait, event);

	placed = *event;
	return code;
}

static cl_int CL_API_CALL say_not_placed(
	cl_event event, cl_event_info name, size_t size, void *value, size_t *written)
{
	return event == placed ? say_failed(event, name, size, value, written)
			       : driver->clGetEventInfo(event, name, size, value, written);
}

/* It was given to the device, which did not get it done. */
static void a_batch_with_a_picture_that_failed_later_fails(void **state)
{
	struct fixture f;

	open_fixture(&f);
	struct opencl_engine *engine = open_engine(&f);

	driver = &f.api;
	engine->api.clEnqueueNDRangeKernel = note_kernel;
	for (uint32_t i = 0; i < PICTURES; i++)
		place(&f, engine, 0, i, i == 3);
	engine->api.clEnqueueNDRangeKernel = f.api.clEnqueueNDRangeKernel;
	assert_int_equal(f.batches[0].unplaced, 0);
	engine->api.clGetEventInfo = say_not_placed;
	const struct infer_batch *batch = run(&f, engine, 0);

	assert_int_equal(batch->status, -EIO);
	assert_non_null(strstr(batch->error, "a picture was not placed"));
	engine->api.clGetEventInfo = f.api.clGetEventInfo;
	infer_opencl.close(engine);
	close_fixture(&f);
}

static struct inputs *open_inputs(struct fixture *f)
{
	int status = 0;
	struct inputs *inputs =
		inputs_open(&f->api, &f->program.device, f->queue, &f->spec, &status, &error);

	if (!inputs)
		fail_msg("%d: %s", status, error.text);
	return inputs;
}

static int place_in(struct fixture *f, struct inputs *inputs, uint32_t batch, uint32_t index)
{
	return inputs_place(inputs, batch, index, &f->far[index], &f->here[index].geometry, &error);
}

static void a_picture_that_fails_at_once_or_later_is_told(void **state)
{
	struct fixture f;

	open_fixture(&f);
	const struct opencl_api well = f.api;
	struct inputs *inputs = open_inputs(&f);

	f.api.clEnqueueNDRangeKernel = refuse_kernel;
	assert_int_equal(place_in(&f, inputs, 0, 1), -EIO);
	assert_null(inputs_tensor(inputs, 0, 1));
	f.api = well;
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(place_in(&f, inputs, 0, i), 0);
	inputs_leave_out(inputs, 0, 0);
	assert_null(inputs_tensor(inputs, 0, 0));
	assert_non_null(inputs_tensor(inputs, 0, 1));
	assert_null(inputs_tensor(inputs, 1, 1));
	f.api.clFinish(f.queue);
	f.api.clGetEventInfo = say_failed;
	assert_int_equal(inputs_end(inputs, 0, &error), -EIO);
	assert_non_null(strstr(error.text, "CL_OUT_OF_RESOURCES"));
	f.api = well;
	assert_null(inputs_tensor(inputs, 0, 1));
	assert_int_equal(inputs_end(inputs, 0, &error), 0);
	assert_int_equal(place_in(&f, inputs, 1, 3), 0);
	assert_true(inputs_close(inputs));
	close_fixture(&f);
}

static cl_int CL_API_CALL never_call_back(
	cl_event event, cl_int type, void(CL_CALLBACK *call)(cl_event, cl_int, void *), void *arg)
{
	return CL_SUCCESS;
}

/* It may still read: what it has stays, which leaves some bytes behind here. */
static void nobody_waits_for_a_device_that_was_given_up(void **state)
{
	static struct fixture f;
	static struct inputs *inputs;

	open_fixture(&f);
	inputs = open_inputs(&f);
	f.api.clSetEventCallback = never_call_back;
	assert_int_equal(place_in(&f, inputs, 0, 1), 0);
	assert_int_equal(f.far[1].refs, 2);
	inputs_give_up(inputs);
	const int64_t begin = gw_now();

	assert_int_equal(place_in(&f, inputs, 0, 2), -ETIMEDOUT);
	assert_false(inputs_close(inputs));
	assert_true(gw_now() - begin < 2 * GW_NS_PER_S);
	assert_int_equal(f.far[2].refs, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_batch_has_pictures_of_the_device_and_of_the_host),
		cmocka_unit_test(a_batch_with_a_picture_that_is_refused_fails_and_the_next_is_well),
		cmocka_unit_test(a_batch_with_a_picture_that_failed_later_fails),
		cmocka_unit_test(a_picture_that_fails_at_once_or_later_is_told),
		cmocka_unit_test(nobody_waits_for_a_device_that_was_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
