/* Which files an ONNX model keeps weights in beside its own (onnx.proto:
 * TensorProto.external_data). A walk over the protobuf's fields; nothing else of the model is read.
 * Any thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

#define ONNX_EXTERNAL_FILES 256
#define ONNX_EXTERNAL_NAME 256

struct onnx_external {
	uint32_t count;
	char file[ONNX_EXTERNAL_FILES][ONNX_EXTERNAL_NAME]; /* sorted, each once */
};

/* Names are relative to the model's folder. Returns 0; -EINVAL for names that leave it and for
 * bytes that are no protobuf; -E2BIG for more files than there is room for. */
int onnx_external_read(
	const uint8_t *model, size_t size, struct onnx_external *external, struct gw_error *error);
