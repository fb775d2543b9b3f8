/* What an inference engine is, for those who write one.
 *
 * An engine is asynchronous: a batch is submitted, and some polls later it comes back. No function
 * but open and close may block. One thread calls submit and poll; open and close are called by
 * another while no batch is out.
 */
#pragma once

#include <stdint.h>

#include "core/error.h"
#include "core/frame.h"

#define INFER_OUTPUTS 2
#define INFER_RANK 3

struct gw_accel_config;

/* One tensor of float32, without its first dimension, which is that of the batch. */
struct infer_tensor {
	const char *name;
	uint32_t rank;
	uint32_t dims[INFER_RANK];
};

/* Pictures that run together. The engine owns the memory; whoever holds the batch may write `input`
 * before it is submitted and read `output` after it was polled, until it is submitted again. */
struct infer_batch {
	/* Set by open. Picture i begins i times the tensor's size from the start. */
	float *input;
	float *output[INFER_OUTPUTS];

	uint32_t count; /* pictures, 1 .. max_batch; set before submit */

	/* Set by the engine before poll returns the batch. */
	int status; /* 0 or a negative errno: then `output` means nothing */
	char error[160]; /* ... and this says why, in one line */
	int64_t started, ended; /* gw_now() when it began to run and when it was done */
};

/* What an engine is asked to run. Strings and tensors stay the caller's and outlive the engine. */
struct infer_spec {
	const char *name; /* of the model, for messages */
	const char *path; /* of model.onnx */
	const struct gw_accel_config *config;
	struct infer_tensor input;
	struct infer_tensor output[INFER_OUTPUTS];
	uint32_t output_count;
	uint32_t max_batch; /* pictures in one batch */
	struct infer_batch *batches; /* the ring: open gives each its memory */
	uint32_t batch_count;
};

struct infer_ops {
	const char *name;
	enum gw_memory in_mem;
	uint32_t max_batch;

	/* Loads the model and makes it ready to run, so that the first frame waits no longer than
	 * the others. Fails with one line that says what to do, and leaves nothing behind. */
	int (*open)(const struct infer_spec *spec, void **engine, struct gw_error *error);

	/* Takes the batch until poll returns it. Cannot fail while fewer than batch_count are out:
	 * an engine that cannot run it says so in batch->status. */
	void (*submit)(void *engine, struct infer_batch *batch);

	/* Gives back up to `count` batches, in the order of their submission. */
	uint32_t (*poll)(void *engine, struct infer_batch **batches, uint32_t count);

	/* Batches that are out are abandoned. Accepts NULL. */
	void (*close)(void *engine);
};

static inline uint32_t infer_tensor_elements(const struct infer_tensor *tensor)
{
	uint32_t elements = 1;

	for (uint32_t i = 0; i < tensor->rank; i++)
		elements *= tensor->dims[i];
	return elements;
}

extern const struct infer_ops infer_ort;
extern const struct infer_ops infer_null;
