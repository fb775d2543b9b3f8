/* Measures the decode stage against plain libjpeg in one process, in turns: tests/bench/decode.py
 * calls it.
 *
 *   decode_bench WIDTH HEIGHT rgb|grey WORKERS TURNS PICTURES FILE...
 *
 * WIDTH, HEIGHT and colour are those of a model's input. Ours is the whole stage: claim, probe and
 * the turbo back-end on frames of a real pool. The peer is what one would write first: one thread,
 * one libjpeg object for all pictures, the full size as RGB into one buffer. Each of TURNS runs
 * PICTURES through one and then the other; out comes {"ours": [pictures/s, ...], "libjpeg": [...]}.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <jpeglib.h>

#include "core/clock.h"
#include "core/gateway.h"
#include "core/rest.h"
#include "decode/decode.h"

#define MAX_FILES 64u
/* Two cameras' worth in flight: memory is as warm as it is in a gateway, not warmer. */
#define FRAMES 16u
#define MAX_SIDE 4096

struct file {
	uint8_t *data;
	size_t size;
};

struct bench {
	struct file files[MAX_FILES];
	uint32_t file_count;
	struct gw gw;
	struct gw_config config;
	struct gw_gateway_config gateway;
	struct gw_decode_config decode;
	struct gw_camera camera;
	struct gw_camera_config camera_config;
	struct gw_stage stage;
	uint8_t *pixels; /* of the peer */
};

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

static int open_stage(struct bench *b, struct gw_error *error)
{
	static const struct gw_size_class classes[] = {{1920, 1088, FRAMES}};

	b->decode.max_width = b->decode.max_height = MAX_SIDE;
	b->config.gateway = &b->gateway;
	b->config.decode = &b->decode;
	b->camera.config = &b->camera_config;
	b->gw.config = &b->config;
	b->gw.cameras = &b->camera;
	b->gw.camera_count = 1;
	b->gw.pool = gw_pool_create(classes, 1, true, error);
	b->stage.ops = &decode_stage;
	b->stage.gw = &b->gw;
	b->stage.in = gw_link_create("in", FRAMES);
	b->stage.out = gw_link_create("out", FRAMES);
	b->stage.stats = gw_stage_stats_create("decode", 1);
	b->pixels = malloc((size_t)MAX_SIDE * MAX_SIDE * 3);
	if (!b->gw.pool || !b->stage.in || !b->stage.out || !b->stage.stats || !b->pixels)
		return -ENOMEM;
	return decode_stage.open(&b->stage, error);
}

static void close_stage(struct bench *b)
{
	if (b->stage.ops)
		decode_stage.close(&b->stage);
	gw_stage_stats_destroy(b->stage.stats);
	gw_link_destroy(b->stage.in);
	gw_link_destroy(b->stage.out);
	gw_pool_destroy(b->gw.pool);
	free(b->pixels);
	for (uint32_t i = 0; i < b->file_count; i++)
		free(b->files[i].data);
}

/* The frames stand ready, as the dataplane leaves them; afterwards they are pushed again. */
static double run_ours(struct bench *b, uint32_t pictures)
{
	struct gw_rest rest = {.policy = GW_IDLE_ADAPTIVE};
	struct gw_frame *frames[FRAMES];
	uint32_t sent = 0, back = 0;

	for (uint32_t i = 0; i < FRAMES; i++) {
		const struct file *file = &b->files[i % b->file_count];

		frames[i] = gw_pool_get(b->gw.pool, 0, 1920, 1088);
		if (!frames[i] || file->size > frames[i]->jpeg.capacity)
			abort();
		memcpy(frames[i]->jpeg.room, file->data, file->size);
		frames[i]->jpeg.data = frames[i]->jpeg.room;
		frames[i]->jpeg.size = (uint32_t)file->size;
	}
	int64_t begin = gw_now();
	for (; sent < FRAMES && sent < pictures; sent++)
		gw_link_push(b->stage.in, &frames[sent], 1);
	while (back < pictures) {
		struct gw_frame *out[GW_BURST];
		uint32_t work = decode_stage.poll(&b->stage);
		uint32_t count = gw_link_pop(b->stage.out, out, GW_BURST);

		for (uint32_t i = 0; i < count; i++, back++) {
			if (gw_frame_failed(out[i]) || out[i]->state != GW_FRAME_IMAGE)
				abort();
			atomic_store(&out[i]->claim, GW_CLAIM_WAITING);
			memset(out[i]->stamp, 0, sizeof(out[i]->stamp));
			if (sent++ < pictures)
				gw_link_push(b->stage.in, &out[i], 1);
		}
		gw_rest_after(&rest, work + count);
	}
	int64_t end = gw_now();
	for (uint32_t i = FRAMES; i > 0; i--)
		gw_pool_put_back(b->gw.pool, frames[i - 1]);
	return pictures * 1e9 / (double)(end - begin);
}

