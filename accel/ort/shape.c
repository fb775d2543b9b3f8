#include "accel/ort/shape.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* What differs between inputs and outputs. */
struct side {
	const char *noun, *key;
	OrtStatus *(ORT_API_CALL *count)(const OrtSession *, size_t *);
	OrtStatus *(ORT_API_CALL *name)(const OrtSession *, size_t, OrtAllocator *, char **);
	OrtStatus *(ORT_API_CALL *type)(const OrtSession *, size_t, OrtTypeInfo **);
};

static int check(const struct ort_model *model, OrtStatus *status, struct gw_error *error)
{
	char line[256];
	int result = ort_library_check(model->library, status, line, sizeof(line));

	if (result == 0)
		return 0;
	return gw_error_set(error, result, "model %s: %s", model->name, line);
}

/* Finds the tensor by name and lists all names for the error line. */
static int find(const struct ort_model *model, const struct side *side, const char *wanted,
	size_t *index, struct gw_error *error)
{
	const OrtApi *api = model->library->api;
	OrtAllocator *allocator;
	char names[256] = "";
	size_t count, used = 0;
	bool found = false;
	int status = check(model, api->GetAllocatorWithDefaultOptions(&allocator), error);

	if (status == 0)
		status = check(model, side->count(model->session, &count), error);
	for (size_t i = 0; status == 0 && i < count; i++) {
		char *name;

		status = check(model, side->name(model->session, i, allocator, &name), error);
		if (status != 0)
			break;
		if (strcmp(name, wanted) == 0) {
			*index = i;
			found = true;
		}
		if (used < sizeof(names))
			used += (size_t)snprintf(names + used, sizeof(names) - used, "%s\"%s\"",
				i ? ", " : "", name);
		check(model, api->AllocatorFree(allocator, name), NULL);
	}
	if (status == 0 && !found)
		status = gw_error_set(error, -EINVAL,
			"model %s: it has no %s \"%s\": set %s in model.yaml to one of %s",
			model->name, side->noun, wanted, side->key, names);
	return status;
}

static void print_dims(char *text, size_t size, const int64_t *dims, size_t rank)
{
	size_t used = (size_t)snprintf(text, size, "[");

	for (size_t i = 0; i < rank && used < size; i++) {
		if (dims[i] > 0)
			used += (size_t)snprintf(text + used, size - used, "%s%lld", i ? ", " : "",
				(long long)dims[i]);
		else
			used += (size_t)snprintf(text + used, size - used, "%s?", i ? ", " : "");
	}
	if (used < size)
		snprintf(text + used, size - used, "]");
}

/* Walks both shapes, passing over ones that only the model has; fills in what it leaves open. */
static bool match(const struct infer_tensor *tensor, struct ort_shape *shape, bool extra_ones)
{
	size_t next = 0;

	for (size_t i = 1; i < shape->rank; i++) {
		int64_t *dim = &shape->dims[i];
		size_t left = shape->rank - i;

		if (next < tensor->rank && (*dim <= 0 || *dim == tensor->dims[next]))
			*dim = tensor->dims[next++];
		else if (extra_ones && *dim <= 1 && left > tensor->rank - next)
			*dim = 1;
		else
			return false;
	}
	return next == tensor->rank;
}

/* Holds what was read against what is wanted. */
static int check_shape(const struct ort_model *model, const struct side *side,
	const struct infer_tensor *tensor, struct ort_shape *shape, bool extra_ones,
	struct gw_error *error)
{
	struct ort_shape wanted = {.rank = tensor->rank + 1};
	struct ort_shape has = *shape;
	char wanted_text[80], has_text[80];

