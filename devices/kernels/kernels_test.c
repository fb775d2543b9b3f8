/* Every way to run the kernels that this machine has, held against the C reference, bit for bit;
 * and the reference against libjpeg. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "devices/kernels/reference.h"
#include "devices/kernels/source.h"
#include "devices/kernels/test_pictures.h"
#include "devices/opencl/batch.h"
#include "jpeg/make.h"

#define BLOCKS TEST_BLOCKS
#define SAMPLES TEST_SAMPLES
#define PLANES TEST_PLANES

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
		const uint32_t across = 1 + test_random() % 16, down = 1 + test_random() % 12;
		const uint32_t side = sides[used->planes % 4];
		const uint32_t stride = across + test_random() % 2;
		const uint32_t pitch = across * side + test_random() % 3;

		batch->plane[used->planes++] = (struct idct_job){.block = used->blocks,
			.stride = stride,
			.across = across,
			.down = down,
			.table = 64 * (test_random() % PLANES),
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
		return (int16_t)test_random();
	case 1:
		return (int16_t)((int32_t)(test_random() % 2047) - 1023);
	case 2:
		return (int16_t)(test_random() % 8 == 0 ? (int32_t)(test_random() % 31) - 15 : 0);
	default:
		return (test_random() & 1) ? INT16_MAX : INT16_MIN;
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
				(uint16_t)(round % 3 == 0 ? test_random() : 1 + test_random() % 99);
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
	const uint8_t *of = sampling[test_random() % 5];
	struct rgb_job job = {.width = 1 + test_random() % 90,
		.height = 1 + test_random() % 40,
		.across = of[0],
		.down = of[1],
		.colours = test_random() % 5 > 0,
		.pixel = pixels};

	job.chroma_width = (job.width + of[0] - 1) / of[0];
	job.chroma_height = (job.height + of[1] - 1) / of[1];
	job.smooth = test_random() % 4 > 0;
	job.pixel_pitch = 3 * job.width + test_random() % 5;
	for (int i = 0; i < 3; i++) {
		job.pitch[i] = job.width + test_random() % 3;
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
			batch->table[i] = (uint16_t)(1 + test_random() % 9);
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

static void real_pictures(struct way *way)
{
	for (uint32_t i = 0; i < 70; i++) {
		const struct jpeg_recipe recipe = test_recipe(i);
		size_t size;
		uint8_t *data = jpeg_make(&recipe, &size);

		for (uint32_t eighths = 1; eighths <= 8; eighths *= 2) {
			opencl_batch_reset(way->batch);
			test_fill_from_jpeg(way->batch, data, size, eighths);
			if (eighths == 8)
				test_add_rgb(way->batch, &recipe);
			assert_as_reference(way->batch);
		}
		free(data);
	}
}

static void blocks_of_pictures_come_out_as_the_reference_has_them(void **state)
{
	on_every_device(real_pictures);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_of_noise_come_out_as_the_reference_has_them),
		cmocka_unit_test(pictures_of_noise_come_out_as_the_reference_has_them),
		cmocka_unit_test(blocks_of_pictures_come_out_as_the_reference_has_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
