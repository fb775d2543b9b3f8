/* Measures the kernels on the OpenCL device against the same kernels in C, and the back-end that
 * uses them against turbo, in one process, in turns: tests/bench/kernels.py calls it.
 *
 *   kernels_bench TURNS FILE
 *
 * FILE is a JPEG picture. Prints pictures per second, by the clock: the device may be all
 * processors of the machine, C is one thread. The device's figures have the copies to it in them,
 * and what comes back can be read.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "core/clock.h"
#include "decode/opencl.h"
#include "devices/kernels/reference.h"
#include "devices/kernels/source.h"
#include "jpeg/probe.h"

#define LEAST_NS (GW_NS_PER_S / 4) /* of one turn */
#define SIDE 4096

struct bench {
	struct gw gw;
	struct gw_config config;
	struct gw_gateway_config gateway;
	struct gw_decode_config decode;
	struct gw_camera camera;
	struct gw_camera_config camera_config;
	struct gw_want want;
	struct gw_surface_pool *surfaces;
	uint8_t *data;
	struct jpeg_info info;

	/* A worker without a thread, with as many pictures as a batch takes. */
	struct opencl_decoder device;
	struct opencl_worker worker;
	struct gw_frame *frames[OPENCL_BATCH];
	uint8_t *samples, *pixels; /* of the reference */

	struct decoder decoders[2];
};

static int load(struct bench *b, const char *path)
{
	static const struct jpeg_limits limits = {SIDE, SIDE};
	FILE *stream = fopen(path, "rb");
	const char *cause;
	long size = -1;

	if (stream && fseek(stream, 0, SEEK_END) == 0)
		size = ftell(stream);
	if (size > 0) {
		rewind(stream);
		b->data = malloc((size_t)size);
	}
	if (!b->data || fread(b->data, 1, (size_t)size, stream) != (size_t)size)
		size = -1;
	if (stream)
		fclose(stream);
	return size < 0 ? -EIO : jpeg_probe(b->data, (uint32_t)size, &limits, &b->info, &cause);
}

static int open_gateway(struct bench *b, struct gw_error *error)
{
	static const struct gw_size_class classes[] = {{1920, 1088, 64}};

	b->decode = (struct gw_decode_config){.workers = 1, .max_width = SIDE, .max_height = SIDE};
	b->config.gateway = &b->gateway;
	b->config.decode = &b->decode;
	b->gw.config = &b->config;
	b->want = (struct gw_want){.full = true};
	b->camera.config = &b->camera_config;
	b->camera.wants = &b->want;
	gw_device_host(&b->gw.host);
	b->gw.pool = gw_pool_create(classes, 1, false, error);
	b->surfaces = gw_surface_pool_create(&b->gw.host, (size_t)SIDE * SIDE * 3, 64, error);
	return b->gw.pool && b->surfaces ? 0 : -ENOMEM;
}

static struct gw_frame *make_frame(struct bench *b)
{
	struct gw_frame *frame = gw_pool_get(b->gw.pool, 0, b->info.width, b->info.height);

	if (!frame)
		abort();
	gw_frame_set_version(frame, &b->camera);
	frame->jpeg.data = b->data;
	frame->jpeg.size = b->info.size;
	frame->surface =
		gw_surface_get(b->surfaces, picture_bytes(&b->want, b->info.width, b->info.height));
	if (!frame->surface)
		abort();
	return frame;
}

static int open_device(struct bench *b, struct gw_error *error)
{
	static const struct opencl_room room = {.blocks = 256u << 10,
		.tables = OPENCL_BATCH * GW_PLANES,
		.planes = OPENCL_BATCH * GW_PLANES,
		.pictures = OPENCL_BATCH,
		.samples = 16u << 20,
		.pixels = 48u << 20};
	struct opencl_device device;
	int status = opencl_library_open(&b->device.api, error);

	if (status == 0)
		status = opencl_device_find(&b->device.api, NULL, &device, error);
	if (status == 0)
		status = opencl_program_open(&b->device.program, &b->device.api, &device,
			(const char *)kernels_opencl, kernels_opencl_size, error);
	if (status != 0)
		return status;
	b->worker.decoder = &b->device;
	b->worker.batch = opencl_batch_create(&b->device.program, &room, error);
	b->samples = malloc(room.samples);
	b->pixels = malloc(room.pixels);
	return b->worker.batch && b->samples && b->pixels
		? turbo_picture_open(&b->worker.picture, SIDE)
		: -ENOMEM;
}

/* Pictures of one batch at so many eighths, and to RGB as well. */
static void fill(struct bench *b, uint32_t eighths, bool to_rgb)
{
	struct opencl_batch *batch = b->worker.batch;

	opencl_batch_reset(batch);
	b->worker.count = 0;
	b->want = (struct gw_want){.full = eighths == PICTURE_EIGHTHS,
		.width = (uint16_t)(b->info.width * eighths / PICTURE_EIGHTHS),
		.height = (uint16_t)(b->info.height * eighths / PICTURE_EIGHTHS)};
	for (uint32_t i = 0; i < OPENCL_BATCH; i++) {
		if (opencl_pictures_add(&b->worker, b->frames[i]) != 0)
			abort();
		if (!to_rgb)
			continue;
		const struct coefficients *c = &b->worker.pictures[i].coefficients;
		const struct idct_job *plane = &batch->plane[i * GW_PLANES];

		batch->picture[i] = (struct rgb_job){
			.plane = {plane[0].sample, plane[1].sample, plane[2].sample},
			.pitch = {plane[0].pitch, plane[1].pitch, plane[2].pitch},
			.width = c->width,
			.height = c->height,
			.chroma_width = c->plane[1].width,
			.chroma_height = c->plane[1].height,
			.across = c->across,
			.down = c->down,
			.smooth = 1,
			.colours = 1,
			.pixel = batch->used.pixels,
			.pixel_pitch = 3u * c->width,
		};
		batch->used.pixels += 3u * c->width * c->height;
		batch->used.pictures++;
	}
}