	for (uint32_t i = 0; i < tensor->rank; i++)
		wanted.dims[i + 1] = tensor->dims[i];
	/* A model that does not say its rank is asked at the first run. */
	if (shape->rank == 0) {
		*shape = wanted;
		return 0;
	}
	if (!match(tensor, shape, extra_ones)) {
		print_dims(wanted_text, sizeof(wanted_text), wanted.dims, wanted.rank);
		print_dims(has_text, sizeof(has_text), has.dims, has.rank);
		return gw_error_set(error, -EINVAL,
			"model %s: its %s \"%s\" has the shape %s, model.yaml asks for %s: correct "
			"model.yaml, or export model.onnx again",
			model->name, side->noun, tensor->name, has_text, wanted_text);
	}
	if (shape->dims[0] <= 0)
		shape->dims[0] = 0;
	else if (shape->dims[0] != model->max_batch)
		return gw_error_set(error, -EINVAL,
			"model %s: it takes batches of %lld: set batch.max in model.yaml to that, "
			"or "
			"export model.onnx with an open batch dimension",
			model->name, (long long)shape->dims[0]);
	return 0;
}

/* What the model says of the tensor, whatever is wanted of it. */
static int read_tensor(const struct ort_model *model, const struct side *side, const char *name,
	struct ort_shape *shape, ONNXTensorElementDataType *type, struct gw_error *error)
{
	const OrtApi *api = model->library->api;
	const OrtTensorTypeAndShapeInfo *info = NULL;
	OrtTypeInfo *type_info = NULL;
	size_t index = 0;
	int status = find(model, side, name, &index, error);

	*type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
	if (status == 0)
		status = check(model, side->type(model->session, index, &type_info), error);
	if (status == 0)
		status = check(model, api->CastTypeInfoToTensorInfo(type_info, &info), error);
	if (status == 0 && info)
		status = check(model, api->GetTensorElementType(info, type), error);
	if (status == 0 && info)
		status = check(model, api->GetDimensionsCount(info, &shape->rank), error);
	if (status == 0 && shape->rank > ORT_RANK_MAX)
		status = gw_error_set(error, -EINVAL,
			"model %s: its %s \"%s\" has %zu dimensions, %d at most are supported",
			model->name, side->noun, name, shape->rank, ORT_RANK_MAX);
	if (status == 0 && info)
		status = check(model, api->GetDimensions(info, shape->dims, shape->rank), error);
	if (type_info)
		api->ReleaseTypeInfo(type_info);
	return status;
}

static struct side input_side(const struct ort_model *model, const char *key)
{
	const OrtApi *api = model->library->api;

	return (struct side){"input", key, api->SessionGetInputCount, api->SessionGetInputName,
		api->SessionGetInputTypeInfo};
}

ONNXTensorElementDataType ort_shape_type(enum model_type type)
{
	return type == MODEL_FLOAT16  ? ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16
		: type == MODEL_UINT8 ? ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8
				      : ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT;
}

static int check_input_count(
	const struct ort_model *model, const struct infer_spec *spec, struct gw_error *error)
{
	const struct side side = input_side(model, "input.tensor");
	const size_t known = spec->picture->size ? 2 : 1;
	size_t count = 0, index;
	int status = check(model, side.count(model->session, &count), error);

	/* A wrong name is told first. */
	if (status == 0)
		status = find(model, &side, spec->input.name, &index, error);
	if (status == 0 && count > known)
		status = gw_error_set(error, -EINVAL,
			"model %s: it has %zu inputs: besides the picture only one for the "
			"picture's size is supported; name it in model.yaml, input.size.tensor",
			model->name, count);
	return status;
}

static int check_type(const struct ort_model *model, const struct infer_spec *spec,
	ONNXTensorElementDataType has, struct gw_error *error)
{
	static const char *const names[] = {
		[MODEL_FLOAT32] = "float32",
		[MODEL_FLOAT16] = "float16",
		[MODEL_UINT8] = "uint8",
	};

	if (has == ort_shape_type(spec->picture->type))
		return 0;
	for (enum model_type type = MODEL_FLOAT32; type <= MODEL_UINT8; type++)
		if (has == ort_shape_type(type))
			return gw_error_set(error, -EINVAL,
				"model %s: its input \"%s\" takes %s, model.yaml says %s: set "
				"input.type in model.yaml to %s",
				model->name, spec->input.name, names[type],
				names[spec->picture->type], names[type]);
	return gw_error_set(error, -EINVAL,
		"model %s: its input \"%s\" takes neither float32 nor float16 nor uint8: export "
		"model.onnx with one of these",
		model->name, spec->input.name);
}

