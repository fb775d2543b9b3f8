/* Every way to run the kernels that this machine has, held against the C reference, bit for bit;
 * and the reference against libjpeg. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jpeglib.h>

#include "accel/kernels/reference.h"
#include "accel/kernels/source.h"
#include "accel/opencl/batch.h"
#include "jpeg/make.h"

#define BLOCKS 4096u
#define SAMPLES (BLOCKS * 64u)
#define PLANES 16u

static const struct opencl_room room = {.blocks = BLOCKS,
	.tables = PLANES,
	.planes = PLANES,
	.pictures = PLANES,
	.samples = SAMPLES,
	.pixels = 3 * SAMPLES};

/* One OpenCL device with the kernels, and what it is to do. */
struct way {
	struct opencl_api api;
	struct opencl_program program;
	struct opencl_batch *batch;
};

static uint64_t random_state = 1;

static uint32_t random_bits(void)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(random_state >> 33);
}

/* Does what is in the batch by the reference, and compares. */
static void assert_as_reference(struct opencl_batch *batch)
{
	const struct opencl_room *used = &batch->used;
	uint8_t *samples = calloc(1, SAMPLES), *pixels = calloc(1, 3 * SAMPLES);
	struct gw_error error = {""};

	kernels_reference_idct(batch->block, batch->table, batch->plane, used->planes, samples);
	kernels_reference_rgb(samples, batch->picture, used->pictures, pixels);
	if (opencl_batch_run(batch, &error) != 0)
		fail_msg("%s", error.text);
	for (uint32_t i = 0; i < used->planes; i++) {
		const struct idct_job *plane = &batch->plane[i];

		for (uint32_t y = 0; y < plane->down * plane->side; y++) {
			const uint32_t at = plane->sample + y * plane->pitch;

			assert_memory_equal(
				batch->sample + at, samples + at, plane->across * plane->side);
		}
	}
	for (uint32_t i = 0; i < used->pictures; i++) {
		const struct rgb_job *picture = &batch->picture[i];

		for (uint32_t y = 0; y < picture->height; y++) {
			const uint32_t at = picture->pixel + y * picture->pixel_pitch;

			assert_memory_equal(batch->pixel + at, pixels + at, 3 * picture->width);
		}
	}
	free(samples);
	free(pixels);
}

/* For each device: opens it, does `test`, closes it. Skips where there is none. */
static void on_every_device(void (*test)(struct way *way))
{
	struct opencl_device devices[OPENCL_DEVICES];
	struct opencl_api api;
	struct gw_error error;
	int count = opencl_library_open(&api, &error);

	if (count == 0)
		count = opencl_devices(&api, devices, &error);
	if (count < 0) {
		print_message("%s\n", error.text);
		skip();
	}
	for (int i = 0; i < count; i++) {
		struct way way = {.api = api};

		if (opencl_program_open(&way.program, &way.api, &devices[i],
			    (const char *)kernels_opencl, kernels_opencl_size, &error) != 0)
			fail_msg("%s", error.text);
		way.batch = opencl_batch_create(&way.program, &room, &error);
		if (!way.batch)
			fail_msg("%s", error.text);
		test(&way);
		assert_true(opencl_batch_destroy(way.batch));
		opencl_program_close(&way.program);
	}
}

/* Planes of each size of block, as many as fit. */
static void lay_out_planes(struct opencl_batch *batch)
{
	static const uint32_t sides[] = {8, 4, 2, 1};
	struct opencl_room *used = &batch->used;

	while (used->planes < PLANES) {
		const uint32_t across = 1 + random_bits() % 16, down = 1 + random_bits() % 12;
		const uint32_t side = sides[used->planes % 4];
		const uint32_t stride = across + random_bits() % 2;
		const uint32_t pitch = across * side + random_bits() % 3;

		batch->plane[used->planes++] = (struct idct_job){.block = used->blocks,
			.stride = stride,
			.across = across,
			.down = down,
			.table = 64 * (random_bits() % PLANES),
			.sample = used->samples,
			.pitch = pitch,
			.side = side};
		used->blocks += stride * down;
		used->samples += pitch * down * side;
	}
	used->tables = PLANES;
	assert_true(used->blocks <= BLOCKS && used->samples <= SAMPLES);
}

/* From what a photograph has to what no encoder makes. */
static int16_t random_coefficient(uint32_t kind)
{
	switch (kind) {
	case 0:
		return (int16_t)random_bits();
	case 1:
		return (int16_t)((int32_t)(random_bits() % 2047) - 1023);
	case 2:
		return (int16_t)(random_bits() % 8 == 0 ? (int32_t)(random_bits() % 31) - 15 : 0);
	default:
		return (random_bits() & 1) ? INT16_MAX : INT16_MIN;
	}
}

