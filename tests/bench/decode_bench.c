/* Measures the way from a JPEG to a model's input against the plain one, in one process, in turns:
 * tests/bench/decode.py calls it.
 *
 *   decode_bench WIDTH HEIGHT rgb|grey TURNS PICTURES FILE...
 *
 * WIDTH, HEIGHT and colour are those of a model's input. Each of TURNS runs PICTURES through each
 * of these and prints how many pictures it did in a second:
 *
 * - decode: probe and turbo back-end.
 * - libjpeg: what one would write first: one libjpeg object for all pictures, the full size as RGB
 *   into one buffer.
 * - tensor, libjpeg_tensor: the same and then the preprocessing to the model's tensor.
 *
 * All on one thread, by its processor time.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>
#include <jpeglib.h>

#include "accel/input/preprocess.h"
#include "core/gateway.h"
#include "decode/picture.h"
#include "decode/turbo_picture.h"
#include "jpeg/probe.h"

#define MAX_FILES 64u
#define MAX_SIDE 4096
#define SCALE 0.01f

struct file {
	uint8_t *data;
	size_t size;
};

struct bench {
	struct file files[MAX_FILES];
	uint32_t file_count;
	struct gw_pool *pool;
	struct gw_want want;
	struct gw_device device;
	struct gw_surface_pool *surfaces;
	uint8_t *pixels; /* of the peer */
	struct turbo_picture picture;
	struct model_input input;
	struct geometry geometry;
	struct preprocess preprocess;
	float *tensor;
};

static double processor_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static int load(struct file *file, const char *path)
{
	FILE *stream = fopen(path, "rb");
	long size = -1;

	if (stream && fseek(stream, 0, SEEK_END) == 0)
		size = ftell(stream);
	if (size > 0) {
		rewind(stream);
		file->size = (size_t)size;
		file->data = malloc(file->size);
	}
	if (!file->data || fread(file->data, 1, file->size, stream) != file->size)
		size = -1;
	if (stream)
		fclose(stream);
	return size > 0 ? 0 : -EIO;
}

static int open_model(struct bench *b)
{
	static float mean[MODEL_CHANNELS] = {127, 127, 127};
	static float scale[MODEL_CHANNELS] = {SCALE, SCALE, SCALE};

	b->input = (struct model_input){.width = b->want.width,
		.height = b->want.height,
		.channels = b->want.gray ? 1 : MODEL_CHANNELS,
		.mean = mean,
		.scale = scale,
		.antialias = true};
	b->tensor =
		calloc((size_t)b->input.width * b->input.height * MODEL_CHANNELS, sizeof(float));
	if (!b->tensor || geometry_init(&b->geometry, &b->input) != 0 ||
		preprocess_init(&b->preprocess, &b->input) != 0)
		return -ENOMEM;
	return turbo_picture_open(&b->picture, MAX_SIDE);
}

static int open_bench(struct bench *b, struct gw_error *error)
{
	static const struct gw_size_class classes[] = {{1920, 1088, 1}};

	gw_device_host(&b->device);
	b->pool = gw_pool_create(classes, 1, true, error);
	b->surfaces = gw_surface_pool_create(&b->device, (size_t)MAX_SIDE * MAX_SIDE * 3, 1, error);
	b->pixels = malloc((size_t)MAX_SIDE * MAX_SIDE * 3);
	if (!b->pool || !b->surfaces || !b->pixels)
		return -ENOMEM;
	return open_model(b);
}

static void close_bench(struct bench *b)
{
	gw_surface_pool_destroy(b->surfaces);
	gw_pool_destroy(b->pool);
	free(b->pixels);
	turbo_picture_close(&b->picture);
	geometry_free(&b->geometry);
	preprocess_free(&b->preprocess);
	free(b->tensor);
	for (uint32_t i = 0; i < b->file_count; i++)
		free(b->files[i].data);
}

/* One picture into b->pixels; returns its size as a surface. */
static struct gw_surface read_rgb(
	struct bench *b, struct jpeg_decompress_struct *jpeg, const struct file *file)
{
	jpeg_mem_src(jpeg, file->data, file->size);
	jpeg_read_header(jpeg, TRUE);
	if (jpeg->image_width > MAX_SIDE || jpeg->image_height > MAX_SIDE)
		abort();
	jpeg->out_color_space = JCS_RGB;
	jpeg_start_decompress(jpeg);
	while (jpeg->output_scanline < jpeg->output_height) {
		JSAMPROW row[1] = {
			b->pixels + (size_t)jpeg->output_scanline * jpeg->output_width * 3};

		jpeg_read_scanlines(jpeg, row, 1);
	}
	jpeg_finish_decompress(jpeg);
	return (struct gw_surface){.format = GW_FORMAT_RGB,
		.width = (uint16_t)jpeg->output_width,
		.height = (uint16_t)jpeg->output_height,
		.pitch = {3 * jpeg->output_width},
		.plane = {b->pixels}};
}