/* When it is the other layout that fits, or the number of channels that does not. */
static int explain_input(const struct ort_model *model, const struct infer_spec *spec,
	const struct ort_shape *has, struct gw_error *error)
{
	const bool nhwc = spec->picture->layout == MODEL_NHWC;
	const uint32_t *dims = spec->input.dims;
	const struct infer_tensor other = {
		.rank = 3,
		.dims = {dims[nhwc ? 2 : 1], dims[nhwc ? 0 : 2], dims[nhwc ? 1 : 0]},
	};
	struct ort_shape copy = *has;

	if (has->rank != 4)
		return -EINVAL;
	if (match(&other, &copy, false))
		return gw_error_set(error, -EINVAL,
			"model %s: its input \"%s\" has the layout %s: set input.layout in "
			"model.yaml to that",
			model->name, spec->input.name, nhwc ? "nchw" : "nhwc");
	const int64_t channels = has->dims[nhwc ? 3 : 1];

	if (channels > 0 && channels != spec->picture->channels)
		return gw_error_set(error, -EINVAL,
			"model %s: its input \"%s\" takes %lld channels, model.yaml says %u in "
			"input.channels: pictures have 1 (grey) or 3 (colour)",
			model->name, spec->input.name, (long long)channels,
			spec->picture->channels);
	return -EINVAL;
}

int ort_shape_input(const struct ort_model *model, const struct infer_spec *spec,
	struct ort_shape *shape, struct gw_error *error)
{
	const struct side side = input_side(model, "input.tensor");
	ONNXTensorElementDataType type;
	struct ort_shape has;
	int status = check_input_count(model, spec, error);

	if (status == 0)
		status = read_tensor(model, &side, spec->input.name, shape, &type, error);
	if (status == 0)
		status = check_type(model, spec, type, error);
	if (status != 0)
		return status;
	has = *shape;
	status = check_shape(model, &side, &spec->input, shape, false, error);
	if (status != 0)
		explain_input(model, spec, &has, error);
	return status;
}

int ort_shape_size(const struct ort_model *model, const struct infer_tensor *tensor,
	struct ort_shape *shape, struct gw_error *error)
{
	const struct side side = input_side(model, "input.size.tensor");
	ONNXTensorElementDataType type;
	int status = read_tensor(model, &side, tensor->name, shape, &type, error);

	if (status == 0 && type != ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT)
		status = gw_error_set(error, -EINVAL,
			"model %s: its input \"%s\" for the picture's size is not of float32: "
			"export model.onnx so",
			model->name, tensor->name);
	if (status == 0)
		status = check_shape(model, &side, tensor, shape, false, error);
	return status;
}

static struct side output_side(const struct ort_model *model)
{
	const OrtApi *api = model->library->api;

	return (struct side){"output", "what names it", api->SessionGetOutputCount,
		api->SessionGetOutputName, api->SessionGetOutputTypeInfo};
}

int ort_shape_read(const struct ort_model *model, const char *name, struct ort_shape *shape,
	ONNXTensorElementDataType *type, struct gw_error *error)
{
	const struct side side = output_side(model);

	return read_tensor(model, &side, name, shape, type, error);
}

int ort_shape_output(const struct ort_model *model, const struct infer_tensor *tensor,
	struct ort_shape *shape, struct gw_error *error)
{
	const struct side side = output_side(model);

	return check_shape(model, &side, tensor, shape, true, error);
}

void ort_shape_print(char *text, size_t size, const struct ort_shape *shape)
{
	print_dims(text, size, shape->dims, shape->rank);
}
