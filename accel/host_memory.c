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

static bool allocate_inputs(const struct infer_spec *spec)
{
	bool complete = true;

	memset(spec->batches, 0, spec->batch_count * sizeof(*spec->batches));
	for (uint32_t i = 0; i < spec->batch_count; i++) {
		spec->batches[i].input = allocate(spec->max_batch, &spec->input);
		complete = complete && spec->batches[i].input;
	}
	return complete;
}

static int out_of_memory(const struct infer_spec *spec, struct gw_error *error)
{
	return gw_error_set(error, -ENOMEM,
		"model %s: not enough memory for its batches; lower batch.max in model.yaml",
		spec->name);
}

int host_memory_open(
	struct host_memory *host, const struct infer_spec *spec, struct gw_error *error)
{
	*host = (struct host_memory){.spec = spec};
	if (allocate_inputs(spec) && preprocess_init(&host->preprocess, spec->picture) == 0)
		return 0;
	host_memory_close(host);
	return out_of_memory(spec, error);
}

int host_memory_outputs(struct host_memory *host, struct gw_error *error)
{
	const struct infer_spec *spec = host->spec;

	for (uint32_t i = 0; i < spec->batch_count; i++) {
		struct infer_batch *batch = &spec->batches[i];

		for (uint32_t k = 0; k < spec->output_count; k++) {
			batch->output[k] = allocate(spec->max_batch, &spec->output[k]);
			if (!batch->output[k])
				return out_of_memory(spec, error);
		}
	}
	return 0;
}

void host_memory_close(struct host_memory *host)
{
	for (uint32_t i = 0; host->spec && i < host->spec->batch_count; i++) {
		struct infer_batch *batch = &host->spec->batches[i];

		free(batch->input);
		batch->input = NULL;
		for (uint32_t k = 0; k < INFER_OUTPUTS; k++) {
			free(batch->output[k]);
			batch->output[k] = NULL;
		}
	}
	preprocess_free(&host->preprocess);
	host->spec = NULL;
}

void host_memory_place(struct host_memory *host, struct infer_batch *batch, uint32_t index,
	const struct gw_surface *surface, const struct geometry *geometry)
{
	const size_t size = infer_tensor_elements(&host->spec->input);

	preprocess_run(&host->preprocess, geometry, surface, batch->input + index * size);
}
