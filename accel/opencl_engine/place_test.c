/* Pictures of noise to the tensors of all kinds of inputs on every OpenCL device, held against the
 * C form of the kernel, bit for bit; and what becomes of a device that fails. */
#include "core/test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "accel/input/placement.h"
#include "accel/input/test_placement.h"
#include "accel/opencl_engine/place.h"
#include "core/clock.h"
#include "devices/kernels/place_reference.h"
#include "devices/kernels/source.h"

#define CASES 300u

/* Pictures in a batch. */
#define PLACES 3u

struct device {
	struct opencl_api api;
	struct opencl_program program;
	cl_command_queue queue;
};

static void open_queue(struct device *d, const struct opencl_device *device)
{
	struct gw_error error;
	cl_int code;

	if (opencl_program_open(&d->program, &d->api, device, (const char *)kernels_opencl,
		    kernels_opencl_size, &error) != 0)
		fail_msg("%s", error.text);
	d->queue = d->api.clCreateCommandQueue(d->program.context, device->id, 0, &code);
	assert_non_null(d->queue);
}

static void on_every_device(void (*test)(struct device *d))
{
	struct opencl_device devices[OPENCL_DEVICES];
	struct device d;
	struct gw_error error;
	int count = opencl_library_open(&d.api, &error);

	if (count == 0)
		count = opencl_devices(&d.api, devices, &error);
	if (count < 0) {
		print_message("%s\n", error.text);
		skip();
	}
	for (int i = 0; i < count; i++) {
		open_queue(&d, &devices[i]);
		test(&d);
		d.api.clReleaseCommandQueue(d.queue);
		opencl_program_close(&d.program);
	}
}

static cl_mem make_buffer(struct device *d, size_t size, const void *content)
{
	cl_int code;
	cl_mem buffer =
		d->api.clCreateBuffer(d->program.context, CL_MEM_READ_WRITE, size, NULL, &code);

	assert_non_null(buffer);
	assert_int_equal(d->api.clEnqueueWriteBuffer(
				 d->queue, buffer, CL_TRUE, 0, size, content, 0, NULL, NULL),
		CL_SUCCESS);
	return buffer;
}

/* A copy of the picture in the device's memory. */
static void move_to_device(struct device *d, const struct test_placement *p,
	struct gw_device *device, struct gw_surface *surface)
{
	*device = (struct gw_device){.memory = GW_MEM_OPENCL};
	*surface = (struct gw_surface){.device = device,
		.format = p->surface.format,
		.width = p->surface.width,
		.height = p->surface.height,
		.orientation = p->surface.orientation,
		.limited = p->surface.limited,
		.object = make_buffer(d, p->surface.capacity, p->surface.room)};
	memcpy(surface->pitch, p->surface.pitch, sizeof(surface->pitch));
	memcpy(surface->offset, p->surface.offset, sizeof(surface->offset));
}

static struct opencl_placer *open_placer(struct device *d, const struct test_placement *p)
{
	struct gw_error error;
	struct opencl_placer *placer =
		opencl_placer_create(&d->program, d->queue, &p->input, PLACES, &error);

	if (!placer)
		fail_msg("%s", error.text);
	return placer;
}

/* What the C form makes of it, as one picture of a batch. */
static void place_here(const struct test_placement *p, uint32_t index, void *tensor)
{
	struct place_tap *taps = calloc(placement_taps_most(&p->input), sizeof(taps[0]));
	const struct place_job job = placement_job(&p->geometry, &p->surface, index);

	placement_taps(&p->geometry, taps);
	kernels_reference_place(p->surface.plane[0], taps, &job, 1, tensor);
	free(taps);
}

/* The first place stays empty, one picture comes from the host, one lies on the device. */
static void compare(struct device *d, uint32_t number)
{
	struct gw_error error;
	struct test_placement p;
	struct gw_device device;
	struct gw_surface there;

	test_placement_open(&p, number);
	const size_t size = PLACES * model_picture_size(&p.input);
	uint8_t *ours = malloc(size), *theirs = malloc(size);

	memset(ours, 0xee, size);
	cl_mem tensor = make_buffer(d, size, ours);
	struct opencl_placer *placer = open_placer(d, &p);

	move_to_device(d, &p, &device, &there);
	p.surface.refs = there.refs = 1;
	assert_int_equal(opencl_place(placer, &p.surface, &p.geometry, tensor, 1, NULL, &error), 0);
	assert_true(opencl_placer_uploaded(placer) > 0);
	assert_true(opencl_placer_uploaded(placer) <= p.surface.capacity);
	assert_int_equal(opencl_place(placer, &there, &p.geometry, tensor, 2, NULL, &error), 0);
	assert_true(opencl_placer_destroy(placer));
	assert_int_equal(p.surface.refs, 1);
	assert_int_equal(there.refs, 1);
	assert_int_equal(d->api.clEnqueueReadBuffer(
				 d->queue, tensor, CL_TRUE, 0, size, theirs, 0, NULL, NULL),
		CL_SUCCESS);
	place_here(&p, 1, ours);
	place_here(&p, 2, ours);
	if (memcmp(ours, theirs, size) != 0)
		fail_msg("case %u differs", number);
	d->api.clReleaseMemObject(tensor);
	d->api.clReleaseMemObject(there.object);
	free(ours);
	free(theirs);
	test_placement_close(&p);
}

