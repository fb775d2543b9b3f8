/* The kernels as C, held against libjpeg, to the bit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "devices/kernels/reference.h"
#include "devices/kernels/test_pictures.h"

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
	struct opencl_batch batch = {.block = calloc(TEST_BLOCKS, 64 * sizeof(int16_t)),
		.table = calloc(TEST_PLANES, 64 * sizeof(uint16_t)),
		.plane = calloc(TEST_PLANES, sizeof(struct idct_job)),
		.picture = calloc(TEST_PLANES, sizeof(struct rgb_job))};
	uint8_t *samples = malloc(TEST_SAMPLES), *pixels = malloc(3 * TEST_SAMPLES);

	for (uint32_t i = 0; i < 210; i++) {
		const struct jpeg_recipe recipe = test_recipe(i);
		size_t size;
		uint8_t *data = jpeg_make(&recipe, &size);

		for (uint32_t eighths = 1; eighths <= 8; eighths *= 2) {
			batch.used = (struct opencl_room){0};
			test_fill_from_jpeg(&batch, data, size, eighths);
			kernels_reference_idct(
				batch.block, batch.table, batch.plane, batch.used.planes, samples);
			if (recipe.components == 3)
				assert_planes_as_libjpeg(&batch, samples, data, size, eighths);
		}
		test_add_rgb(&batch, &recipe);
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