static void run_reference(struct bench *b)
{
	const struct opencl_batch *batch = b->worker.batch;

	kernels_reference_idct(
		batch->block, batch->table, batch->plane, batch->used.planes, b->samples);
	kernels_reference_rgb(b->samples, batch->picture, batch->used.pictures, b->pixels);
}

static void run_device(struct bench *b)
{
	const struct opencl_room used = b->worker.batch->used;
	struct gw_error error;

	if (opencl_batch_run(b->worker.batch, &error) != 0) {
		fprintf(stderr, "kernels_bench: %s\n", error.text);
		exit(1);
	}
	opencl_batch_reset(b->worker.batch);
	b->worker.batch->used = used;
}

/* As many pictures as the decoder likes to have at a time. */
static void run_decoder(struct bench *b, struct decoder *decoder)
{
	static const struct timespec pause = {.tv_nsec = 20000};
	struct gw_frame *frames[4 * OPENCL_BATCH];
	uint32_t sent = 0, back = 0;

	while (back < 4 * OPENCL_BATCH) {
		for (; sent < 4 * OPENCL_BATCH && sent - back < decoder->depth; sent++) {
			frames[0] = make_frame(b);
			decoder->ops->submit(decoder, frames, 1);
		}
		const uint32_t n = decoder->ops->poll(decoder, frames, 4 * OPENCL_BATCH);

		for (uint32_t i = 0; i < n; i++) {
			if (gw_frame_failed(frames[i]))
				abort();
			gw_frame_drop_surface(frames[i]);
			gw_frame_unref(frames[i]);
		}
		back += n;
		if (n == 0)
			nanosleep(&pause, NULL);
	}
}

/* Pictures per second. */
static double measure(struct bench *b, int decoder, bool reference)
{
	const int64_t begin = gw_now();
	uint32_t pictures = 0;

	do {
		if (decoder >= 0)
			run_decoder(b, &b->decoders[decoder]);
		else if (reference)
			run_reference(b);
		else
			run_device(b);
		pictures += decoder >= 0 ? 4 * OPENCL_BATCH : OPENCL_BATCH;
	} while (gw_now() - begin < LEAST_NS);
	return pictures / ((double)(gw_now() - begin) / (double)GW_NS_PER_S);
}

static void add(json_t *result, const char *what, double ours, double peer)
{
	json_t *figures = json_object_get(result, what);

	if (!figures) {
		figures = json_pack("{s:[], s:[]}", "ours", "peer");
		json_object_set_new(result, what, figures);
	}
	json_array_append_new(json_object_get(figures, "ours"), json_real(ours));
	json_array_append_new(json_object_get(figures, "peer"), json_real(peer));
}

static void run_all(struct bench *b, uint32_t turns, json_t *result)
{
	static const struct {
		const char *what;
		uint32_t eighths;
		bool to_rgb;
	} cases[] = {
		{"whole", 8, false}, {"half", 4, false}, {"quarter", 2, false}, {"rgb", 8, true}};

	for (uint32_t turn = 0; turn < turns; turn++) {
		for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
			fill(b, cases[i].eighths, cases[i].to_rgb);
			const double ours = measure(b, -1, false);

			add(result, cases[i].what, ours, measure(b, -1, true));
		}
		b->want = (struct gw_want){.full = true};
		const double ours = measure(b, 1, false);

		add(result, "decode", ours, measure(b, 0, false));
	}
}

static int open_bench(struct bench *b, struct gw_error *error)
{
	static char *const names[] = {"turbo", "opencl"};
	int status = open_gateway(b, error);

	if (status == 0)
		status = open_device(b, error);
	for (int i = 0; status == 0 && i < 2; i++) {
		b->decode.backend = names[i];
		status = decoder_open(&b->decoders[i], &b->gw, &b->gw.host, error);
	}
	for (uint32_t i = 0; status == 0 && i < OPENCL_BATCH; i++)
		b->frames[i] = make_frame(b);
	return status;
}

int main(int argc, char **argv)
{
	static struct bench b;
	struct gw_error error = {"out of memory"};

	if (argc != 3) {
		fprintf(stderr, "usage: kernels_bench TURNS FILE\n");
		return 2;
	}
	if (load(&b, argv[2]) != 0) {
		fprintf(stderr, "kernels_bench: %s cannot be read\n", argv[2]);
		return 1;
	}
	if (open_bench(&b, &error) != 0) {
		fprintf(stderr, "kernels_bench: %s\n", error.text);
		return 1;
	}
	json_t *result = json_pack("{s:s}", "device", b.device.program.device.name);

	run_all(&b, (uint32_t)atoi(argv[1]), result);
	json_dumpf(result, stdout, JSON_REAL_PRECISION(6));
	putchar('\n');
	json_decref(result);
	/* Everything goes with the process; threads end before. */
	decoder_close(&b.decoders[0]);
	decoder_close(&b.decoders[1]);
	return 0;
}
