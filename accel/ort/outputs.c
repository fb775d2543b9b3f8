#include "accel/ort/outputs.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accel/input/half.h"

#define MOST_BYTES ((uint64_t)1 << 29) /* of one output of a batch */

static int check(const struct ort_outputs *outputs, OrtStatus *status, struct gw_error *error)
{
	const struct ort_model *model = outputs->model;
	char line[256];
	const int result = ort_library_check(model->library, status, line, sizeof(line));

	return result == 0 ? 0 : gw_error_set(error, result, "model %s: %s", model->name, line);
}

/* Bytes of one value; 0: of a type that is no number. */
static size_t element_size(ONNXTensorElementDataType type)
{
	switch (type) {
	case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT:
	case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32:
		return 4;
	case ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE:
	case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64:
		return 8;
	case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16:
		return 2;
	case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8:
	case ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL:
		return 1;
	default:
		return 0;
	}
}

#define CONVERT(type) \
	do { \
		const type *from = native; \
		for (size_t i = 0; i < count; i++) \
			values[i] = (float)from[i]; \
	} while (0)

static void convert(ONNXTensorElementDataType type, const void *native, float *values, size_t count)
{
	switch (type) {
	case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32:
		CONVERT(int32_t);
		break;
	case ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE:
		CONVERT(double);
		break;
	case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64:
		CONVERT(int64_t);
		break;
	case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16:
		for (size_t i = 0; i < count; i++)
			values[i] = half_to_float(((const uint16_t *)native)[i]);
		break;
	case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT:
		memcpy(values, native, count * sizeof(float));
		break;
	default:
		CONVERT(uint8_t);
		break;
	}
}

/* The dimensions that matter, of a shape that may have ones too many: a batch's, and the tensor's
 * rank. False when that cannot be. */
static bool squeeze(struct ort_output *output, uint32_t rank)
{
	struct ort_shape *shape = &output->shape;

	output->batched = shape->rank > rank;
	for (size_t i = 1; i < shape->rank && shape->rank > rank + 1;) {
		if (shape->dims[i] != 1) {
			i++;
			continue;
		}
		shape->rank--;
		memmove(&shape->dims[i], &shape->dims[i + 1],
			(shape->rank - i) * sizeof(shape->dims[0]));
	}
	return shape->rank == rank + output->batched;
}

static int is_unlike(const struct ort_outputs *outputs, const struct infer_tensor *tensor,
	const struct ort_shape *shape, struct gw_error *error)
{
	char has[80];

	ort_shape_print(has, sizeof(has), shape);
	return gw_error_set(error, -EINVAL,
		"model %s: its output \"%s\" has the shape %s, and the head that model.yaml names "
		"reads %u dimensions beside the batch's: take another head, or `task: raw`",
		outputs->model->name, tensor->name, has, tensor->rank);
}

static int is_empty(const struct ort_outputs *outputs, const struct infer_tensor *tensor,
	const struct ort_shape *shape, struct gw_error *error)
{
	char has[80];

	ort_shape_print(has, sizeof(has), shape);
	return gw_error_set(error, -EINVAL,
		"model %s: its output \"%s\" has the shape %s for an empty picture: what changes "
		"from picture to picture can be read in its first dimension only: export the model "
		"with a fixed number of them",
		outputs->model->name, tensor->name, has);
}

/* Puts the model's own shape, which is known by now, into the spec. */
static int settle(struct ort_outputs *outputs, uint32_t index, struct gw_error *error)
{
	const struct ort_model *model = outputs->model;
	struct infer_tensor *tensor = &outputs->spec->output[index];
	struct ort_output *output = &outputs->output[index];
	struct ort_shape *shape = &output->shape;
	const struct ort_shape has = *shape;
	const uint32_t most = tensor->dims[0];
	uint64_t values = 1;

	if (tensor->rank == 0 && has.rank > 1)
		tensor->rank = (uint32_t)has.rank - 1;
	if (tensor->rank > INFER_RANK || !squeeze(output, tensor->rank))
		return is_unlike(outputs, tensor, &has, error);
	/* What the model states does not vary. */
	tensor->varies = tensor->varies && output->open;
	if ((!output->batched || tensor->varies) && model->max_batch > 1)
		return gw_error_set(error, -EINVAL,
			"model %s: its output \"%s\" is that of one picture, not of a batch: set "
			"batch.max in model.yaml to 1",
			model->name, tensor->name);
	if (output->batched && shape->dims[0] > 0 && shape->dims[0] != model->max_batch)
		return gw_error_set(error, -EINVAL,
			"model %s: it gives batches of %lld: set batch.max in model.yaml to that, "
			"or "
			"export model.onnx with an open batch dimension",
			model->name, (long long)shape->dims[0]);
	for (uint32_t i = 0; i < tensor->rank; i++) {
		const int64_t dim = shape->dims[i + output->batched];

		/* Of what a run finds there may be nothing; else nobody could read it. */
		if (dim <= 0 && !(i == 0 && tensor->varies))
			return is_empty(outputs, tensor, &has, error);

		tensor->dims[i] = i == 0 && tensor->varies && dim < most ? most : (uint32_t)dim;
		values *= (uint64_t)tensor->dims[i];
		if (dim < 0 || values * model->max_batch * sizeof(float) > MOST_BYTES)
			return is_unlike(outputs, tensor, &has, error);
	}
	return 0;
}

