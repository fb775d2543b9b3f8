#include "accel/ort/inputs.h"

#include <errno.h>
#include <stdlib.h>

#include "accel/input/tensor_rows.h"

static int check_shapes(struct ort_inputs *inputs, struct gw_error *error)
{
	const struct infer_spec *spec = inputs->spec;
	const struct model_size_input *size = spec->picture->size;
	int status = ort_shape_input(inputs->model, spec, &inputs->shape[0], error);

	inputs->tensor[0] = spec->input;
	inputs->count = 1;
	if (status != 0 || !size)
		return status;
	inputs->tensor[1] = (struct infer_tensor){.name = size->tensor, .rank = 1, .dims = {2}};
	inputs->count = 2;
	return ort_shape_size(inputs->model, &inputs->tensor[1], &inputs->shape[1], error);
}

static OrtStatus *make(const struct ort_inputs *inputs, const OrtMemoryInfo *memory, uint32_t batch,
	uint32_t pictures, uint32_t input)
{
	const struct infer_batch *of = &inputs->spec->batches[batch];
	const struct model_input *picture = inputs->spec->picture;
	struct ort_shape shape = inputs->shape[input];
	const size_t size = input == 0 ? model_picture_size(picture) : 2 * sizeof(float);

	shape.dims[0] = pictures;
	return inputs->model->library->api->CreateTensorWithDataAsOrtValue(memory,
		input == 0 ? of->input : of->size, pictures * size, shape.dims, shape.rank,
		ort_shape_type(input == 0 ? picture->type : MODEL_FLOAT32),
		&inputs->values[batch].value[pictures - 1][input]);
}

static int make_all(struct ort_inputs *inputs, const OrtMemoryInfo *memory, struct gw_error *error)
{
	const struct infer_spec *spec = inputs->spec;
	char line[256];
	int status = 0;

	inputs->values = calloc(spec->batch_count, sizeof(inputs->values[0]));
	if (!inputs->values)
		return gw_error_set(error, -ENOMEM, "model %s: out of memory", spec->name);
	for (uint32_t i = 0; i < spec->batch_count; i++)
		for (uint32_t n = 1; n <= spec->max_batch; n++)
			for (uint32_t k = 0; status == 0 && k < inputs->count; k++)
				if (ort_inputs_run_count(inputs, n) == n)
					status = ort_library_check(inputs->model->library,
						make(inputs, memory, i, n, k), line, sizeof(line));
	return status == 0 ? 0 : gw_error_set(error, status, "model %s: %s", spec->name, line);
}

int ort_inputs_open(struct ort_inputs *inputs, const struct ort_model *model,
	const struct infer_spec *spec, const OrtMemoryInfo *memory, struct gw_error *error)
{
	inputs->model = model;
	inputs->spec = spec;
	const int status = check_shapes(inputs, error);

	return status == 0 ? make_all(inputs, memory, error) : status;
}

uint32_t ort_inputs_fixed(const struct ort_inputs *inputs)
{
	uint32_t fixed = 0;

	for (uint32_t k = 0; k < inputs->count; k++)
		if (inputs->shape[k].dims[0] > 0)
			fixed = (uint32_t)inputs->shape[k].dims[0];
	return fixed;
}

uint32_t ort_inputs_run_count(const struct ort_inputs *inputs, uint32_t count)
{
	const uint32_t fixed = ort_inputs_fixed(inputs);

	return fixed ? fixed : count;
}

void ort_inputs_of(const struct ort_inputs *inputs, uint32_t batch, uint32_t run_count,
	const char *names[ORT_INPUTS], const OrtValue *values[ORT_INPUTS])
{
	for (uint32_t k = 0; k < inputs->count; k++) {
		names[k] = inputs->tensor[k].name;
		values[k] = inputs->values[batch].value[run_count - 1][k];
	}
}

void ort_inputs_close(struct ort_inputs *inputs)
{
	for (uint32_t i = 0; inputs->values && i < inputs->spec->batch_count; i++)
		for (uint32_t n = 0; n < MODEL_BATCH_MAX; n++)
			for (uint32_t k = 0; k < ORT_INPUTS; k++)
				if (inputs->values[i].value[n][k])
					inputs->model->library->api->ReleaseValue(
						inputs->values[i].value[n][k]);
	free(inputs->values);
	*inputs = (struct ort_inputs){0};
}
