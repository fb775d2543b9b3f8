#include "core/test.h"

#include <stdio.h>
#include <string.h>

#include "accel/repository/model.h"

#define INPUT "tensor: in, width: 8, height: 6, channels: 3"

static struct gw_error error;

/* The description of a classifier whose input has these keys. */
static struct model_description *parse(const char *input)
{
	struct model_description *description;
	char text[1024];

	snprintf(text, sizeof(text),
		"task: classify\nlabels: [a, b]\ninput: {%s}\nclassify: {tensor: out}\n", input);
	const int status = model_yaml_parse("model.yaml", text, strlen(text), &description, &error);

	assert_true((status == 0) == (description != NULL));
	if (!description)
		assert_null(strchr(error.text, '\n'));
	return description;
}

static struct model_description *read_well(const char *input)
{
	struct model_description *description = parse(input);

	if (!description)
		print_error("%s: %s\n", input, error.text);
	assert_non_null(description);
	return description;
}

/* The line names the place, and contains `words`. */
static void assert_refused(const char *input, const char *words)
{
	struct model_description *description = parse(input);

	if (description || !strstr(error.text, words))
		print_error("%s: %s\n", input, error.text);
	assert_null(description);
	assert_non_null(strstr(error.text, "model.yaml:3:"));
	assert_non_null(strstr(error.text, words));
}

static void what_is_left_out_has_a_default(void **state)
{
	struct model_description *d = read_well(INPUT);
	const struct model_input *input = &d->input;

	assert_int_equal(input->layout, MODEL_NCHW);
	assert_int_equal(input->type, MODEL_FLOAT32);
	assert_int_equal(input->colors, MODEL_RGB);
	assert_int_equal(input->fit, GW_FIT_STRETCH);
	assert_int_equal(input->align, MODEL_CENTER);
	assert_true(input->antialias);
	assert_null(input->size);
	assert_null(input->fill);
	assert_int_equal(input->mean_count, 3);
	assert_int_equal(input->scale_count, 3);
	for (int i = 0; i < 3; i++) {
		assert_float_equal(input->mean[i], 0, 0);
		assert_float_equal(input->scale[i], 1, 0);
	}
	model_yaml_free(d);
}

static void what_is_said_is_read(void **state)
{
	struct model_description *d = read_well(INPUT
		", layout: nhwc, type: float16, colors: bgr, fit: letterbox, fill: [1, 2, 3], "
		"align: top_left, antialias: false, size: {tensor: shape, order: wh, of: input}");
	const struct model_input *input = &d->input;

	assert_int_equal(input->layout, MODEL_NHWC);
	assert_int_equal(input->type, MODEL_FLOAT16);
	assert_int_equal(input->colors, MODEL_BGR);
	assert_int_equal(input->fit, GW_FIT_LETTERBOX);
	assert_int_equal(input->fill_count, 3);
	assert_float_equal(input->fill[2], 3, 0);
	assert_int_equal(input->align, MODEL_TOP_LEFT);
	assert_false(input->antialias);
	assert_string_equal(input->size->tensor, "shape");
	assert_int_equal(input->size->order, MODEL_WIDTH_HEIGHT);
	assert_int_equal(input->size->of, MODEL_SIZE_OF_INPUT);
	model_yaml_free(d);
	d = read_well(INPUT ", fit: crop, resize: 9, size: {tensor: shape, order: hw}");
	assert_int_equal(d->input.fit, GW_FIT_CROP);
	assert_int_equal(d->input.resize, 9);
	assert_int_equal(d->input.size->order, MODEL_HEIGHT_WIDTH);
	assert_int_equal(d->input.size->of, MODEL_SIZE_OF_PICTURE);
	model_yaml_free(d);
}

/* The numbers that torchvision's models are published with. */
static void mean_and_std_may_be_as_the_frameworks_write_them(void **state)
{
	static const float mean[] = {0.485f, 0.456f, 0.406f}, std[] = {0.229f, 0.224f, 0.225f};
	struct model_description *d =
		read_well(INPUT ", mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]");

	for (int i = 0; i < 3; i++)
		for (int pixel = 0; pixel < 256; pixel += 51)
			assert_float_equal(((float)pixel - d->input.mean[i]) * d->input.scale[i],
				((float)pixel / 255 - mean[i]) / std[i], 1e-5);
	model_yaml_free(d);
	d = read_well(INPUT ", std: [1, 1, 1]");
	assert_float_equal(255 * d->input.scale[2], 1, 1e-6);
	assert_float_equal(d->input.mean[2], 0, 0);
	model_yaml_free(d);
}

