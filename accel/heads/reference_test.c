/* Pictures against themselves, changed by a known measure, stored in every way. */
#include "accel/heads/reference.h"

#include <string.h>

#include "accel/heads/encode.h"
#include "core/orientation.h"
#include "core/test.h"

#define WIDTH 320 /* more than are compared at a time */
#define HEIGHT 200

static float values[3 * WIDTH * HEIGHT];
static uint8_t jpeg[1 << 20];
static struct gw_frame frame;
static struct pixels made;
static struct input_map whole;

/* As it is seen; no two of the eight ways to turn it are alike. */
static uint8_t seen(uint32_t x, uint32_t y, uint32_t c)
{
	return (uint8_t)(c == 0 ? x / 2 : c == 1 ? y : 60 + x / 8 + y / 8);
}

static struct reference *reference;
static struct encoder *encoder;
static bool grey, narrow;

/* In the order in which it is stored. */
static const uint8_t *stored_row(void *owner, uint32_t row)
{
	static uint8_t line[3 * WIDTH];
	const uint8_t orientation = frame.orientation;
	const bool swapped = gw_orientation_swaps(orientation);
	const uint32_t columns = swapped ? HEIGHT : WIDTH, channels = grey ? 1 : 3;

	for (uint32_t column = 0; column < columns; column++) {
		const uint32_t across = swapped ? row : column, down = swapped ? column : row;
		const uint32_t x =
			gw_orientation_mirrors_x(orientation) ? WIDTH - 1 - across : across;
		const uint32_t y = gw_orientation_mirrors_y(orientation) ? HEIGHT - 1 - down : down;

		for (uint32_t c = 0; c < channels; c++) {
			const uint8_t level = seen(x, y, c);

			line[column * channels + c] =
				narrow ? (uint8_t)(16.5f + (float)level * 219 / 255) : level;
		}
	}
	return line;
}

static void store(uint8_t orientation)
{
	size_t size;

	frame.orientation = orientation;
	const bool swapped = gw_orientation_swaps(orientation);
	const struct encode_picture picture = {
		.width = swapped ? HEIGHT : WIDTH,
		.height = swapped ? WIDTH : HEIGHT,
		.channels = grey ? 1 : 3,
		.quality = 100,
		.row = stored_row,
	};

	assert_int_equal(encode_jpeg(encoder, &picture, jpeg, sizeof(jpeg), &size), 0);
	frame.jpeg.size = (uint32_t)size;
}

/* What the model made: as it is seen, and everywhere so much brighter. */
static void paint(float brighter)
{
	for (uint32_t c = 0; c < made.channels; c++)
		for (uint32_t y = 0; y < made.height; y++)
			for (uint32_t x = 0; x < made.width; x++)
				values[c * made.of_channel + y * made.of_row + x] =
					(float)seen(x + (uint32_t)whole.left,
						y + (uint32_t)whole.top, c) +
					brighter;
}

static int make(void **state)
{
	grey = narrow = false;
	frame = (struct gw_frame){.width = WIDTH, .height = HEIGHT, .jpeg = {.data = jpeg}};
	made = (struct pixels){.values = values,
		.width = WIDTH,
		.height = HEIGHT,
		.of_row = WIDTH,
		.of_pixel = 1,
		.of_channel = (size_t)WIDTH * HEIGHT,
		.channels = 3,
		.scale = 1};
	whole = (struct input_map){.right = WIDTH, .bottom = HEIGHT};
	return 0;
}

static void a_known_difference_has_its_ratio(void **state)
{
	store(GW_UPRIGHT);
	paint(0);
	assert_true(reference_psnr(reference, &frame, false, &whole, &made) > 45);
	/* 10 log10(255^2 / 100) */
	paint(10);
	assert_float_equal(reference_psnr(reference, &frame, false, &whole, &made), 28.13f, 0.1f);
}

static void a_picture_that_is_turned_is_compared_as_it_is_seen(void **state)
{
	paint(0);
	for (uint8_t orientation = 1; orientation <= GW_ORIENTATIONS; orientation++) {
		store(orientation);
		assert_true(reference_psnr(reference, &frame, false, &whole, &made) > 45);
		/* The same bytes, seen another way of the same size. */
		frame.orientation = orientation > 4 ? 13 - orientation : 5 - orientation;
		assert_true(reference_psnr(reference, &frame, false, &whole, &made) < 25);
	}
}

static void only_the_part_that_was_seen_is_compared(void **state)
{
	whole = (struct input_map){.left = 40, .top = 24, .right = 300, .bottom = 124};
	made.width = 260;
	made.height = 100;
	paint(0);
	for (uint8_t orientation = 1; orientation <= GW_ORIENTATIONS; orientation++) {
		store(orientation);
		assert_true(reference_psnr(reference, &frame, false, &whole, &made) > 45);
	}
	whole.left = 0;
	whole.right = 260;
	assert_true(reference_psnr(reference, &frame, false, &whole, &made) < 30);
}

