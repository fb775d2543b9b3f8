#include "accel/repository/model_input.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define OPTIONAL CYAML_FLAG_OPTIONAL
#define POINTER CYAML_FLAG_POINTER
#define STRICT CYAML_FLAG_STRICT
#define MOST_PIXEL 255
#define MOST_ENTRIES \
	64 /* more than right: who lists too many is told how many channels there are */

static const cyaml_strval_t layouts[] = {{"nchw", MODEL_NCHW}, {"nhwc", MODEL_NHWC}};
static const cyaml_strval_t colors[] = {{"rgb", MODEL_RGB}, {"bgr", MODEL_BGR}};
static const cyaml_strval_t aligns[] = {{"center", MODEL_CENTER}, {"top_left", MODEL_TOP_LEFT}};
static const cyaml_strval_t orders[] = {{"hw", MODEL_HEIGHT_WIDTH}, {"wh", MODEL_WIDTH_HEIGHT}};

static const cyaml_strval_t types[] = {
	{"float32", MODEL_FLOAT32},
	{"float16", MODEL_FLOAT16},
	{"uint8", MODEL_UINT8},
};

static const cyaml_strval_t fits[] = {
	{"stretch", GW_FIT_STRETCH},
	{"letterbox", GW_FIT_LETTERBOX},
	{"crop", GW_FIT_CROP},
};

static const cyaml_strval_t sizes[] = {
	{"picture", MODEL_SIZE_OF_PICTURE},
	{"input", MODEL_SIZE_OF_INPUT},
};

static const cyaml_schema_value_t number = {CYAML_VALUE_FLOAT(CYAML_FLAG_DEFAULT, float)};

