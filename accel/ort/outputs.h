/* The outputs of a model on ONNX Runtime: which shapes and types they have, the tensors that runs
 * write to, and how their values come into the batches as float32. */
#pragma once

#if HAVE_ORT

#include "accel/infer.h"
#include "accel/ort/inputs.h"
#include "accel/ort/shape.h"
#include "accel/repository/model.h"

/* The tensors of one batch, for 1 .. max_batch pictures; NULL where a run makes its own. */
struct ort_output_values {
	OrtValue *value[MODEL_BATCH_MAX];
};

struct ort_output {
	struct ort_shape shape; /* as the model has it; dims[0] is 0 when the batch is open */
	ONNXTensorElementDataType type;
	size_t element; /* bytes of one value of its type */
	bool batched; /* its first dimension is the batch's */
	bool open; /* the model does not state all of the others */
	/* Of each batch: memory of its type, when that is not float32; else the batch's own. */
	void **native;
	struct ort_output_values *values;
};

struct ort_outputs {
	const struct ort_model *model;
	struct infer_spec *spec;
	const OrtMemoryInfo *memory;
	struct ort_output output[INFER_OUTPUTS];
};

/* Reads shapes and types from the model, and from a run with the inputs where the model leaves them
 * open; puts those that are free into the spec. 0 or a negative errno with a line. What is given
 * here, but for the inputs, must outlive the outputs. */
int ort_outputs_open(struct ort_outputs *outputs, const struct ort_model *model,
	struct infer_spec *spec, const OrtMemoryInfo *memory, const struct ort_inputs *inputs,
	struct gw_error *error);

/* Makes the tensors over the batches' outputs, for every number of pictures that `run_count` of the
 * engine may be: `fixed`, or 1 .. max_batch when that is 0. */
int ort_outputs_prepare(struct ort_outputs *outputs, uint32_t fixed, struct gw_error *error);

/* What a run of `count` pictures of that batch writes to: output_count names and values, of which
 * NULL ones are made by the run. */
void ort_outputs_of(const struct ort_outputs *outputs, uint32_t batch, uint32_t count,
	const char **names, OrtValue **values);

/* After a run: converts what is not float32, copies what the run has made and releases that.
 * Returns 0 or a negative errno with a line in batch->error. */
int ort_outputs_take(struct ort_outputs *outputs, struct infer_batch *batch, OrtValue **values);

/* Accepts what did not open (all zero). */
void ort_outputs_close(struct ort_outputs *outputs);

#endif
