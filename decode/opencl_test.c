#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "decode/opencl_fixture.h"
#include "jpeg/make.h"
#include "jpeg/marker.h"

static uint64_t random_state = 1;

static uint32_t random_bits(void)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(random_state >> 33);
}

static uint64_t total(const struct decoder_fixture *f, size_t counter)
{
	const struct opencl_decoder *opencl = f->decoder.state;
	uint64_t sum = 0;

	for (uint32_t i = 0; i < opencl->worker_count; i++)
		sum += gw_counter_get(
			(const struct gw_counter *)((const char *)&opencl->workers[i] + counter));
	return sum;
}
#define TOTAL(member) total(&f, offsetof(struct opencl_worker, member))

/* All subsamplings, odd sizes and qualities, with and without restart intervals. */
static struct jpeg_recipe random_recipe(uint32_t index)
{
	static const uint8_t sampling[][2] = {{1, 1}, {2, 1}, {2, 2}, {1, 2}, {4, 1}};
	const uint8_t *of = sampling[index % 5];
	const uint32_t most = index % 20 == 0 ? 700 : 150;

	return (struct jpeg_recipe){
		.width = (uint16_t)(1 + random_bits() % most),
		.height = (uint16_t)(1 + random_bits() % most),
		.components = index % 9 == 8 ? 1 : 3,
		.h = of[0],
		.v = of[1],
		.quality = (uint8_t)(1 + random_bits() % 100),
		.wide = index % 11 == 0,
		.optimise = index % 3 == 0,
		.restart_interval = (uint16_t)(index % 4 == 0 ? 1 + random_bits() % 9 : 0),
		.seed = index,
	};
}

static void a_thousand_pictures_are_what_turbo_makes_of_them(void **state)
{
	static struct turbo_picture turbo;
	struct decoder_fixture f;
	uint64_t different = 0;

	opencl_fixture_open(&f, 1);
	assert_int_equal(turbo_picture_open(&turbo, 4096), 0);
	for (uint32_t i = 0; i < 1000; i++) {
		const struct jpeg_recipe recipe = random_recipe(i);
		const uint32_t part = 1 + i / 5 % 10;
		size_t size;
		uint8_t *data = jpeg_make(&recipe, &size);

		/* Half of them whole, the others at the scale that a smaller model asks for. */
		f.wants[0].width = part > 8 ? 4096 : (uint16_t)(1 + recipe.width / part);
		f.wants[0].height = part > 8 ? 4096 : (uint16_t)(1 + recipe.height / part);
		f.wants[0].gray = i % 7 == 6;
		different += assert_as_turbo(&f, &turbo, data, size, 1);
		free(data);
	}
	/* The same arithmetic as turbo's on processors with vector instructions. */
	print_message("%llu samples differ by one level\n", (unsigned long long)different);
	assert_int_equal(TOTAL(decoded), 1000);
	assert_int_equal(TOTAL(unfit) + TOTAL(rescue.rescued), 0);
	assert_true(TOTAL(copied) > 0);
	turbo_picture_close(&turbo);
	fixture_close(&f);
}

static void whole_pictures_are_those_of_plain_libjpeg_to_the_bit(void **state)
{
	struct decoder_fixture f;

	opencl_fixture_open(&f, 1);
	for (uint32_t i = 0; i < 100; i++) {
		const struct jpeg_recipe recipe = random_recipe(i);
		size_t size;
		uint8_t *data = jpeg_make(&recipe, &size);
		struct gw_frame *frame = frame_of(&f, 0, data, size);

		f.wants[0].gray = i % 7 == 6;
		decode_one(&f, frame);
		assert_int_equal(frame->drop, GW_DROP_NONE);
		assert_true(frame->stamp[GW_STAMP_DECODE] > 0);
		assert_true(frame->stamp[GW_STAMP_DECODED] >= frame->stamp[GW_STAMP_DECODE]);
		assert_picture(frame->surface, data, size);
		gw_frame_unref(frame);
		free(data);
	}
	assert_int_equal(TOTAL(decoded), 100);
	fixture_close(&f);
}

static void pictures_that_wait_together_go_together(void **state)
{
	static const struct jpeg_recipe recipe = {.width = 320, .height = 240};
	struct gw_frame *frames[2 * OPENCL_BATCH];
	struct decoder_fixture f;
	size_t size;
	uint8_t *data = jpeg_make(&recipe, &size);

	opencl_fixture_open(&f, 1);
	for (uint32_t i = 0; i < 2 * OPENCL_BATCH; i++)
		frames[i] = frame_of(&f, 0, data, size);
	f.decoder.ops->submit(&f.decoder, frames, 2 * OPENCL_BATCH);
	assert_int_equal(poll_for(&f, frames, 2 * OPENCL_BATCH), 2 * OPENCL_BATCH);
	for (uint32_t i = 0; i < 2 * OPENCL_BATCH; i++)
		assert_picture(frames[i]->surface, data, size);
	assert_true(TOTAL(batches) < 2 * OPENCL_BATCH);
	assert_int_equal(TOTAL(decoded), 2 * OPENCL_BATCH);
	fixture_close(&f);
	free(data);
}

