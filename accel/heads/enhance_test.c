/* Pictures of a few colours, encoded by the head and decoded again. */
#include "accel/heads/test_head.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>

#define FACTOR 2
#define LARGE (FACTOR * TEST_SIDE)

static struct model_enhance options;
static float values[3 * LARGE * LARGE];
static uint8_t decoded[3 * LARGE * LARGE];

static int make(void **state)
{
	test_head_is(MODEL_DETECT_BOXES);
	options = (struct model_enhance){
		.tensor = "y", .factor = FACTOR, .white = 255, .quality = 100};
	test_model.task = GW_TASK_ENHANCE;
	test_model.enhance = &options;
	test_model.input.channels = 3;
	head_of(&test_model)->outputs(&test_model, test_tensors);
	return 0;
}

/* Red grows to the right, green downwards, and blue is the same everywhere. */
static float color_at(uint32_t c, uint32_t x, uint32_t y)
{
	return c == 0 ? 1.5f * (float)x : c == 1 ? 1.5f * (float)y : 100;
}

static void paint(bool last, bool reversed, float scale)
{
	for (uint32_t c = 0; c < 3; c++)
		for (uint32_t y = 0; y < LARGE; y++)
			for (uint32_t x = 0; x < LARGE; x++) {
				const size_t at = last ? ((size_t)y * LARGE + x) * 3 + c
						       : ((size_t)c * LARGE + y) * LARGE + x;

				values[at] = scale * color_at(reversed ? 2 - c : c, x, y);
			}
}

static const struct gw_picture *picture_of_result(void)
{
	assert_int_equal(test_result.task, GW_TASK_ENHANCE);
	assert_int_equal(test_result.count, 1);
	return gw_result_rest(&test_result, &test_result.findings[0]);
}

static void decode(const struct gw_picture *picture, int channels)
{
	struct jpeg_decompress_struct in;
	struct jpeg_error_mgr errors;

	in.err = jpeg_std_error(&errors);
	jpeg_create_decompress(&in);
	jpeg_mem_src(&in, picture->jpeg, picture->size);
	assert_int_equal(jpeg_read_header(&in, TRUE), JPEG_HEADER_OK);
	jpeg_start_decompress(&in);
	assert_int_equal(in.output_width, picture->width);
	assert_int_equal(in.output_height, picture->height);
	assert_int_equal(in.output_components, channels);
	while (in.output_scanline < in.output_height) {
		JSAMPROW row =
			decoded + (size_t)in.output_scanline * picture->width * (size_t)channels;

		jpeg_read_scanlines(&in, &row, 1);
	}
	jpeg_finish_decompress(&in);
	jpeg_destroy_decompress(&in);
}

static void assert_painted(uint32_t left, uint32_t top, uint32_t width, uint32_t height)
{
	const struct gw_picture *picture = picture_of_result();

	assert_int_equal(picture->width, width);
	assert_int_equal(picture->height, height);
	assert_true(picture->psnr < 0);
	decode(picture, 3);
	for (uint32_t y = 0; y < height; y++)
		for (uint32_t x = 0; x < width; x++)
			for (uint32_t c = 0; c < 3; c++)
				assert_float_equal(decoded[((size_t)y * width + x) * 3 + c],
					color_at(c, left + x, top + y), 4);
}

static void the_output_comes_back_out_of_the_jpeg(void **state)
{
	paint(false, false, 1);
	assert_int_equal(test_head_read(values, NULL, NULL), 0);
	assert_painted(0, 0, LARGE, LARGE);
}

static void order_of_colours_layout_and_white_are_the_models(void **state)
{
	paint(false, true, 1);
	test_model.input.colors = MODEL_BGR;
	assert_int_equal(test_head_read(values, NULL, NULL), 0);
	assert_painted(0, 0, LARGE, LARGE);
	paint(true, false, 1.0f / 255);
	test_model.input.colors = MODEL_RGB;
	test_model.input.layout = MODEL_NHWC;
	options.white = 1;
	head_of(&test_model)->outputs(&test_model, test_tensors);
	assert_int_equal(test_tensors[0].dims[2], 3);
	assert_int_equal(test_head_read(values, NULL, NULL), 0);
	assert_painted(0, 0, LARGE, LARGE);
}

static void only_what_the_picture_covers_is_encoded(void **state)
{
	/* 64 x 32 source pixels in the middle of the input. */
	static const struct input_map wide = {
		.step_x = 1, .step_y = 1, .pad_y = 16, .right = TEST_SIDE, .bottom = 32};
	const struct head_job job = {
		.description = &test_model,
		.map = &wide,
		.tensors = test_tensors,
		.values = {values},
		.rows = {3},
		.room = test_head_open(),
	};

	paint(false, false, 1);
	assert_int_equal(head_of(&test_model)->read(&job, &test_result), 0);
	test_head_close(job.room);
	assert_painted(0, 32, LARGE, 64);
	assert_float_equal(test_result.findings[0].y1, 32, 0);
}

static void a_grey_picture_is_grey(void **state)
{
	test_model.input.channels = 1;
	head_of(&test_model)->outputs(&test_model, test_tensors);
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		values[i] = 300; /* a little above white */
	assert_int_equal(test_head_read(values, NULL, NULL), 0);
	decode(picture_of_result(), 1);
	assert_int_equal(decoded[LARGE * LARGE / 2], 255);
}

static void what_is_no_picture_is_refused(void **state)
{
	paint(false, false, 1);
	values[5] = 511;
	assert_int_equal(test_head_read(values, NULL, NULL), -ERANGE);
	values[5] = NAN;
	assert_int_equal(test_head_read(values, NULL, NULL), -EDOM);
	values[5] = -INFINITY;
	assert_int_equal(test_head_read(values, NULL, NULL), -EDOM);
}

static void a_slot_without_room_is_told_and_left_as_it_was(void **state)
{
	static const uint32_t rooms[] = {0, 8, sizeof(struct gw_picture), 700, 2000};

	paint(false, false, 1);
	for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++) {
		test_result.extra_room = rooms[i];
		assert_int_equal(test_head_read(values, NULL, NULL), -ENOBUFS);
		assert_int_equal(test_result.extra_size, 0);
		assert_int_equal(test_result.count, 0);
	}
}

static void the_outputs_size_must_be_what_the_factor_makes(void **state)
{
	const struct head *head = head_of(&test_model);
	struct gw_error error;

	assert_int_equal(head->fit(&test_model, test_tensors, &error), 0);
	test_tensors[0].dims[2] = 3 * TEST_SIDE;
	assert_int_equal(head->fit(&test_model, test_tensors, &error), -EINVAL);
	assert_non_null(strstr(error.text,
		"is a picture of 192x128, and 2 times the input is "
		"128x128: correct enhance.factor"));
	test_tensors[0].dims[0] = 1;
	assert_int_equal(head->fit(&test_model, test_tensors, &error), -EINVAL);
	assert_non_null(strstr(error.text, "has 1 values for a pixel"));
}

#define TEST(name) cmocka_unit_test_setup(name, make)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_output_comes_back_out_of_the_jpeg),
		TEST(order_of_colours_layout_and_white_are_the_models),
		TEST(only_what_the_picture_covers_is_encoded),
		TEST(a_grey_picture_is_grey),
		TEST(what_is_no_picture_is_refused),
		TEST(a_slot_without_room_is_told_and_left_as_it_was),
		TEST(the_outputs_size_must_be_what_the_factor_makes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
