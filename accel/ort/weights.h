/* Weights that a model keeps in files beside its own, for ONNX Runtime: read into memory and copied
 * by it. By itself it maps the files, and whoever cuts one short would end the process. */
#pragma once

#if HAVE_ORT

#include "accel/ort/library.h"
#include "accel/repository/file_bytes.h"
#include "accel/repository/onnx_external.h"

struct ort_weights {
	struct onnx_external *external;
	struct file_bytes *files; /* external->count of them */
};

/* Reads the files that the model at `path` names. 0 or a negative errno with a line. Slow. */
int ort_weights_open(struct ort_weights *weights, const char *path, struct gw_error *error);

/* Gives them to a session that is made with these options; they must stay until it is made. */
OrtStatus *ort_weights_give(const struct ort_weights *weights, const struct ort_library *library,
	OrtSessionOptions *options);

/* Accepts what did not open. */
void ort_weights_close(struct ort_weights *weights);

#endif