static void a_batch_that_is_full_goes_before_the_next_picture(void **state)
{
	struct jpeg_recipe recipe = {.width = 2560, .height = 1600, .h = 1, .v = 1, .quality = 50};
	struct decoder_fixture f;
	struct gw_frame *frames[3];
	size_t size;
	uint8_t *data = jpeg_make(&recipe, &size);

	opencl_fixture_open(&f, 1);
	for (int i = 0; i < 3; i++) {
		frames[i] = gw_pool_get(f.gw.pool, 0, 1280, 720);
		gw_frame_set_version(frames[i], &f.cameras[0]);
		frames[i]->jpeg.data = data;
		frames[i]->jpeg.size = (uint32_t)size;
		frames[i]->surface = gw_surface_get(f.surfaces, 2560 * 1600 * 3);
	}
	f.decoder.ops->submit(&f.decoder, frames, 3);
	assert_int_equal(poll_for(&f, frames, 3), 3);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(frames[i]->drop, GW_DROP_NONE);
		assert_picture(frames[i]->surface, data, size);
		gw_frame_drop_surface(frames[i]);
	}
	assert_int_equal(TOTAL(decoded), 3);
	assert_int_equal(TOTAL(batches), 3);
	fixture_close(&f);
	free(data);
}

static void a_picture_beyond_the_devices_memory_is_the_processors(void **state)
{
	struct jpeg_recipe recipe = {.width = 4080, .height = 4080, .h = 1, .v = 1, .quality = 30};
	struct decoder_fixture f;
	size_t size;
	uint8_t *data = jpeg_make(&recipe, &size);
	struct gw_frame *frame;

	opencl_fixture_open(&f, 1);
	frame = gw_pool_get(f.gw.pool, 0, 1280, 720);
	gw_frame_set_version(frame, &f.cameras[0]);
	frame->jpeg.data = data;
	frame->jpeg.size = (uint32_t)size;
	frame->surface = gw_surface_get(f.surfaces, 4096 * 4096 * 3);
	decode_one(&f, frame);
	assert_int_equal(frame->drop, GW_DROP_NONE);
	assert_picture(frame->surface, data, size);
	assert_int_equal(TOTAL(unfit), 1);
	assert_int_equal(TOTAL(decoded), 0);
	gw_frame_drop_surface(frame);
	fixture_close(&f);
	free(data);
}

/* Cut and wrong in every third byte. What can be decoded all the same has coefficients that no
 * encoder makes, and is what it is. */
static void damaged_pictures_fail_as_turbos_do_and_their_neighbours_do_not(void **state)
{
	static struct turbo_picture turbo;
	struct jpeg_recipe recipe = {.width = 64, .height = 64, .restart_interval = 2};
	struct decoder_fixture f;
	size_t size;
	uint8_t *data = jpeg_make(&recipe, &size), *hurt = malloc(size);
	const size_t scan = jpeg_find(data, size, MARKER_SOS) + 14;

	opencl_fixture_open(&f, 1);
	assert_int_equal(turbo_picture_open(&turbo, 4096), 0);
	for (size_t at = scan; at < size - 2; at += 3) {
		memcpy(hurt, data, size);
		hurt[at] ^= 0xff;
		assert_as_turbo(&f, &turbo, hurt, size, 255);
		memcpy(hurt, data, size);
		hurt[at] = 0xff;
		hurt[at + 1] = MARKER_EOI;
		assert_as_turbo(&f, &turbo, hurt, at + 2, 255);
		assert_as_turbo(&f, &turbo, data, at, 255);
		assert_int_equal(assert_as_turbo(&f, &turbo, data, size, 0), 0);
	}
	turbo_picture_close(&turbo);
	fixture_close(&f);
	free(data);
	free(hurt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thousand_pictures_are_what_turbo_makes_of_them),
		cmocka_unit_test(whole_pictures_are_those_of_plain_libjpeg_to_the_bit),
		cmocka_unit_test(pictures_that_wait_together_go_together),
		cmocka_unit_test(a_batch_that_is_full_goes_before_the_next_picture),
		cmocka_unit_test(a_picture_beyond_the_devices_memory_is_the_processors),
		cmocka_unit_test(damaged_pictures_fail_as_turbos_do_and_their_neighbours_do_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
