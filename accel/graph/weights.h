/* Constants of an ONNX model (onnx.proto: TensorProto), also those that lie in files beside it. */
#pragma once

#include "accel/graph/graph.h"
#include "accel/repository/file_bytes.h"
#include "accel/repository/onnx_external.h"

struct graph_files {
	const char *folder; /* with its slash; NULL: files are not read */
	struct onnx_external names;
	struct file_bytes bytes[ONNX_EXTERNAL_FILES];
	uint64_t values_left; /* that constants may still have: no more than there are bytes */
};

/* Reads what the model names. 0 or a negative errno with a line. */
int graph_files_open(struct graph_files *files, const uint8_t *model, size_t size,
	const char *folder, struct gw_error *error);
void graph_files_close(struct graph_files *files);

/* Reads a tensor into the value; its name too. 0, -EINVAL with a line for what is none, or a type
 * or size that is not supported. */
int graph_weights_read(struct graph_files *files, struct protobuf_bytes bytes,
	struct graph_value *value, struct onnx_text *name, struct gw_error *error);
