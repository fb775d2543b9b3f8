/* Holds what a model says of its tensors against what model.yaml says. */
#pragma once

#if HAVE_ORT

#include "accel/infer.h"
#include "accel/ort/library.h"
#include "accel/repository/model.h"

#define ORT_RANK_MAX 8

/* The shape that runs use; dims[0] is the batch's, 0 when the model leaves it open. */
struct ort_shape {
	size_t rank;
	int64_t dims[ORT_RANK_MAX];
};

struct ort_model {
	const struct ort_library *library;
	const OrtSession *session;
	const char *name; /* for messages */
	uint32_t max_batch;
};

/* The model must have the input of the spec, of the picture's element type and of that shape;
 * dimensions that it leaves open take the tensor's. Of others it may have the one for the picture's
 * size where model.yaml names it. -EINVAL with an error line that says what the model has. */
int ort_shape_input(const struct ort_model *model, const struct infer_spec *spec,
	struct ort_shape *shape, struct gw_error *error);

/* The same for an input of float32 that takes no picture. */
int ort_shape_size(const struct ort_model *model, const struct infer_tensor *tensor,
	struct ort_shape *shape, struct gw_error *error);

/* ONNX Runtime's name for what the tensor of a picture holds. */
ONNXTensorElementDataType ort_shape_type(enum model_type type);

/* What the model says of one output. */
int ort_shape_read(const struct ort_model *model, const char *name, struct ort_shape *shape,
	ONNXTensorElementDataType *type, struct gw_error *error);

/* Holds the shape that was read of an output against the tensor, as for the input; dimensions of
 * size 1 may stand in addition. */
int ort_shape_output(const struct ort_model *model, const struct infer_tensor *tensor,
	struct ort_shape *shape, struct gw_error *error);

/* As in "[1, 84, ?]". */
void ort_shape_print(char *text, size_t size, const struct ort_shape *shape);

#endif
