/* What an ONNX model says of one tensor: its name, type and shape (onnx/onnx.proto:
 * ValueInfoProto). Texts point into the model's bytes. Any thread. */
#pragma once

#include "accel/repository/protobuf.h"

#define ONNX_DIMS 8

/* Not ended by a zero, and of any bytes. An absent one has size 0. */
struct onnx_text {
	const char *at;
	size_t size;
};

/* TensorProto.DataType; others are numbers without a name here. */
enum onnx_type {
	ONNX_NO_TENSOR = 0, /* a sequence, a map, or nothing that is known */
	ONNX_FLOAT32 = 1,
	ONNX_UINT8 = 2,
	ONNX_INT8 = 3,
	ONNX_INT32 = 6,
	ONNX_INT64 = 7,
	ONNX_BOOL = 9,
	ONNX_FLOAT16 = 10,
	ONNX_DOUBLE = 11,
};

struct onnx_dim {
	int64_t size; /* 0: open */
	struct onnx_text symbol; /* what an open one is called, if anything */
};

struct onnx_tensor {
	struct onnx_text name;
	int32_t type; /* enum onnx_type */
	bool has_shape;
	uint32_t rank; /* as stated, may be more than ONNX_DIMS */
	struct onnx_dim dims[ONNX_DIMS];
};

/* Reads a ValueInfoProto. False when it is none. */
bool onnx_tensor_read(struct protobuf_bytes bytes, struct onnx_tensor *tensor);

/* What a field holds; nothing when that is no text. */
static inline struct onnx_text onnx_text_of(const struct protobuf_field *field)
{
	if (!field->has_length)
		return (struct onnx_text){0};
	return (struct onnx_text){(const char *)field->bytes.at, protobuf_size(&field->bytes)};
}

bool onnx_text_same(const struct onnx_text *a, const struct onnx_text *b);

bool onnx_text_is(const struct onnx_text *text, const char *word);

/* Whether the word is part of the text, in whatever case. */
bool onnx_text_has(const struct onnx_text *text, const char *word);
