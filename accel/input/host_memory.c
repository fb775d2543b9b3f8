#include "accel/input/host_memory.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define ALIGNMENT 64

static void *allocate(uint32_t pictures, size_t picture_size)
{
	size_t size = pictures * picture_size;

	size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	void *memory = aligned_alloc(ALIGNMENT, size);

	/* Touched now: the first frames must not pay for page faults. */
	if (memory)
		memset(memory, 0, size);
	return memory;
}

static void put_size(
	const struct model_size_input *description, float *size, uint32_t width, uint32_t height)
{
	const bool width_first = description->order == MODEL_WIDTH_HEIGHT;

	size[0] = (float)(width_first ? width : height);
	size[1] = (float)(width_first ? height : width);
}

/* Places without a picture, too, hold a size that a graph can divide by. */
static bool allocate_sizes(const struct infer_spec *spec, struct infer_batch *batch)
{
	const struct model_input *input = spec->picture;

	if (!input->size)
		return true;
	batch->size = allocate(spec->max_batch, 2 * sizeof(float));
	for (uint32_t i = 0; batch->size && i < spec->max_batch; i++)
		put_size(input->size, batch->size + (size_t)2 * i, input->width, input->height);
	return batch->size;
}

static bool allocate_inputs(const struct infer_spec *spec)
{
	bool complete = true;

	memset(spec->batches, 0, spec->batch_count * sizeof(*spec->batches));
	for (uint32_t i = 0; i < spec->batch_count; i++) {
		struct infer_batch *batch = &spec->batches[i];

		batch->input = allocate(spec->max_batch, model_picture_size(spec->picture));
		complete = allocate_sizes(spec, batch) && batch->input && complete;
	}
	return complete;
}

static int out_of_memory(const struct infer_spec *spec, struct gw_error *error)
{
	return gw_error_set(error, -ENOMEM,
		"model %s: not enough memory for its batches; lower batch.max in model.yaml",
		spec->name);
}

static bool open_hands(struct host_memory *host)
{
	const struct infer_spec *spec = host->spec;
	const uint32_t hands = spec->hands > 0 ? spec->hands : 1;

	host->preprocess = calloc(hands, sizeof(host->preprocess[0]));
	if (!host->preprocess || gw_free_list_open(&host->free, hands) != 0)
		return false;
	for (; host->hands < hands; host->hands++) {
		if (preprocess_init(&host->preprocess[host->hands], spec->picture) != 0)
			return false;
	}
	return true;
}

int host_memory_open(
	struct host_memory *host, const struct infer_spec *spec, struct gw_error *error)
{
	*host = (struct host_memory){.spec = spec};
	if (allocate_inputs(spec) && open_hands(host))
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
			batch->output[k] = allocate(spec->max_batch,
				infer_tensor_elements(&spec->output[k]) * sizeof(float));
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
		free(batch->size);
		batch->input = NULL;
		batch->size = NULL;
		for (uint32_t k = 0; k < INFER_OUTPUTS; k++) {
			free(batch->output[k]);
			batch->output[k] = NULL;
		}
	}
	for (uint32_t i = 0; i < host->hands; i++)
		preprocess_free(&host->preprocess[i]);
	free(host->preprocess);
	gw_free_list_close(&host->free);
	host->preprocess = NULL;
	host->hands = 0;
	host->spec = NULL;
}

static bool place_fetched(const struct preprocess *preprocess, const struct geometry *geometry,
	const struct gw_surface *surface, void *place)
{
	struct gw_surface *here = gw_surface_fetch(surface);

	if (!here)
		return false;
	preprocess_run(preprocess, geometry, here, place);
	gw_surface_unref(here);
	return true;
}

void host_memory_put_size(struct host_memory *host, struct infer_batch *batch, uint32_t index,
	const struct geometry *geometry)
{
	const struct model_size_input *size = host->spec->picture->size;

	if (size && size->of == MODEL_SIZE_OF_PICTURE)
		put_size(size, batch->size + (size_t)2 * index, geometry->seen.width,
			geometry->seen.height);
}

void host_memory_place(struct host_memory *host, struct infer_batch *batch, uint32_t index,
	const struct gw_surface *surface, const struct geometry *geometry)
{
	const struct model_input *input = host->spec->picture;
	void *place = (uint8_t *)batch->input + index * model_picture_size(input);
	uint32_t hand = gw_free_list_pop(&host->free);

	if (hand == GW_FREE_LIST_EMPTY)
		hand = gw_free_list_pop_fresh(&host->free);
	/* Not more threads come than were said. */
	assert(hand != GW_FREE_LIST_EMPTY);
	if (surface->device->memory == GW_MEM_HOST)
		preprocess_run(&host->preprocess[hand], geometry, surface, place);
	else if (!place_fetched(&host->preprocess[hand], geometry, surface, place))
		atomic_fetch_add_explicit(&batch->unplaced, 1, memory_order_release);
	gw_free_list_push(&host->free, hand);
	host_memory_put_size(host, batch, index, geometry);
}
