#include "accel/graph/weights.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accel/input/half.h"

/* Numbers of fields (onnx/onnx.proto: TensorProto). */
enum { DIMS = 1, TYPE, FLOATS = 4, INTS = 5, LONGS = 7, NAME = 8, RAW = 9, DOUBLES = 10 };
enum { EXTERNAL = 13, LOCATION };

#define WHOLE_MOST 16777216.0f /* beyond, not every whole number is a float */

/* A tensor as the file has it. */
struct tensor {
	struct onnx_text name, location;
	struct protobuf_bytes body; /* of the message */
	struct protobuf_bytes raw; /* NULL: values are fields of their own */
	uint64_t offset, length; /* of an external one; length 0: not said */
	int32_t type;
	uint32_t rank;
	int64_t dims[GRAPH_RANK];
	bool external;
};

int graph_files_open(struct graph_files *files, const uint8_t *model, size_t size,
	const char *folder, struct gw_error *error)
{
	char path[PATH_MAX];
	int status = onnx_external_read(model, size, &files->names, error);

	files->folder = folder;
	files->values_left = size;
	for (uint32_t i = 0; folder && i < files->names.count && status == 0; i++) {
		snprintf(path, sizeof(path), "%s%s", folder, files->names.file[i]);
		status = file_bytes_read(path, &files->bytes[i], error);
		if (status != 0)
			gw_error_prefix(error, "the model's weights: ");
		files->values_left += files->bytes[i].size;
	}
	return status;
}

void graph_files_close(struct graph_files *files)
{
	for (uint32_t i = 0; i < ONNX_EXTERNAL_FILES; i++)
		file_bytes_free(&files->bytes[i]);
}

static int is_no_model(struct gw_error *error)
{
	return gw_error_set(error, -EINVAL,
		"it is no ONNX model: export it again, or copy it again if that was cut short");
}

static uint64_t number_of(const struct onnx_text *text)
{
	char digits[24] = "";

	memcpy(digits, text->at ? text->at : "",
		text->size < sizeof(digits) - 1 ? text->size : sizeof(digits) - 1);
	return strtoull(digits, NULL, 10);
}

/* {key: value} of where an external tensor lies. */
static bool read_entry(struct protobuf_bytes bytes, struct tensor *tensor)
{
	struct onnx_text key = {0}, value = {0};
	struct protobuf_field field;

	while (bytes.at < bytes.end) {
		if (!protobuf_next(&bytes, &field))
			return false;
		if (field.number == 1)
			key = onnx_text_of(&field);
		else if (field.number == 2)
			value = onnx_text_of(&field);
	}
	if (onnx_text_is(&key, "location"))
		tensor->location = value;
	else if (onnx_text_is(&key, "offset"))
		tensor->offset = number_of(&value);
	else if (onnx_text_is(&key, "length"))
		tensor->length = number_of(&value);
	return true;
}

static bool add_dim(struct tensor *tensor, uint64_t dim)
{
	if (tensor->rank == GRAPH_RANK)
		return false;
	tensor->dims[tensor->rank++] = (int64_t)dim;
	return true;
}

/* One varint, or many of them in a field. */
static bool read_dims(const struct protobuf_field *field, struct tensor *tensor)
{
	struct protobuf_bytes bytes = field->bytes;
	uint64_t value;

	if (!field->has_length)
		return add_dim(tensor, field->value);
	while (bytes.at < bytes.end)
		if (!protobuf_varint(&bytes, &value) || !add_dim(tensor, value))
			return false;
	return true;
}

static bool read_tensor(struct protobuf_bytes bytes, struct tensor *tensor)
{
	struct protobuf_field field;

	*tensor = (struct tensor){.body = bytes};
	while (bytes.at < bytes.end) {
		bool well = true;

		if (!protobuf_next(&bytes, &field))
			return false;
		if (field.number == DIMS)
			well = read_dims(&field, tensor);
		else if (field.number == TYPE && !field.has_length)
			tensor->type = (int32_t)field.value;
		else if (field.number == NAME)
			tensor->name = onnx_text_of(&field);
		else if (field.number == RAW && field.has_length)
			tensor->raw = field.bytes;
		else if (field.number == EXTERNAL && field.has_length)
			well = read_entry(field.bytes, tensor);
		else if (field.number == LOCATION && !field.has_length)
			tensor->external = field.value == 1;
		if (!well)
			return false;
	}
	return true;
}

/* Bytes of a value in raw data; 0: a type that is not read. */
static size_t size_of(int32_t type)
{
	switch (type) {
	case ONNX_FLOAT32:
	case ONNX_INT32:
		return 4;
	case ONNX_INT64:
	case ONNX_DOUBLE:
		return 8;
	case ONNX_FLOAT16:
		return 2;
	case ONNX_UINT8:
	case ONNX_INT8:
	case ONNX_BOOL:
		return 1;
	default:
		return 0;
	}
}

/* Whole numbers that no float is stand for "as far as it goes" (the ends of slices). */
static float whole(int64_t value)
{
	return value > (int64_t)WHOLE_MOST     ? WHOLE_MOST
		: value < -(int64_t)WHOLE_MOST ? -WHOLE_MOST
					       : (float)value;
}