static void a_mean_of_another_range_is_refused(void **state)
{
	assert_refused(INPUT ", mean: [0.485, 0.456, 0.406], scale: [1, 1, 1]",
		"input.mean: is that a mean for pixels of 0..1? then give `std`");
	assert_refused(INPUT ", mean: [0.485, 0.456, 0.406]", "then give `std`");
	assert_refused(INPUT ", mean: [0, 0.5, 1]", "then give `std`");
	assert_refused(INPUT ", mean: [123, 116, 103], std: [58, 57, 57]",
		"input.mean: with `std` it is for pixels of 0..1");
	assert_refused(INPUT ", mean: [-0.5, 0, 0], std: [1, 1, 1]", "input.mean: with `std`");
	model_yaml_free(read_well(INPUT ", mean: [0, 0, 0], scale: [1, 1, 1]"));
	model_yaml_free(read_well(INPUT ", mean: [-1, 0, 0]"));
	model_yaml_free(read_well(INPUT ", mean: [103, 116, 123]"));
}

static void numbers_that_do_not_fit_are_refused(void **state)
{
	assert_refused(INPUT ", mean: [1, 2]", "input.mean: must have one number per channel: 3");
	assert_refused(INPUT ", scale: [1]", "input.scale: must have one number per channel: 3");
	assert_refused(INPUT ", std: [1, 1, 1, 1]", "input.std: must have one number per channel");
	assert_refused(INPUT ", scale: [1, 0, 1]", "input.scale: must not be 0");
	assert_refused(INPUT ", std: [1, 0, 1]", "input.std: must be more than 0");
	assert_refused(INPUT ", std: [1, -1, 1]", "input.std: must be more than 0");
	assert_refused(INPUT ", std: [1, 1e-42, 1]", "input.std: must be more than 0");
	assert_refused(INPUT ", scale: [1, 1, 1], std: [1, 1, 1]", "input.std: cannot be there");
	assert_refused(INPUT ", mean: [1e300, 0, 0]", "input.mean");
	assert_refused(INPUT ", mean: 127", "a list");
	assert_refused(INPUT ", type: uint8, mean: [0, 0, 0]", "input.mean: does not belong");
	assert_refused(INPUT ", type: uint8, scale: [1, 1, 1]", "input.scale: does not belong");
	assert_refused(INPUT ", type: uint8, std: [1, 1, 1]", "input.std: does not belong");
}

static void words_that_are_unknown_are_answered_with_those_that_are_not(void **state)
{
	assert_refused(INPUT ", layout: hwc", "nchw or nhwc");
	assert_refused(INPUT ", type: int8", "float32 or float16 or uint8");
	assert_refused(INPUT ", colors: yuv", "rgb or bgr");
	assert_refused(INPUT ", fit: contain", "stretch or letterbox or crop");
	assert_refused(INPUT ", fit: letterbox, align: left", "center or top_left");
	assert_refused(INPUT ", antialias: 1", "true or false");
	assert_refused(INPUT ", size: {tensor: s, order: xy}", "hw or wh");
	assert_refused(INPUT ", size: {tensor: s, order: hw, of: region}", "picture or input");
	assert_refused(INPUT ", size: {tensor: s}", "order");
	assert_refused(INPUT ", size: {order: hw}", "tensor");
}

static void keys_that_say_nothing_here_are_refused(void **state)
{
	assert_refused(INPUT ", fill: [0]", "input.fill: belongs to `fit: letterbox`");
	assert_refused(INPUT ", fit: crop, fill: [0]", "input.fill: belongs to `fit: letterbox`");
	assert_refused(INPUT ", align: top_left", "input.align: belongs to `fit: letterbox`");
	assert_refused(INPUT ", resize: 8", "input.resize: belongs to `fit: crop`");
	assert_refused("tensor: in, width: 8, height: 6, channels: 1, colors: bgr",
		"input.colors: does not belong to a grey input");
}

static void sizes_that_do_not_fit_are_refused(void **state)
{
	assert_refused("tensor: in, width: 8, height: 6, channels: 4, mean: [0, 0, 0, 0]",
		"input.channels: must be 1 (grey) or 3 (colour), not 4");
	assert_refused(INPUT ", fit: crop, resize: 7", "input.resize: must be 8");
	assert_refused(INPUT ", fit: crop, resize: 20000", "input.resize: must be 8");
	assert_refused(INPUT ", fit: letterbox, fill: [1, 2]", "input.fill: must have one number");
	assert_refused(INPUT ", fit: letterbox, fill: [256]", "0 to 255");
	assert_refused(INPUT ", fit: letterbox, fill: [-1]", "0 to 255");
	assert_refused(INPUT ", size: {tensor: in, order: hw}", "must be another input");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_left_out_has_a_default),
		cmocka_unit_test(what_is_said_is_read),
		cmocka_unit_test(mean_and_std_may_be_as_the_frameworks_write_them),
		cmocka_unit_test(a_mean_of_another_range_is_refused),
		cmocka_unit_test(numbers_that_do_not_fit_are_refused),
		cmocka_unit_test(words_that_are_unknown_are_answered_with_those_that_are_not),
		cmocka_unit_test(keys_that_say_nothing_here_are_refused),
		cmocka_unit_test(sizes_that_do_not_fit_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