static void random_blocks(struct way *way)
{
	struct opencl_batch *batch = way->batch;

	for (uint32_t round = 0; round < 40; round++) {
		opencl_batch_reset(batch);
		lay_out_planes(batch);
		for (uint32_t i = 0; i < 64 * batch->used.blocks; i++)
			batch->block[i] = random_coefficient(round % 4);
		for (uint32_t i = 0; i < 64 * PLANES; i++)
			batch->table[i] =
				(uint16_t)(round % 3 == 0 ? random_bits() : 1 + random_bits() % 99);
		assert_as_reference(batch);
	}
}

static void blocks_of_noise_come_out_as_the_reference_has_them(void **state)
{
	on_every_device(random_blocks);
}

/* What a picture of so many pixels has of chroma. */
static struct rgb_job random_picture(uint32_t samples, uint32_t pixels)
{
	static const uint8_t sampling[][2] = {{1, 1}, {2, 1}, {2, 2}, {1, 2}, {4, 1}};
	const uint8_t *of = sampling[random_bits() % 5];
	struct rgb_job job = {.width = 1 + random_bits() % 90,
		.height = 1 + random_bits() % 40,
		.across = of[0],
		.down = of[1],
		.colours = random_bits() % 5 > 0,
		.pixel = pixels};

	job.chroma_width = (job.width + of[0] - 1) / of[0];
	job.chroma_height = (job.height + of[1] - 1) / of[1];
	job.smooth = random_bits() % 4 > 0;
	job.pixel_pitch = 3 * job.width + random_bits() % 5;
	for (int i = 0; i < 3; i++) {
		job.pitch[i] = job.width + random_bits() % 3;
		job.plane[i] = samples + (uint32_t)i * job.pitch[i] * job.height;
		job.pitch[i] = i > 0 ? job.chroma_width : job.pitch[i];
	}
	return job;
}

/* The samples are what the planes' blocks happen to give. */
static void random_pictures(struct way *way)
{
	struct opencl_batch *batch = way->batch;

	for (uint32_t round = 0; round < 30; round++) {
		struct opencl_room *used = &batch->used;

		opencl_batch_reset(batch);
		*used = (struct opencl_room){
			.blocks = BLOCKS, .tables = 1, .planes = 1, .samples = SAMPLES};
		batch->plane[0] = (struct idct_job){.stride = BLOCKS / 16,
			.across = BLOCKS / 16,
			.down = 16,
			.pitch = BLOCKS / 2,
			.side = 8};
		for (uint32_t i = 0; i < 64 * BLOCKS; i++)
			batch->block[i] = random_coefficient(1 + round % 2);
		for (uint32_t i = 0; i < 64; i++)
			batch->table[i] = (uint16_t)(1 + random_bits() % 9);
		for (uint32_t at = 0; used->pictures < PLANES; used->pictures++) {
			batch->picture[used->pictures] = random_picture(at, used->pixels);
			used->pixels += batch->picture[used->pictures].pixel_pitch *
				batch->picture[used->pictures].height;
			at += 92 * 40 * 3;
		}
		assert_true(used->pixels <= 3 * SAMPLES);
		assert_as_reference(batch);
	}
}

static void pictures_of_noise_come_out_as_the_reference_has_them(void **state)
{
	on_every_device(random_pictures);
}

/* The coefficients of a JPEG, all its planes at that scale, and its pixels from them. */
static void fill_from_jpeg(
	struct opencl_batch *batch, const uint8_t *data, size_t size, uint32_t eighths)
{
	struct jpeg_decompress_struct jpeg;
	struct jpeg_error_mgr errors;

	jpeg.err = jpeg_std_error(&errors);
	jpeg_create_decompress(&jpeg);
	jpeg_mem_src(&jpeg, data, size);
	jpeg_read_header(&jpeg, TRUE);
	jpeg.scale_num = eighths;
	jpeg.scale_denom = 8;
	jpeg_calc_output_dimensions(&jpeg);
	jvirt_barray_ptr *arrays = jpeg_read_coefficients(&jpeg);

	for (int i = 0; i < jpeg.num_components; i++) {
		const jpeg_component_info *c = &jpeg.comp_info[i];
		struct idct_job *job = &batch->plane[i];

		*job = (struct idct_job){.block = batch->used.blocks,
			.stride = c->width_in_blocks,
			.across = c->width_in_blocks,
			.down = c->height_in_blocks,
			.table = 64 * (uint32_t)i,
			.sample = batch->used.samples,
			.pitch = c->width_in_blocks * (uint32_t)c->DCT_scaled_size,
			.side = (uint32_t)c->DCT_scaled_size};
		for (uint32_t y = 0; y < job->down; y++) {
			JBLOCKARRAY row = jpeg.mem->access_virt_barray(
				(j_common_ptr)&jpeg, arrays[i], y, 1, FALSE);

			memcpy(batch->block + 64 * (job->block + y * job->stride), row[0],
				job->across * sizeof(JBLOCK));
		}
		memcpy(batch->table + job->table, c->quant_table->quantval, 64 * sizeof(uint16_t));
		batch->used.blocks += job->stride * job->down;
		batch->used.samples += job->pitch * job->down * job->side;
		batch->used.planes++;
	}
	batch->used.tables = 3;
	jpeg_finish_decompress(&jpeg);
	jpeg_destroy_decompress(&jpeg);
	assert_true(batch->used.blocks <= BLOCKS);
}

