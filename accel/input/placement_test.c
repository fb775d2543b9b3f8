/* Holds the C form of the `place` kernel against the definition and against
 * accel/input/preprocess.h. */
#include "core/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "accel/input/placement.h"
#include "accel/input/preprocess.h"
#include "accel/input/preprocess_reference.h"
#include "accel/input/test_placement.h"
#include "devices/kernels/place_reference.h"

#define CASES 600u

/* What the kernel makes of it as picture 1 of 2; what is not its own must stay. */
static void *place_second(const struct test_placement *p)
{
	const size_t size = model_picture_size(&p->input);
	struct place_tap *taps = calloc(placement_taps_most(&p->input), sizeof(taps[0]));
	const struct place_job job = placement_job(&p->geometry, &p->surface, 1);
	uint8_t *tensor = malloc(2 * size), *second = malloc(size);

	memset(tensor, 0xee, 2 * size);
	assert_true(placement_taps(&p->geometry, taps) <= placement_taps_most(&p->input));
	kernels_reference_place(p->surface.plane[0], taps, &job, 1, tensor);
	for (size_t i = 0; i < size; i++)
		assert_int_equal(tensor[i], 0xee);
	memcpy(second, tensor + size, size);
	free(tensor);
	free(taps);
	return second;
}

/* Levels are exact to a thousandth; a byte is rounded, and a number of half precision is as near as
 * it can be. */
static double tolerance(const struct model_input *input, double levels, uint32_t c, double value)
{
	const double error = levels * fmax((double)input->scale[c], 0.01);

	if (input->type == MODEL_UINT8)
		return error + 0.5;
	return input->type == MODEL_FLOAT16 ? error + fabs(value) / 2048 + 1e-7 : error;
}

static void it_does_what_the_definition_says(void **state)
{
	for (uint32_t i = 0; i < CASES; i++) {
		struct test_placement p;

		test_placement_open(&p, i);
		const struct reference reference = {
			&p.input, p.region, p.source_width, p.source_height, &p.surface};
		void *tensor = place_second(&p);

		for (uint32_t at = 0; at < p.input.channels * 40u; at++) {
			const uint32_t c = at % p.input.channels;
			const uint32_t x = at * 7 % p.input.width, y = at * 5 % p.input.height;
			const double value = reference_value(&reference, c, x, y);
			const double is = reference_read(&p.input, tensor, c, x, y);

			if (!(fabs(is - value) <= tolerance(&p.input, 2e-3, c, value)))
				fail_msg("case %u: %f, not %f, in channel %u at %u, %u", i, is,
					value, c, x, y);
		}
		free(tensor);
		test_placement_close(&p);
	}
}

/* Planes are resized there in 64ths of a level, and widened before they are resized down. */
static void it_does_what_the_host_does(void **state)
{
	for (uint32_t i = 0; i < CASES; i++) {
		struct preprocess preprocess;
		struct test_placement p;

		test_placement_open(&p, i);
		assert_int_equal(preprocess_init(&preprocess, &p.input), 0);
		void *host = malloc(model_picture_size(&p.input));
		void *tensor = place_second(&p);

		preprocess_run(&preprocess, &p.geometry, &p.surface, host);
		for (uint32_t at = 0;
			at < (uint32_t)p.input.channels * p.input.width * p.input.height; at++) {
			const uint32_t c = at % p.input.channels, pixel = at / p.input.channels;
			const uint32_t x = pixel % p.input.width, y = pixel / p.input.width;
			const double value = reference_read(&p.input, host, c, x, y);
			const double is = reference_read(&p.input, tensor, c, x, y);
			const bool byte = p.input.type == MODEL_UINT8;

			if (!(fabs(is - value) <=
				    tolerance(&p.input, 0.15, c, value) + (byte ? 0.5 : 0)))
				fail_msg("case %u: %f, not %f, in channel %u at %u, %u", i, is,
					value, c, x, y);
		}
		free(tensor);
		free(host);
		preprocess_free(&preprocess);
		test_placement_close(&p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_does_what_the_definition_says),
		cmocka_unit_test(it_does_what_the_host_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