static void preprocess(
	struct bench *b, uint16_t width, uint16_t height, const struct gw_surface *surface)
{
	if (geometry_update(&b->geometry, NULL, width, height, surface) != 0)
		abort();
	preprocess_run(&b->preprocess, &b->geometry, surface, b->tensor);
}

static double run_libjpeg(struct bench *b, uint32_t pictures, bool to_tensor)
{
	struct jpeg_decompress_struct jpeg;
	struct jpeg_error_mgr errors;

	jpeg.err = jpeg_std_error(&errors);
	jpeg_create_decompress(&jpeg);
	double spent = processor_seconds();
	for (uint32_t i = 0; i < pictures; i++) {
		struct gw_surface surface = read_rgb(b, &jpeg, &b->files[i % b->file_count]);

		if (to_tensor)
			preprocess(b, surface.width, surface.height, &surface);
	}
	spent = processor_seconds() - spent;
	jpeg_destroy_decompress(&jpeg);
	return pictures / spent;
}

static double run_one_thread(struct bench *b, uint32_t pictures, bool to_tensor)
{
	const struct jpeg_limits limits = {MAX_SIDE, MAX_SIDE};
	struct gw_frame *frame = gw_pool_get(b->pool, 0, 1920, 1088);
	struct jpeg_info info;
	const char *cause;

	double spent = processor_seconds();
	for (uint32_t i = 0; i < pictures; i++) {
		const struct file *file = &b->files[i % b->file_count];

		frame->jpeg.data = file->data;
		if (jpeg_probe(file->data, file->size, &limits, &info, &cause) != 0)
			abort();
		frame->jpeg.size = info.size;
		frame->surface = gw_surface_get(
			b->surfaces, picture_bytes(&b->want, info.width, info.height));
		if (turbo_picture_decode(&b->picture, &b->want, frame) != 0)
			abort();
		if (to_tensor)
			preprocess(b, info.width, info.height, frame->surface);
		gw_frame_drop_surface(frame);
	}
	spent = processor_seconds() - spent;
	gw_frame_unref(frame);
	return pictures / spent;
}

static double run(struct bench *b, const char *way, uint32_t pictures)
{
	if (strncmp(way, "libjpeg", 7) == 0)
		return run_libjpeg(b, pictures, way[7] != '\0');
	return run_one_thread(b, pictures, way[0] == 't');
}

static int measure(struct bench *b, uint32_t turns, uint32_t pictures)
{
	static const char *const ways[] = {"decode", "libjpeg", "tensor", "libjpeg_tensor"};
	json_t *result = json_object();

	for (uint32_t i = 0; i < turns; i++) {
		for (size_t k = 0; k < sizeof(ways) / sizeof(ways[0]); k++) {
			if (i == 0)
				json_object_set_new(result, ways[k], json_array());
			json_array_append_new(json_object_get(result, ways[k]),
				json_real(run(b, ways[k], pictures)));
		}
	}
	json_dumpf(result, stdout, JSON_REAL_PRECISION(6));
	putchar('\n');
	json_decref(result);
	return 0;
}

int main(int argc, char **argv)
{
	static struct bench b;
	struct gw_error error = {"out of memory"};

	if (argc < 7 || argc - 6 > (int)MAX_FILES) {
		fprintf(stderr,
			"usage: decode_bench WIDTH HEIGHT rgb|grey TURNS PICTURES FILE...\n");
		return 2;
	}
	b.want.width = (uint16_t)atoi(argv[1]);
	b.want.height = (uint16_t)atoi(argv[2]);
	b.want.antialias = true;
	b.want.gray = strcmp(argv[3], "grey") == 0;
	for (int i = 6; i < argc; i++) {
		if (load(&b.files[b.file_count++], argv[i]) != 0) {
			fprintf(stderr, "decode_bench: %s cannot be read\n", argv[i]);
			close_bench(&b);
			return 1;
		}
	}
	int status = open_bench(&b, &error);
	if (status == 0)
		status = measure(&b, (uint32_t)atoi(argv[4]), (uint32_t)atoi(argv[5]));
	else
		fprintf(stderr, "decode_bench: %s\n", error.text);
	close_bench(&b);
	return status == 0 ? 0 : 1;
}
