/* Measures how a picture comes into a model's input: the `place` kernel on the OpenCL device, with
 * the tensor copied back as an engine of the host would need it, and the same kernel in C, each
 * against the host's preprocessing, in one process, in turns: tests/bench/kernels.py calls it.
 *
 *   place_bench TURNS WIDTH HEIGHT SIDE
 *
 * Of a 4:2:0 picture of that size for a letterboxed float32 input of SIDE x SIDE. Prints pictures
 * per second by the clock; the picture lies on the device already.
 */
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "accel/input/placement.h"
#include "accel/input/preprocess.h"
#include "accel/opencl_engine/place.h"
#include "core/clock.h"
#include "devices/kernels/place_reference.h"
#include "devices/kernels/source.h"

#define LEAST_NS (GW_NS_PER_S / 4) /* of one turn */
#define MANY 4u /* pictures on their way at a time */

struct bench {
	float mean[3], scale[3];
	struct model_input input;
	struct gw_device host, device;
	struct gw_surface here, there;
	struct geometry geometry;
	struct preprocess preprocess;
	struct place_tap *taps;
	float *tensor;

	struct opencl_api api;
	struct opencl_program program;
	cl_command_queue queue;
	struct opencl_placer *placer;
	cl_mem memory; /* of the tensor */
};

static void check(int status, const struct gw_error *error)
{
	if (status == 0)
		return;
	fprintf(stderr, "place_bench: %s\n", error->text);
	exit(1);
}

static void make_picture(struct bench *b, uint16_t width, uint16_t height)
{
	const size_t luma = (size_t)width * height, chroma = luma / 4;

	gw_device_host(&b->host);
	b->here = (struct gw_surface){.device = &b->host,
		.format = GW_FORMAT_I420,
		.width = width,
		.height = height,
		.pitch = {width, width / 2u, width / 2u},
		.offset = {0, luma, luma + chroma},
		.room = malloc(luma + 2 * chroma),
		.capacity = luma + 2 * chroma,
		.orientation = 1,
		.refs = 1};
	for (size_t i = 0; i < b->here.capacity; i++)
		b->here.room[i] = (uint8_t)(i * 2654435761u >> 13);
	for (int i = 0; i < GW_PLANES; i++)
		b->here.plane[i] = b->here.room + b->here.offset[i];
}

static void open_here(struct bench *b, uint16_t width, uint16_t height, uint16_t side)
{
	b->input = (struct model_input){.width = side,
		.height = side,
		.channels = 3,
		.mean = b->mean,
		.scale = b->scale,
		.fit = GW_FIT_LETTERBOX,
		.antialias = true};
	for (int c = 0; c < 3; c++)
		b->scale[c] = 1 / 255.0f;
	make_picture(b, width, height);
	b->tensor = calloc(1, model_picture_size(&b->input));
	b->taps = calloc(placement_taps_most(&b->input), sizeof(b->taps[0]));
	if (!b->here.room || !b->tensor || !b->taps ||
		geometry_init(&b->geometry, &b->input) != 0 ||
		preprocess_init(&b->preprocess, &b->input) != 0 ||
		geometry_update(&b->geometry, NULL, width, height, &b->here) != 0)
		abort();
}

static void open_there(struct bench *b)
{
	struct opencl_device device;
	struct gw_error error;
	cl_int code;

	check(opencl_library_open(&b->api, &error), &error);
	check(opencl_device_find(&b->api, NULL, &device, &error), &error);
	check(opencl_program_open(&b->program, &b->api, &device, (const char *)kernels_opencl,
		      kernels_opencl_size, &error),
		&error);
	b->queue = b->api.clCreateCommandQueue(b->program.context, device.id, 0, &code);
	b->placer = opencl_placer_create(&b->program, b->queue, &b->input, MANY, &error);
	check(b->placer ? 0 : -1, &error);
	b->memory = b->api.clCreateBuffer(
		b->program.context, CL_MEM_READ_WRITE, model_picture_size(&b->input), NULL, &code);
	b->device = (struct gw_device){.memory = GW_MEM_OPENCL};
	b->there = b->here;
	b->there.device = &b->device;
	b->there.room = b->there.plane[0] = NULL;
	b->there.object = b->api.clCreateBuffer(b->program.context,
		CL_MEM_READ_ONLY | CL_MEM_COPY_HOST_PTR, b->here.capacity, b->here.room, &code);
	if (!b->queue || !b->memory || !b->there.object)
		abort();
}

static void by_device(struct bench *b)
{
	struct gw_error error;

	for (uint32_t i = 0; i < MANY; i++) {
		check(opencl_place(b->placer, &b->there, &b->geometry, b->memory, 0, NULL, &error),
			&error);
		b->api.clEnqueueReadBuffer(b->queue, b->memory, i == MANY - 1, 0,
			model_picture_size(&b->input), b->tensor, 0, NULL, NULL);
	}
}

static void by_reference(struct bench *b)
{
	const struct place_job job = placement_job(&b->geometry, &b->here, 0);

	placement_taps(&b->geometry, b->taps);
	for (uint32_t i = 0; i < MANY; i++)
		kernels_reference_place(b->here.room, b->taps, &job, 1, b->tensor);
}

static void by_host(struct bench *b)
{
	for (uint32_t i = 0; i < MANY; i++)
		preprocess_run(&b->preprocess, &b->geometry, &b->here, b->tensor);
}

/* Pictures per second. */
static json_t *measure(struct bench *b, void (*run)(struct bench *b))
{
	const int64_t begin = gw_now();
	uint32_t pictures = 0;

	do {
		run(b);
		pictures += MANY;
	} while (gw_now() - begin < LEAST_NS);
	return json_real(pictures / ((double)(gw_now() - begin) / (double)GW_NS_PER_S));
}

int main(int argc, char **argv)
{
	static struct bench b;

	if (argc != 5) {
		fprintf(stderr, "usage: place_bench TURNS WIDTH HEIGHT SIDE\n");
		return 2;
	}
	open_here(&b, (uint16_t)atoi(argv[2]), (uint16_t)atoi(argv[3]), (uint16_t)atoi(argv[4]));
	open_there(&b);
	json_t *device = json_array(), *reference = json_array(), *host = json_array();

	by_device(&b);
	for (int turn = 0; turn < atoi(argv[1]); turn++) {
		json_array_append_new(device, measure(&b, by_device));
		json_array_append_new(reference, measure(&b, by_reference));
		json_array_append_new(host, measure(&b, by_host));
	}
	json_t *result = json_pack(
		"{s:o, s:o, s:o}", "device", device, "reference", reference, "host", host);

	json_dumpf(result, stdout, JSON_REAL_PRECISION(6));
	putchar('\n');
	json_decref(result);
	return opencl_placer_destroy(b.placer) ? 0 : 1;
}