/* Of the little-endian bits of a number of that type. */
static float value_of(int32_t type, uint64_t bits)
{
	const uint32_t low = (uint32_t)bits;
	float single;
	double twice;

	memcpy(&single, &low, sizeof(single));
	memcpy(&twice, &bits, sizeof(twice));
	switch (type) {
	case ONNX_FLOAT32:
		return single;
	case ONNX_DOUBLE:
		return (float)twice;
	case ONNX_FLOAT16:
		return half_to_float((uint16_t)bits);
	case ONNX_INT64:
		return whole((int64_t)bits);
	case ONNX_INT32:
		return whole((int32_t)low);
	case ONNX_INT8:
		return (int8_t)low;
	default:
		return (uint8_t)low;
	}
}

static bool convert_raw(int32_t type, struct protobuf_bytes raw, float *data, uint64_t count)
{
	const size_t size = size_of(type);

	if (protobuf_size(&raw) != count * size)
		return false;
	if (type == ONNX_FLOAT32) {
		memcpy(data, raw.at, count * size);
		return true;
	}
	for (uint64_t i = 0; i < count; i++) {
		uint64_t bits = 0;

		memcpy(&bits, raw.at + i * size, size);
		data[i] = value_of(type, bits);
	}
	return true;
}

/* The field that has the values of that type. */
static uint32_t field_of(int32_t type)
{
	return type == ONNX_FLOAT32   ? FLOATS
		: type == ONNX_DOUBLE ? DOUBLES
		: type == ONNX_INT64  ? LONGS
				      : INTS;
}

/* Values that are fields, packed or one by one. */
static bool convert_fields(const struct tensor *tensor, float *data, uint64_t count)
{
	const uint32_t number = field_of(tensor->type);
	const size_t fixed = number == FLOATS ? 4 : number == DOUBLES ? 8 : 0;
	struct protobuf_bytes body = tensor->body;
	struct protobuf_field field;
	uint64_t at = 0, bits;

	while (body.at < body.end && protobuf_next(&body, &field)) {
		struct protobuf_bytes bytes = field.bytes;

		if (field.number != number)
			continue;
		if (!field.has_length) {
			if (at == count)
				return false;
			data[at++] = value_of(tensor->type, field.value);
			continue;
		}
		while (bytes.at < bytes.end) {
			if (at == count ||
				(fixed ? !protobuf_fixed(&bytes, fixed, &bits)
				       : !protobuf_varint(&bytes, &bits)))
				return false;
			data[at++] = value_of(tensor->type, bits);
		}
	}
	return at == count;
}

/* Where the raw bytes of an external tensor lie. */
static int find_external(const struct graph_files *files, struct tensor *tensor, uint64_t size,
	struct gw_error *error)
{
	for (uint32_t i = 0; files->folder && i < files->names.count; i++) {
		const struct file_bytes *file = &files->bytes[i];

		if (!onnx_text_is(&tensor->location, files->names.file[i]))
			continue;
		if (tensor->offset > file->size || size > file->size - tensor->offset ||
			(tensor->length > 0 && tensor->length != size))
			return gw_error_set(error, -EINVAL,
				"its weights in '%s' are cut short: copy that file again",
				files->names.file[i]);
		tensor->raw.at = file->data + tensor->offset;
		tensor->raw.end = tensor->raw.at + size;
		return 0;
	}
	return gw_error_set(error, -EINVAL, "it keeps weights in a file that it does not name");
}

int graph_weights_read(struct graph_files *files, struct protobuf_bytes bytes,
	struct graph_value *value, struct onnx_text *name, struct gw_error *error)
{
	struct tensor tensor;
	uint64_t count = 1;
	int status = 0;

	if (!read_tensor(bytes, &tensor))
		return gw_error_set(error, -EINVAL,
			"it is no ONNX model, or a constant of it has more than %d dimensions",
			GRAPH_RANK);
	*name = tensor.name;
	if (size_of(tensor.type) == 0)
		return gw_error_set(error, -ENOTSUP,
			"its constant '%.*s' is of a type that is not supported (%d)",
			(int)(name->size < 100 ? name->size : 100), name->at ? name->at : "",
			tensor.type);
	value->shape.rank = tensor.rank;
	for (uint32_t i = 0; i < tensor.rank; i++) {
		if (tensor.dims[i] < 0 || (uint64_t)tensor.dims[i] > GRAPH_ELEMENTS)
			return is_no_model(error);
		count *= (uint64_t)tensor.dims[i];
		if (count > GRAPH_ELEMENTS)
			return is_no_model(error);
		value->shape.dims[i] = (uint32_t)tensor.dims[i];
	}
	if (tensor.external)
		status = find_external(files, &tensor, count * size_of(tensor.type), error);
	if (status != 0)
		return status;
	/* A claim costs no more memory than there are bytes for it: one of a field, at least. */
	if (count > protobuf_size(tensor.raw.at ? &tensor.raw : &tensor.body))
		return is_no_model(error);
	if (count > files->values_left)
		return gw_error_set(error, -EINVAL,
			"its constants have more values than its files have bytes: export it "
			"again, "
			"with weights of their own for each");
	files->values_left -= count;
	value->whole = tensor.type != ONNX_FLOAT32 && tensor.type != ONNX_DOUBLE &&
		tensor.type != ONNX_FLOAT16;
	value->data = calloc(count + 1, sizeof(float));
	if (!value->data)
		return gw_error_set(error, -ENOMEM, "out of memory for the model's weights");
	if (!(tensor.raw.at ? convert_raw(tensor.type, tensor.raw, value->data, count)
			    : convert_fields(&tensor, value->data, count)))
		return is_no_model(error);
	return 0;
}