#define NUMBERS(name) \
	CYAML_FIELD_SEQUENCE( \
		#name, POINTER | OPTIONAL, struct model_input, name, &number, 1, MOST_ENTRIES)
#define WORD(flags, type, name, words) \
	CYAML_FIELD_ENUM(#name, (flags) | STRICT, type, name, words, CYAML_ARRAY_LEN(words))

static const cyaml_schema_field_t size_fields[] = {
	CYAML_FIELD_STRING_PTR("tensor", POINTER, struct model_size_input, tensor, 1, 255),
	WORD(CYAML_FLAG_DEFAULT, struct model_size_input, order, orders),
	WORD(OPTIONAL, struct model_size_input, of, sizes),
	CYAML_FIELD_END,
};

const cyaml_schema_field_t model_input_fields[] = {
	CYAML_FIELD_STRING_PTR("tensor", POINTER, struct model_input, tensor, 1, 255),
	CYAML_FIELD_UINT("width", CYAML_FLAG_DEFAULT, struct model_input, width),
	CYAML_FIELD_UINT("height", CYAML_FLAG_DEFAULT, struct model_input, height),
	CYAML_FIELD_UINT("channels", CYAML_FLAG_DEFAULT, struct model_input, channels),
	WORD(OPTIONAL, struct model_input, layout, layouts),
	WORD(OPTIONAL, struct model_input, type, types),
	WORD(OPTIONAL, struct model_input, colors, colors),
	NUMBERS(mean),
	NUMBERS(scale),
	NUMBERS(std),
	WORD(OPTIONAL, struct model_input, fit, fits),
	CYAML_FIELD_UINT("resize", OPTIONAL, struct model_input, resize),
	NUMBERS(fill),
	WORD(OPTIONAL, struct model_input, align, aligns),
	CYAML_FIELD_BOOL_PTR("antialias", POINTER | OPTIONAL, struct model_input, antialias_given),
	CYAML_FIELD_MAPPING_PTR("size", POINTER | OPTIONAL, struct model_input, size, size_fields),
	CYAML_FIELD_END,
};

/* Whether they are all in 0 .. most. */
static bool all_within(const float *values, uint32_t count, float most)
{
	for (uint32_t i = 0; values && i < count; i++)
		if (!(values[i] >= 0 && values[i] <= most))
			return false;
	return true;
}

static bool all_zero(const float *values, uint32_t count)
{
	return all_within(values, count, 0);
}

/* One list of numbers, if it is there. */
static int check_numbers(const struct model_input *input, const char *key, const float *values,
	uint32_t count, const struct model_source *source)
{
	if (!values)
		return 0;
	if (count != input->channels)
		return COMPLAIN(
			source, key, "must have one number per channel: %u", input->channels);
	for (uint32_t i = 0; i < count; i++)
		if (!isfinite(values[i]))
			return COMPLAIN(source, key, "must be numbers that float32 holds");
	return 0;
}

static int check_scale(const struct model_input *input, const struct model_source *source)
{
	for (uint32_t i = 0; i < input->scale_count; i++)
		if (!(input->scale[i] < 0 || input->scale[i] > 0))
			return COMPLAIN(source, "input.scale", "must not be 0");
	if (!all_zero(input->mean, input->mean_count) &&
		all_within(input->mean, input->mean_count, 1))
		return COMPLAIN(source, "input.mean",
			"is that a mean for pixels of 0..1? then give `std`, as the framework "
			"writes it, and no `scale`; here pixels are 0..255");
	return 0;
}

static int check_std(const struct model_input *input, const struct model_source *source)
{
	if (input->scale)
		return COMPLAIN(source, "input.std",
			"cannot be there with `scale`: give `std` with a mean for pixels of 0..1, "
			"or `scale` with one for pixels of 0..255");
	for (uint32_t i = 0; i < input->std_count; i++)
		if (!(input->std[i] > 0 && isfinite(1 / (MOST_PIXEL * input->std[i]))))
			return COMPLAIN(source, "input.std", "must be more than 0");
	if (!all_within(input->mean, input->mean_count, 1))
		return COMPLAIN(source, "input.mean",
			"with `std` it is for pixels of 0..1; for pixels of 0..255 give `scale` "
			"(1 / their std) instead of `std`");
	return 0;
}

static int check_values(const struct model_input *input, const struct model_source *source)
{
	int status;

	if (input->type == MODEL_UINT8 && (input->mean || input->scale || input->std))
		return COMPLAIN(source,
			input->mean            ? "input.mean"
				: input->scale ? "input.scale"
					       : "input.std",
			"does not belong to the type uint8, whose values are the pixels");
	status = check_numbers(input, "input.mean", input->mean, input->mean_count, source);
	if (status == 0)
		status = check_numbers(
			input, "input.scale", input->scale, input->scale_count, source);
	if (status == 0)
		status = check_numbers(input, "input.std", input->std, input->std_count, source);
	if (status == 0)
		status = input->std ? check_std(input, source) : check_scale(input, source);
	return status;
}

static int check_fit(const struct model_input *input, const struct model_source *source)
{
	const uint16_t longest = input->width > input->height ? input->width : input->height;

	if (input->resize && input->fit != GW_FIT_CROP)
		return COMPLAIN(source, "input.resize", "belongs to `fit: crop`");
	if (input->resize && (input->resize < longest || input->resize > 4 * MODEL_SIDE_MAX))
		return COMPLAIN(source, "input.resize",
			"must be %u, the longer side of the input, to %d", longest,
			4 * MODEL_SIDE_MAX);
	if (input->fill && input->fit != GW_FIT_LETTERBOX)
		return COMPLAIN(source, "input.fill", "belongs to `fit: letterbox`");
	if (input->fill && input->fill_count != 1 && input->fill_count != input->channels)
		return COMPLAIN(source, "input.fill",
			"must have one number, or one per channel: %u", input->channels);
	if (!all_within(input->fill, input->fill_count, MOST_PIXEL))
		return COMPLAIN(source, "input.fill", "must be pixel values, 0 to %d", MOST_PIXEL);
	if (input->align != MODEL_CENTER && input->fit != GW_FIT_LETTERBOX)
		return COMPLAIN(source, "input.align", "belongs to `fit: letterbox`");
	return 0;
}

int model_input_check(const struct model_input *input, const struct model_source *source)
{
	int status;

	if (input->width == 0 || input->width > MODEL_SIDE_MAX)
		return COMPLAIN(source, "input.width", "must be 1 to %d", MODEL_SIDE_MAX);
	if (input->height == 0 || input->height > MODEL_SIDE_MAX)
		return COMPLAIN(source, "input.height", "must be 1 to %d", MODEL_SIDE_MAX);
	if (input->channels != 1 && input->channels != MODEL_CHANNELS)
		return COMPLAIN(source, "input.channels",
			"must be 1 (grey) or %d (colour), not %u: pictures have no more",
			MODEL_CHANNELS, input->channels);
	if (input->channels == 1 && input->colors != MODEL_RGB)
		return COMPLAIN(source, "input.colors", "does not belong to a grey input");
	status = check_values(input, source);
	if (status == 0)
		status = check_fit(input, source);
	if (status == 0 && input->size && strcmp(input->size->tensor, input->tensor) == 0)
		status = COMPLAIN(source, "input.size.tensor",
			"must be another input than that of the picture");
	return status;
}

/* A list that was not given. */
static bool fill_in(float **values, uint32_t *count, uint32_t channels, float value)
{
	if (*values)
		return true;
	*values = calloc(channels, sizeof(**values));
	if (!*values)
		return false;
	*count = channels;
	for (uint32_t i = 0; i < channels; i++)
		(*values)[i] = value;
	return true;
}

bool model_input_complete(struct model_input *input)
{
	input->antialias = !input->antialias_given || *input->antialias_given;
	if (!fill_in(&input->mean, &input->mean_count, input->channels, 0) ||
		!fill_in(&input->scale, &input->scale_count, input->channels, 1))
		return false;
	for (uint32_t i = 0; i < input->std_count; i++) {
		input->mean[i] *= MOST_PIXEL;
		input->scale[i] = 1 / (MOST_PIXEL * input->std[i]);
	}
	return true;
}