static void random_cases(struct device *d)
{
	for (uint32_t i = 0; i < CASES; i++)
		compare(d, i);
}

static void tensors_are_those_of_the_reference_to_the_bit(void **state)
{
	on_every_device(random_cases);
}

static cl_int CL_API_CALL refuse_write(cl_command_queue queue, cl_mem buffer, cl_bool blocking,
	size_t offset, size_t size, const void *from, cl_uint count, const cl_event *wait,
	cl_event *event)
{
	return CL_OUT_OF_RESOURCES;
}

static cl_int CL_API_CALL refuse_kernel(cl_command_queue queue, cl_kernel kernel,
	cl_uint dimensions, const size_t *offset, const size_t *global, const size_t *local,
	cl_uint count, const cl_event *wait, cl_event *event)
{
	return CL_DEVICE_NOT_AVAILABLE;
}

static cl_mem CL_API_CALL no_buffer(
	cl_context context, cl_mem_flags flags, size_t size, void *memory, cl_int *code)
{
	*code = CL_MEM_OBJECT_ALLOCATION_FAILURE;
	return NULL;
}

/* Also more often than there are slots: none may be lost. */
static void refusals(struct device *d)
{
	const struct opencl_api well = d->api;
	struct gw_error error;
	struct test_placement p;

	test_placement_open(&p, 3);
	const size_t size = model_picture_size(&p.input);
	uint8_t *content = calloc(1, size);
	cl_mem tensor = make_buffer(d, size, content);
	struct opencl_placer *placer = open_placer(d, &p);

	p.surface.refs = 1;
	d->api.clCreateBuffer = no_buffer;
	assert_int_equal(
		opencl_place(placer, &p.surface, &p.geometry, tensor, 0, NULL, &error), -ENOMEM);
	assert_non_null(strstr(error.text, "CL_MEM_OBJECT_ALLOCATION_FAILURE"));
	for (uint32_t i = 0; i < 4 * PLACES; i++) {
		d->api = well;
		d->api.clEnqueueWriteBuffer = refuse_write;
		assert_int_equal(
			opencl_place(placer, &p.surface, &p.geometry, tensor, 0, NULL, &error),
			-EIO);
		d->api = well;
		d->api.clEnqueueNDRangeKernel = refuse_kernel;
		assert_int_equal(
			opencl_place(placer, &p.surface, &p.geometry, tensor, 0, NULL, &error),
			-EIO);
		assert_non_null(strstr(error.text, "CL_DEVICE_NOT_AVAILABLE"));
		d->api = well;
		if (i < 2 * PLACES)
			continue;
		assert_int_equal(
			opencl_place(placer, &p.surface, &p.geometry, tensor, 0, NULL, &error), 0);
	}
	assert_true(opencl_placer_destroy(placer));
	assert_int_equal(p.surface.refs, 1);
	d->api.clReleaseMemObject(tensor);
	free(content);
	test_placement_close(&p);
}

static void a_device_that_refuses_is_told_and_may_be_tried_again(void **state)
{
	on_every_device(refusals);
}

static cl_int CL_API_CALL refuse_flush(cl_command_queue queue)
{
	return CL_OUT_OF_RESOURCES;
}

/* The next flush, which is taken, is for both pictures. */
static void flush_is_refused(struct device *d)
{
	const struct opencl_api well = d->api;
	struct gw_error error;
	struct test_placement p;

	test_placement_open(&p, 3);
	const size_t size = model_picture_size(&p.input);
	uint8_t *content = calloc(1, size);
	cl_mem tensor = make_buffer(d, size, content);
	struct opencl_placer *placer = open_placer(d, &p);
	cl_event done = NULL;

	p.surface.refs = 1;
	d->api.clFlush = refuse_flush;
	assert_int_equal(
		opencl_place(placer, &p.surface, &p.geometry, tensor, 0, &done, &error), -EIO);
	assert_null(done);
	d->api = well;
	assert_int_equal(
		opencl_place(placer, &p.surface, &p.geometry, tensor, 0, &done, &error), 0);
	assert_non_null(done);
	d->api.clReleaseEvent(done);
	assert_true(opencl_placer_destroy(placer));
	assert_int_equal(p.surface.refs, 1);
	d->api.clReleaseMemObject(tensor);
	free(content);
	test_placement_close(&p);
}

static void a_picture_that_is_refused_has_no_event(void **state)
{
	on_every_device(flush_is_refused);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tensors_are_those_of_the_reference_to_the_bit),
		cmocka_unit_test(a_picture_that_is_refused_has_no_event),
		cmocka_unit_test(a_device_that_refuses_is_told_and_may_be_tried_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