static void add_rgb(struct opencl_batch *batch, const struct jpeg_recipe *recipe)
{
	const bool grey = recipe->components == 1;
	const uint32_t across = grey ? 1 : recipe->h, down = grey ? 1 : recipe->v;
	struct rgb_job *job = &batch->picture[0];

	*job = (struct rgb_job){.width = recipe->width,
		.height = recipe->height,
		.chroma_width = (recipe->width + across - 1) / across,
		.chroma_height = (recipe->height + down - 1) / down,
		.across = across,
		.down = down,
		.colours = !grey,
		.pixel_pitch = 3u * recipe->width};
	job->smooth = across == 1 || job->chroma_width > 2;
	for (uint32_t i = 0; i < batch->used.planes; i++) {
		job->plane[i] = batch->plane[i].sample;
		job->pitch[i] = batch->plane[i].pitch;
	}
	batch->used.pictures = 1;
	batch->used.pixels = job->pixel_pitch * job->height;
}

static struct jpeg_recipe random_recipe(uint32_t index)
{
	static const uint8_t sampling[][2] = {{1, 1}, {2, 1}, {2, 2}, {1, 2}, {4, 1}};

	return (struct jpeg_recipe){.width = (uint16_t)(1 + random_bits() % 300),
		.height = (uint16_t)(1 + random_bits() % 200),
		.components = index % 7 == 6 ? 1 : 3,
		.h = sampling[index % 5][0],
		.v = sampling[index % 5][1],
		.quality = (uint8_t)(1 + random_bits() % 100),
		.seed = index};
}

static void real_pictures(struct way *way)
{
	for (uint32_t i = 0; i < 70; i++) {
		const struct jpeg_recipe recipe = random_recipe(i);
		size_t size;
		uint8_t *data = jpeg_make(&recipe, &size);

		for (uint32_t eighths = 1; eighths <= 8; eighths *= 2) {
			opencl_batch_reset(way->batch);
			fill_from_jpeg(way->batch, data, size, eighths);
			if (eighths == 8)
				add_rgb(way->batch, &recipe);
			assert_as_reference(way->batch);
		}
		free(data);
	}
}

static void blocks_of_pictures_come_out_as_the_reference_has_them(void **state)
{
	on_every_device(real_pictures);
}

static void assert_planes_as_libjpeg(const struct opencl_batch *batch, const uint8_t *samples,
	const uint8_t *data, size_t size, uint32_t eighths)
{
	struct jpeg_planes planes;

	jpeg_reference_planes(data, size, eighths, &planes);
	for (int i = 0; i < 3; i++) {
		for (uint32_t k = 0; k < planes.width[i] * planes.height[i]; k++) {
			const uint32_t x = k % planes.width[i], y = k / planes.width[i];
			const uint32_t at = batch->plane[i].sample + y * batch->plane[i].pitch + x;

			assert_int_equal(samples[at], planes.sample[i][y * planes.pitch[i] + x]);
		}
	}
	jpeg_planes_free(&planes);
}

/* The reference has no device: memory laid out as a batch is enough. */
static void the_reference_makes_of_pictures_what_libjpeg_does(void **state)
{
	struct opencl_batch batch = {.block = calloc(BLOCKS, 64 * sizeof(int16_t)),
		.table = calloc(PLANES, 64 * sizeof(uint16_t)),
		.plane = calloc(PLANES, sizeof(struct idct_job)),
		.picture = calloc(PLANES, sizeof(struct rgb_job))};
	uint8_t *samples = malloc(SAMPLES), *pixels = malloc(3 * SAMPLES);

	for (uint32_t i = 0; i < 210; i++) {
		const struct jpeg_recipe recipe = random_recipe(i);
		size_t size;
		uint8_t *data = jpeg_make(&recipe, &size);

		for (uint32_t eighths = 1; eighths <= 8; eighths *= 2) {
			batch.used = (struct opencl_room){0};
			fill_from_jpeg(&batch, data, size, eighths);
			kernels_reference_idct(
				batch.block, batch.table, batch.plane, batch.used.planes, samples);
			if (recipe.components == 3)
				assert_planes_as_libjpeg(&batch, samples, data, size, eighths);
		}
		add_rgb(&batch, &recipe);
		kernels_reference_rgb(samples, batch.picture, 1, pixels);
		uint8_t *expected = jpeg_reference(data, size, false);
		assert_memory_equal(pixels, expected, 3u * recipe.width * recipe.height);
		free(expected);
		free(data);
	}
	free(batch.block);
	free(batch.table);
	free(batch.plane);
	free(batch.picture);
	free(samples);
	free(pixels);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_reference_makes_of_pictures_what_libjpeg_does),
		cmocka_unit_test(blocks_of_noise_come_out_as_the_reference_has_them),
		cmocka_unit_test(pictures_of_noise_come_out_as_the_reference_has_them),
		cmocka_unit_test(blocks_of_pictures_come_out_as_the_reference_has_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
