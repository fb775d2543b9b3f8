#include "accel/repository/onnx_tensor.h"

#include <string.h>
#include <strings.h>

/* Numbers of fields (onnx/onnx.proto). */
enum { INFO_NAME = 1, INFO_TYPE };
enum { TYPE_TENSOR = 1 };
enum { TENSOR_TYPE = 1, TENSOR_SHAPE };
enum { SHAPE_DIM = 1 };
enum { DIM_SIZE = 1, DIM_SYMBOL };

bool onnx_text_same(const struct onnx_text *a, const struct onnx_text *b)
{
	return a->size == b->size && (a->size == 0 || memcmp(a->at, b->at, a->size) == 0);
}

bool onnx_text_is(const struct onnx_text *text, const char *word)
{
	const size_t size = strlen(word);

	return text->size == size && (size == 0 || memcmp(text->at, word, size) == 0);
}

bool onnx_text_has(const struct onnx_text *text, const char *word)
{
	const size_t size = strlen(word);

	for (size_t i = 0; i + size <= text->size; i++)
		if (strncasecmp(text->at + i, word, size) == 0)
			return true;
	return false;
}

static bool read_dim(struct protobuf_bytes bytes, struct onnx_dim *dim)
{
	struct protobuf_field field;

	while (bytes.at < bytes.end) {
		if (!protobuf_next(&bytes, &field))
			return false;
		if (field.number == DIM_SIZE && !field.has_length)
			dim->size = (int64_t)field.value > 0 ? (int64_t)field.value : 0;
		else if (field.number == DIM_SYMBOL)
			dim->symbol = onnx_text_of(&field);
	}
	return true;
}

static bool read_shape(struct protobuf_bytes bytes, struct onnx_tensor *tensor)
{
	struct protobuf_field field;

	tensor->has_shape = true;
	while (bytes.at < bytes.end) {
		struct onnx_dim dim = {0};

		if (!protobuf_next(&bytes, &field))
			return false;
		if (field.number != SHAPE_DIM || !field.has_length)
			continue;
		if (!read_dim(field.bytes, &dim))
			return false;
		if (tensor->rank < ONNX_DIMS)
			tensor->dims[tensor->rank] = dim;
		tensor->rank++;
	}
	return true;
}

static bool read_tensor_type(struct protobuf_bytes bytes, struct onnx_tensor *tensor)
{
	struct protobuf_field field;

	while (bytes.at < bytes.end) {
		if (!protobuf_next(&bytes, &field))
			return false;
		if (field.number == TENSOR_TYPE && !field.has_length)
			tensor->type = (int32_t)field.value;
		else if (field.number == TENSOR_SHAPE && field.has_length &&
			!read_shape(field.bytes, tensor))
			return false;
	}
	return true;
}

static bool read_type(struct protobuf_bytes bytes, struct onnx_tensor *tensor)
{
	struct protobuf_field field;

	while (bytes.at < bytes.end) {
		if (!protobuf_next(&bytes, &field))
			return false;
		if (field.number == TYPE_TENSOR && field.has_length &&
			!read_tensor_type(field.bytes, tensor))
			return false;
	}
	return true;
}

bool onnx_tensor_read(struct protobuf_bytes bytes, struct onnx_tensor *tensor)
{
	struct protobuf_field field;

	*tensor = (struct onnx_tensor){0};
	while (bytes.at < bytes.end) {
		if (!protobuf_next(&bytes, &field))
			return false;
		if (field.number == INFO_NAME)
			tensor->name = onnx_text_of(&field);
		else if (field.number == INFO_TYPE && field.has_length &&
			!read_type(field.bytes, tensor))
			return false;
	}
	return true;
}
