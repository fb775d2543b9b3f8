/* From a JPEG to the tensor of a batch without a pixel in the host's memory: the OpenCL decoder and
 * an engine on the same device, which is played here and reads its tensor back. */
#include "core/test.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "accel/input/host_memory.h"
#include "accel/input/placement.h"
#include "accel/opencl_engine/place.h"
#include "decode/opencl_fixture.h"
#include "devices/kernels/place_reference.h"
#include "devices/kernels/source.h"
#include "jpeg/make.h"

#define PLACES 4u

struct engine {
	struct opencl_program program; /* its own; the context is the decoder's too */
	cl_command_queue queue;
	struct opencl_placer *placer;
	cl_mem tensor;
	float mean[3], scale[3];
	struct model_input input;
	struct geometry geometry;
	size_t size; /* of the tensor */
};

static struct opencl_decoder *decoder_of(struct decoder_fixture *f)
{
	return f->decoder.state;
}

static void open_engine(struct engine *e, struct decoder_fixture *f)
{
	const struct opencl_decoder *decoder = decoder_of(f);
	struct gw_error error;
	cl_int code;

	*e = (struct engine){.mean = {10, 20, 30}, .scale = {0.5f, 0.25f, 0.125f}};
	e->input = (struct model_input){.width = 96,
		.height = 64,
		.channels = 3,
		.mean = e->mean,
		.scale = e->scale,
		.fit = GW_FIT_LETTERBOX,
		.antialias = true};
	e->size = PLACES * model_picture_size(&e->input);
	assert_int_equal(geometry_init(&e->geometry, &e->input), 0);
	if (opencl_program_open(&e->program, &decoder->api, &decoder->program.device,
		    (const char *)kernels_opencl, kernels_opencl_size, &error) != 0)
		fail_msg("%s", error.text);
	e->queue = decoder->api.clCreateCommandQueue(
		e->program.context, e->program.device.id, 0, &code);
	e->tensor = decoder->api.clCreateBuffer(
		e->program.context, CL_MEM_READ_WRITE, e->size, NULL, &code);
	e->placer = opencl_placer_create(&e->program, e->queue, &e->input, 2, &error);
	assert_true(e->queue && e->tensor && e->placer);
}

static void close_engine(struct engine *e)
{
	const struct opencl_api *api = e->program.api;

	assert_true(opencl_placer_destroy(e->placer));
	api->clReleaseMemObject(e->tensor);
	api->clReleaseCommandQueue(e->queue);
	opencl_program_close(&e->program);
	geometry_free(&e->geometry);
}

static json_int_t copied_bytes(struct decoder_fixture *f)
{
	json_t *facts = json_object();

	f->decoder.ops->describe(&f->decoder, facts);
	const json_int_t value = json_integer_value(json_object_get(
		json_array_get(json_object_get(facts, "opencl"), 0), "copied_bytes"));

	json_decref(facts);
	return value;
}

/* What the C forms make of it: turbo's picture, placed by the reference. */
static void place_here(struct engine *e, struct decoder_fixture *f, const uint8_t *data,
	size_t size, void *tensor, uint32_t index)
{
	static struct turbo_picture turbo;
	struct gw_frame *frame = frame_of(f, 0, data, size);
	const struct gw_want want = gw_frame_want(frame);
	struct place_tap *taps = calloc(placement_taps_most(&e->input), sizeof(taps[0]));

	assert_int_equal(turbo_picture_open(&turbo, 4096), 0);
	assert_int_equal(turbo_picture_decode(&turbo, &want, frame), 0);
	frame->surface->orientation = GW_UPRIGHT;
	const struct place_job job = placement_job(&e->geometry, frame->surface, index);

	placement_taps(&e->geometry, taps);
	kernels_reference_place(frame->surface->plane[0], taps, &job, 1, tensor);
	free(taps);
	turbo_picture_close(&turbo);
	gw_frame_drop_surface(frame);
	gw_frame_unref(frame);
}

static struct gw_frame *decode(struct decoder_fixture *f, struct engine *e,
	const struct jpeg_recipe *recipe, const uint8_t *data, size_t size)
{
	struct gw_frame *frame = frame_of(f, 0, data, size);

	frame->surface->orientation = GW_UPRIGHT;
	frame->surface->limited = false;
	decode_one(f, frame);
	assert_int_equal(frame->drop, GW_DROP_NONE);
	assert_int_equal(frame->surface->device->memory, GW_MEM_OPENCL);
	assert_int_equal(
		geometry_update(&e->geometry, NULL, recipe->width, recipe->height, frame->surface),
		0);
	return frame;
}