static double run_libjpeg(struct bench *b, uint32_t pictures)
{
	struct jpeg_decompress_struct jpeg;
	struct jpeg_error_mgr errors;

	jpeg.err = jpeg_std_error(&errors);
	jpeg_create_decompress(&jpeg);
	int64_t begin = gw_now();
	for (uint32_t i = 0; i < pictures; i++) {
		const struct file *file = &b->files[i % b->file_count];

		jpeg_mem_src(&jpeg, file->data, file->size);
		jpeg_read_header(&jpeg, TRUE);
		if (jpeg.image_width > MAX_SIDE || jpeg.image_height > MAX_SIDE)
			abort();
		jpeg.out_color_space = JCS_RGB;
		jpeg_start_decompress(&jpeg);
		while (jpeg.output_scanline < jpeg.output_height) {
			JSAMPROW row[1] = {
				b->pixels + (size_t)jpeg.output_scanline * jpeg.output_width * 3};

			jpeg_read_scanlines(&jpeg, row, 1);
		}
		jpeg_finish_decompress(&jpeg);
	}
	int64_t end = gw_now();
	jpeg_destroy_decompress(&jpeg);
	return pictures * 1e9 / (double)(end - begin);
}

static int measure(struct bench *b, uint32_t turns, uint32_t pictures)
{
	json_t *ours = json_array(), *libjpeg = json_array();

	run_ours(b, pictures);
	for (uint32_t i = 0; i < turns; i++) {
		json_array_append_new(ours, json_real(run_ours(b, pictures)));
		json_array_append_new(libjpeg, json_real(run_libjpeg(b, pictures)));
	}
	json_t *result = json_pack("{s:o, s:o}", "ours", ours, "libjpeg", libjpeg);
	json_dumpf(result, stdout, JSON_REAL_PRECISION(6));
	putchar('\n');
	json_decref(result);
	return 0;
}

int main(int argc, char **argv)
{
	static struct bench b;
	struct gw_error error = {"out of memory"};

	if (argc < 8 || argc - 7 > (int)MAX_FILES) {
		fprintf(stderr,
			"usage: decode_bench WIDTH HEIGHT rgb|grey WORKERS TURNS PICTURES "
			"FILE...\n");
		return 2;
	}
	b.camera.input_width = (uint16_t)atoi(argv[1]);
	b.camera.input_height = (uint16_t)atoi(argv[2]);
	b.camera.input_gray = strcmp(argv[3], "grey") == 0;
	b.decode.workers = (uint32_t)atoi(argv[4]);
	for (int i = 7; i < argc; i++) {
		if (load(&b.files[b.file_count++], argv[i]) != 0) {
			fprintf(stderr, "decode_bench: %s cannot be read\n", argv[i]);
			close_stage(&b);
			return 1;
		}
	}
	int status = open_stage(&b, &error);
	if (status == 0)
		status = measure(&b, (uint32_t)atoi(argv[5]), (uint32_t)atoi(argv[6]));
	else
		fprintf(stderr, "decode_bench: %s\n", error.text);
	close_stage(&b);
	return status == 0 ? 0 : 1;
}
