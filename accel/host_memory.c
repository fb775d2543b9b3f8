#include "accel/host_memory.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define ALIGNMENT 64

static float *allocate(uint32_t pictures, const struct infer_tensor *tensor)
{
	size_t size = (size_t)pictures * infer_tensor_elements(tensor) * sizeof(float);

	size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	float *memory = aligned_alloc(ALIGNMENT, size);

	/* Touched now: the first frames must not pay for page faults. */
	if (memory)
		memset(memory, 0, size);
	return memory;
}

int host_memory_allocate(const struct infer_spec *spec, struct gw_error *error)
{
	bool complete = true;

	memset(spec->batches, 0, spec->batch_count * sizeof(*spec->batches));
	for (uint32_t i = 0; complete && i < spec->batch_count; i++) {
		struct infer_batch *batch = &spec->batches[i];

		batch->input = allocate(spec->max_batch, &spec->input);
		complete = batch->input;
		for (uint32_t k = 0; k < spec->output_count; k++) {
			batch->output[k] = allocate(spec->max_batch, &spec->output[k]);
			complete = complete && batch->output[k];
		}
	}
	if (complete)
		return 0;
	host_memory_release(spec->batches, spec->batch_count);
	return gw_error_set(error, -ENOMEM,
		"model %s: not enough memory for its batches; lower batch.max in model.yaml",
		spec->name);
}

void host_memory_release(struct infer_batch *batches, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		free(batches[i].input);
		batches[i].input = NULL;
		for (uint32_t k = 0; k < INFER_OUTPUTS; k++) {
			free(batches[i].output[k]);
			batches[i].output[k] = NULL;
		}
	}
}