static void from_jpeg_to_tensor_no_pixel_is_copied_to_the_host(void **state)
{
	static const uint8_t sampling[][2] = {{2, 2}, {2, 1}, {1, 1}, {1, 2}};
	struct decoder_fixture f;
	struct engine e;
	struct gw_error error;

	opencl_fixture_open_there(&f, 1, 64);
	open_engine(&e, &f);
	f.wants[0] = (struct gw_want){.width = 96, .height = 64};
	float *ours = calloc(1, e.size), *theirs = calloc(1, e.size);

	for (uint32_t i = 0; i < PLACES; i++) {
		const struct jpeg_recipe recipe = {.width = 500,
			.height = (uint16_t)(201 + i),
			.h = sampling[i][0],
			.v = sampling[i][1]};
		size_t size;
		uint8_t *data = jpeg_make(&recipe, &size);
		struct gw_frame *frame = decode(&f, &e, &recipe, data, size);

		assert_int_equal(opencl_place(e.placer, frame->surface, &e.geometry, e.tensor, i,
					 NULL, &error),
			0);
		/* The engine needs no more of it. */
		gw_frame_drop_surface(frame);
		gw_frame_unref(frame);
		place_here(&e, &f, data, size, ours, i);
		free(data);
	}
	assert_int_equal(e.program.api->clEnqueueReadBuffer(
				 e.queue, e.tensor, CL_TRUE, 0, e.size, theirs, 0, NULL, NULL),
		CL_SUCCESS);
	assert_memory_equal(ours, theirs, e.size);
	assert_int_equal(copied_bytes(&f), 0);
	assert_int_equal(opencl_placer_uploaded(e.placer), 0);
	close_engine(&e);
	assert_int_equal(gw_surface_pool_in_use(decoder_of(&f)->surfaces.there), 0);
	fixture_close(&f);
	free(ours);
	free(theirs);
}

static cl_int CL_API_CALL refuse_kernel(cl_command_queue queue, cl_kernel kernel,
	cl_uint dimensions, const size_t *offset, const size_t *global, const size_t *local,
	cl_uint count, const cl_event *wait, cl_event *event)
{
	return CL_DEVICE_NOT_AVAILABLE;
}

static cl_int CL_API_CALL refuse_read(cl_command_queue queue, cl_mem buffer, cl_bool blocking,
	size_t offset, size_t size, void *to, cl_uint count, const cl_event *wait, cl_event *event)
{
	return CL_DEVICE_NOT_AVAILABLE;
}

/* The device goes after it has decoded: its engine says so, and the processor's, whose turn it is
 * then, has the picture all the same. */
static void a_device_that_is_lost_between_decoder_and_engine_costs_no_picture(void **state)
{
	static const struct jpeg_recipe recipe = {.width = 320, .height = 240, .h = 2, .v = 2};
	struct decoder_fixture f;
	struct engine e;
	struct gw_error error;
	struct host_memory host;
	size_t size;
	uint8_t *data = jpeg_make(&recipe, &size);

	opencl_fixture_open_there(&f, 1, 64);
	open_engine(&e, &f);
	struct infer_batch batch = {.count = 1};
	const struct infer_spec spec = {.name = "test",
		.picture = &e.input,
		.max_batch = 1,
		.batches = &batch,
		.batch_count = 1};
	struct gw_frame *frame = decode(&f, &e, &recipe, data, size);
	float *ours = calloc(1, e.size);
	struct preprocess preprocess;

	assert_int_equal(host_memory_open(&host, &spec, &error), 0);
	decoder_of(&f)->api.clEnqueueNDRangeKernel = refuse_kernel;
	decoder_of(&f)->api.clEnqueueReadBuffer = refuse_read;
	assert_true(
		opencl_place(e.placer, frame->surface, &e.geometry, e.tensor, 0, NULL, &error) < 0);
	host_memory_place(&host, &batch, 0, frame->surface, &e.geometry);
	assert_int_equal(batch.unplaced, 0);
	assert_int_equal(gw_counter_get(&decoder_of(&f)->surfaces.rescued), 1);

	struct gw_surface *here = gw_surface_fetch(frame->surface);

	assert_int_equal(preprocess_init(&preprocess, &e.input), 0);
	preprocess_run(&preprocess, &e.geometry, here, ours);
	assert_memory_equal(ours, batch.input, model_picture_size(&e.input));
	assert_picture(here, data, size);
	preprocess_free(&preprocess);
	gw_surface_unref(here);
	host_memory_close(&host);
	gw_frame_drop_surface(frame);
	gw_frame_unref(frame);
	close_engine(&e);
	fixture_close(&f);
	free(ours);
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(from_jpeg_to_tensor_no_pixel_is_copied_to_the_host),
		cmocka_unit_test(a_device_that_is_lost_between_decoder_and_engine_costs_no_picture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