static bool is_open(const struct ort_output *output, bool batched)
{
	for (size_t i = batched; i < output->shape.rank; i++)
		if (output->shape.dims[i] <= 0)
			return true;
	return output->shape.rank == 0;
}

static int read_output(struct ort_outputs *outputs, uint32_t index, struct gw_error *error)
{
	const struct infer_tensor *tensor = &outputs->spec->output[index];
	struct ort_output *output = &outputs->output[index];
	int status =
		ort_shape_read(outputs->model, tensor->name, &output->shape, &output->type, error);

	if (status != 0)
		return status;
	output->element = element_size(output->type);
	if (output->element == 0)
		return gw_error_set(error, -EINVAL,
			"model %s: its output \"%s\" is no tensor of numbers: export model.onnx "
			"with "
			"one of float32",
			outputs->model->name, tensor->name);
	if (tensor->free)
		return 0;
	output->batched = true;
	return ort_shape_output(outputs->model, tensor, &output->shape, error);
}

static int read_run(
	struct ort_outputs *outputs, uint32_t index, const OrtValue *value, struct gw_error *error)
{
	const OrtApi *api = outputs->model->library->api;
	struct ort_shape *shape = &outputs->output[index].shape;
	const int64_t batch = shape->rank > 0 ? shape->dims[0] : 0;
	OrtTensorTypeAndShapeInfo *info = NULL;
	int status = check(outputs, api->GetTensorTypeAndShape(value, &info), error);

	if (status == 0)
		status = check(outputs, api->GetDimensionsCount(info, &shape->rank), error);
	if (status == 0 && shape->rank > ORT_RANK_MAX)
		status = gw_error_set(error, -EINVAL,
			"model %s: an output has %zu dimensions, %d at most are supported",
			outputs->model->name, shape->rank, ORT_RANK_MAX);
	if (status == 0)
		status = check(outputs, api->GetDimensions(info, shape->dims, shape->rank), error);
	if (info)
		api->ReleaseTensorTypeAndShapeInfo(info);
	/* What the run was given is not what the model says. */
	if (status == 0 && shape->rank > outputs->spec->output[index].rank && batch <= 0)
		shape->dims[0] = 0;
	return status;
}

/* Asks for the shapes that the model leaves open by running it. */
static int probe(struct ort_outputs *outputs, const OrtSession *session,
	const struct ort_inputs *inputs, struct gw_error *error)
{
	const OrtApi *api = outputs->model->library->api;
	struct infer_spec *spec = outputs->spec;
	OrtValue *values[INFER_OUTPUTS] = {NULL};
	const OrtValue *given[ORT_INPUTS];
	const char *given_names[ORT_INPUTS], *names[INFER_OUTPUTS];
	int status;

	ort_inputs_of(inputs, 0, ort_inputs_run_count(inputs, 1), given_names, given);
	for (uint32_t k = 0; k < spec->output_count; k++)
		names[k] = spec->output[k].name;
	status = check(outputs,
		api->Run((OrtSession *)session, NULL, given_names, given, inputs->count, names,
			spec->output_count, values),
		error);
	for (uint32_t k = 0; k < spec->output_count; k++) {
		if (status == 0 && spec->output[k].free)
			status = read_run(outputs, k, values[k], error);
		if (values[k])
			api->ReleaseValue(values[k]);
	}
	return status;
}

int ort_outputs_open(struct ort_outputs *outputs, const struct ort_model *model,
	struct infer_spec *spec, const OrtMemoryInfo *memory, const struct ort_inputs *inputs,
	struct gw_error *error)
{
	bool asks = false;
	int status = 0;

	outputs->model = model;
	outputs->spec = spec;
	outputs->memory = memory;
	for (uint32_t k = 0; status == 0 && k < spec->output_count; k++) {
		const struct infer_tensor *tensor = &spec->output[k];
		struct ort_output *output = &outputs->output[k];

		status = read_output(outputs, k, error);
		output->open = is_open(output, output->shape.rank > tensor->rank);
		asks |= tensor->free && output->open;
	}
	if (status == 0 && asks)
		status = probe(outputs, model->session, inputs, error);
	for (uint32_t k = 0; status == 0 && k < spec->output_count; k++)
		if (spec->output[k].free)
			status = settle(outputs, k, error);
	return status;
}

static int create(struct ort_outputs *outputs, uint32_t index, uint32_t batch, uint32_t count,
	struct gw_error *error)
{
	const struct infer_spec *spec = outputs->spec;
	struct ort_output *output = &outputs->output[index];
	void *data = output->native ? output->native[batch] : spec->batches[batch].output[index];
	struct ort_shape shape = output->shape;