static void levels_of_limited_range_are_widened(void **state)
{
	narrow = true;
	store(GW_UPRIGHT);
	paint(0);
	assert_true(reference_psnr(reference, &frame, true, &whole, &made) > 42);
	assert_true(reference_psnr(reference, &frame, false, &whole, &made) < 35);
}

static void grey_is_compared_with_grey(void **state)
{
	grey = true;
	made.channels = 1;
	paint(10);
	store(GW_UPRIGHT);
	assert_float_equal(reference_psnr(reference, &frame, false, &whole, &made), 28.13f, 0.1f);
	narrow = true;
	store(GW_UPRIGHT);
	assert_float_equal(reference_psnr(reference, &frame, true, &whole, &made), 28.13f, 0.3f);
}

static void a_picture_of_one_level_may_be_alike(void **state)
{
	memset(values, 0, sizeof(values));
	grey = true;
	made.channels = 1;
	made.height = 1;
	made.width = 1;
	whole.right = whole.bottom = 1;
	store(GW_UPRIGHT);
	values[0] = seen(0, 0, 0);
	assert_float_equal(
		reference_psnr(reference, &frame, false, &whole, &made), (float)REFERENCE_ALIKE, 0);
}

static void what_has_other_pixels_is_no_reference(void **state)
{
	store(GW_UPRIGHT);
	paint(0);
	made.width = WIDTH / 2;
	assert_true(reference_psnr(reference, &frame, false, &whole, &made) < 0);
	made.width = WIDTH;
	/* Half a pixel, and beyond the picture. */
	whole.left = 0.5f;
	whole.right = WIDTH + 0.5f;
	assert_true(reference_psnr(reference, &frame, false, &whole, &made) < 0);
	whole.left = 1;
	whole.right = WIDTH + 1;
	assert_true(reference_psnr(reference, &frame, false, &whole, &made) < 0);
	/* The frame is of another size than its JPEG. */
	whole.left = 0;
	whole.right = WIDTH;
	frame.width = WIDTH + 8;
	assert_true(reference_psnr(reference, &frame, false, &whole, &made) < 0);
}

static void what_cannot_be_decoded_is_no_reference(void **state)
{
	store(GW_UPRIGHT);
	paint(0);
	memset(jpeg, 0, 64);
	assert_true(reference_psnr(reference, &frame, false, &whole, &made) < 0);
	frame.jpeg.data = NULL;
	assert_true(reference_psnr(reference, &frame, false, &whole, &made) < 0);
}

#define TEST(name) cmocka_unit_test_setup(name, make)

static void one_picture_after_the_other_takes_no_memory(void **state)
{
	float was;
	uint64_t decoded, encoded;

	paint(10);
	store(GW_UPRIGHT);
	was = reference_psnr(reference, &frame, false, &whole, &made);
	decoded = reference_foreign(reference);
	encoded = encoder_foreign(encoder);
	for (int i = 0; i < 20; i++) {
		store(GW_UPRIGHT);
		assert_float_equal(reference_psnr(reference, &frame, false, &whole, &made), was, 0);
		/* One that is no good in between changes nothing. */
		frame.jpeg.size /= 2;
		memset(jpeg, 0, i % 3 * 100);
		reference_psnr(reference, &frame, false, &whole, &made);
	}
	assert_int_equal(reference_foreign(reference), decoded);
	assert_int_equal(encoder_foreign(encoder), encoded);
}

static const uint8_t *any_row(void *owner, uint32_t y)
{
	static uint8_t line[3 * 16384];

	line[0] = (uint8_t)y;
	return line;
}

static void what_is_reserved_is_enough_for_the_widest(void **state)
{
	for (uint32_t width = 1; width <= 16384; width *= 2) {
		struct encoder *wide = encoder_create(width);

		for (uint32_t channels = 1; channels <= 3; channels += 2) {
			const struct encode_picture picture = {.width = width,
				.height = 20,
				.channels = channels,
				.quality = 90,
				.row = any_row};
			size_t size;

			assert_int_equal(encode_jpeg(wide, &picture, jpeg, sizeof(jpeg), &size), 0);
		}
		encoder_destroy(wide);
	}
}

static int open_both(void **state)
{
	reference = reference_create();
	encoder = encoder_create(WIDTH);
	return reference && encoder ? 0 : -1;
}

static int close_both(void **state)
{
	reference_destroy(reference);
	encoder_destroy(encoder);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_known_difference_has_its_ratio),
		TEST(a_picture_that_is_turned_is_compared_as_it_is_seen),
		TEST(only_the_part_that_was_seen_is_compared),
		TEST(levels_of_limited_range_are_widened),
		TEST(grey_is_compared_with_grey),
		TEST(a_picture_of_one_level_may_be_alike),
		TEST(what_has_other_pixels_is_no_reference),
		TEST(what_cannot_be_decoded_is_no_reference),
		TEST(one_picture_after_the_other_takes_no_memory),
		TEST(what_is_reserved_is_enough_for_the_widest),
	};

	return cmocka_run_group_tests(tests, open_both, close_both);
}
