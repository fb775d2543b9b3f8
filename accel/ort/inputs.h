/* The inputs of a model on ONNX Runtime: the picture's and, where there is one, that of its size.
 * Their tensors stand over the batches' own memory. */
#pragma once

#if HAVE_ORT

#include "accel/infer.h"
#include "accel/ort/shape.h"
#include "accel/repository/model.h"

#define ORT_INPUTS 2

/* The tensors of one batch, for 1 .. max_batch pictures; NULL where no run takes so many. */
struct ort_input_values {
	OrtValue *value[MODEL_BATCH_MAX][ORT_INPUTS];
};

struct ort_inputs {
	const struct ort_model *model;
	const struct infer_spec *spec;
	uint32_t count;
	struct infer_tensor tensor[ORT_INPUTS];
	struct ort_shape shape[ORT_INPUTS];
	struct ort_input_values *values; /* one per batch */
};

/* Holds what the model says of its inputs against the spec, and makes the tensors over the batches.
 * 0 or a negative errno with a line. Model and spec must outlive the inputs. */
int ort_inputs_open(struct ort_inputs *inputs, const struct ort_model *model,
	const struct infer_spec *spec, const OrtMemoryInfo *memory, struct gw_error *error);

/* How many pictures every run takes, 0 when it may be any number. */
uint32_t ort_inputs_fixed(const struct ort_inputs *inputs);

/* Pictures that a run takes for a batch of `count`: all that there is room for when the model's own
 * batch dimension is fixed. */
uint32_t ort_inputs_run_count(const struct ort_inputs *inputs, uint32_t count);

/* What a run of that many pictures of that batch reads: inputs->count names and values. */
void ort_inputs_of(const struct ort_inputs *inputs, uint32_t batch, uint32_t run_count,
	const char *names[ORT_INPUTS], const OrtValue *values[ORT_INPUTS]);

/* Accepts what did not open (all zero). */
void ort_inputs_close(struct ort_inputs *inputs);

#endif