	if (output->batched)
		shape.dims[0] = count;
	return check(outputs,
		outputs->model->library->api->CreateTensorWithDataAsOrtValue(outputs->memory, data,
			count * infer_tensor_elements(&spec->output[index]) * output->element,
			shape.dims, shape.rank, output->type,
			&output->values[batch].value[count - 1]),
		error);
}

static int reserve(struct ort_outputs *outputs, uint32_t index, struct gw_error *error)
{
	const struct infer_spec *spec = outputs->spec;
	struct ort_output *output = &outputs->output[index];
	const size_t size = (size_t)spec->max_batch * infer_tensor_elements(&spec->output[index]) *
		output->element;
	bool complete = true;

	output->values = calloc(spec->batch_count, sizeof(output->values[0]));
	complete = output->values;
	if (output->type != ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT && !spec->output[index].varies) {
		output->native = calloc(spec->batch_count, sizeof(output->native[0]));
		complete = complete && output->native;
		for (uint32_t i = 0; complete && i < spec->batch_count; i++) {
			output->native[i] = malloc(size);
			complete = output->native[i];
		}
	}
	return complete ? 0 : gw_error_set(error, -ENOMEM, "model %s: out of memory", spec->name);
}

int ort_outputs_prepare(struct ort_outputs *outputs, uint32_t fixed, struct gw_error *error)
{
	const struct infer_spec *spec = outputs->spec;
	int status = 0;

	for (uint32_t k = 0; status == 0 && k < spec->output_count; k++) {
		status = reserve(outputs, k, error);
		if (spec->output[k].varies)
			continue;
		for (uint32_t i = 0; i < spec->batch_count; i++)
			for (uint32_t n = fixed ? fixed : 1; status == 0 && n <= spec->max_batch;
				n++)
				status = create(outputs, k, i, n, error);
	}
	return status;
}

void ort_outputs_of(const struct ort_outputs *outputs, uint32_t batch, uint32_t count,
	const char **names, OrtValue **values)
{
	for (uint32_t k = 0; k < outputs->spec->output_count; k++) {
		names[k] = outputs->spec->output[k].name;
		values[k] = outputs->output[k].values[batch].value[count - 1];
	}
}

/* What a run has made: as many rows as there is room for. */
static int take_made(struct ort_outputs *outputs, struct infer_batch *batch, uint32_t index,
	OrtValue *value, struct gw_error *error)
{
	const OrtApi *api = outputs->model->library->api;
	const struct infer_tensor *tensor = &outputs->spec->output[index];
	struct ort_output *output = &outputs->output[index];
	void *data;
	int status = read_run(outputs, index, value, error);

	if (status == 0)
		status = check(outputs, api->GetTensorMutableData(value, &data), error);
	if (status != 0)
		return status;
	if (!squeeze(output, tensor->rank))
		return is_unlike(outputs, tensor, &output->shape, error);
	const uint64_t rows = (uint64_t)output->shape.dims[output->batched];

	batch->rows[index] = 0;
	/* Of nothing there is not even memory. */
	if (rows == 0)
		return 0;
	for (uint32_t i = 1; i < tensor->rank; i++)
		if (output->shape.dims[i + output->batched] != tensor->dims[i])
			return is_unlike(outputs, tensor, &output->shape, error);
	const size_t row = infer_tensor_elements(tensor) / tensor->dims[0];

	batch->rows[index] = rows < tensor->dims[0] ? (uint32_t)rows : tensor->dims[0];
	convert(output->type, data, batch->output[index], batch->rows[index] * row);
	return 0;
}

int ort_outputs_take(struct ort_outputs *outputs, struct infer_batch *batch, OrtValue **values)
{
	const struct infer_spec *spec = outputs->spec;
	const size_t number = (size_t)(batch - spec->batches);
	struct gw_error error;
	int status = 0;

	for (uint32_t k = 0; k < spec->output_count; k++) {
		struct ort_output *output = &outputs->output[k];

		batch->rows[k] = spec->output[k].dims[0];
		if (output->native)
			convert(output->type, output->native[number], batch->output[k],
				batch->count * (size_t)infer_tensor_elements(&spec->output[k]));
		if (!spec->output[k].varies || !values[k])
			continue;
		if (status == 0)
			status = take_made(outputs, batch, k, values[k], &error);
		outputs->model->library->api->ReleaseValue(values[k]);
	}
	if (status != 0)
		snprintf(batch->error, sizeof(batch->error), "%.300s", error.text);
	return status;
}

void ort_outputs_close(struct ort_outputs *outputs)
{
	const struct infer_spec *spec = outputs->spec;

	for (uint32_t k = 0; spec && k < spec->output_count; k++) {
		struct ort_output *output = &outputs->output[k];

		for (uint32_t i = 0; i < spec->batch_count; i++) {
			for (uint32_t n = 0; output->values && n < MODEL_BATCH_MAX; n++)
				if (output->values[i].value[n])
					outputs->model->library->api->ReleaseValue(
						output->values[i].value[n]);
			if (output->native)
				free(output->native[i]);
		}
		free(output->native);
		free(output->values);
	}
}
