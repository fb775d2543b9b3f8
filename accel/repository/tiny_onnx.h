/* Makes the smallest ONNX files by hand, for tests of the engine: a protobuf writer for the few
 * fields that a graph of one node needs (onnx/onnx.proto, IR version 8, opset 13). */
#pragma once

#include <stdint.h>

/* Element types of TensorProto.DataType. */
#define TINY_FLOAT 1
#define TINY_UINT8 2
#define TINY_HALF 10
#define TINY_DOUBLE 11

struct tiny_tensor {
	const char *name;
	int type;
	uint32_t rank;
	int64_t dims[5]; /* 0: left open */
};

struct tiny_graph {
	const char *op; /* "Flatten", "Identity", "Add", ... */
	struct tiny_tensor input;
	struct tiny_tensor other; /* a second input; without a name: none */
	struct tiny_tensor output;
};

/* Writes the graph to the file; false when it cannot be written. */
_Bool tiny_onnx_write(const struct tiny_graph *description, const char *path);
