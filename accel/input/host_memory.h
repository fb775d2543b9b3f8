/* What engines share that read and write the host's memory: their batches, and how a picture comes
 * into one. */
#pragma once

#include "accel/infer.h"
#include "accel/input/preprocess.h"
#include "core/free_list.h"

struct host_memory {
	const struct infer_spec *spec;
	uint32_t hands;
	struct preprocess *preprocess; /* one for each thread that may be in place at a time */
	struct gw_free_list free; /* of them */
};

/* Gives every batch of the spec its input, cache-line aligned. 0 or -ENOMEM with an error line;
 * then nothing is kept. */
int host_memory_open(
	struct host_memory *host, const struct infer_spec *spec, struct gw_error *error);

/* ... and its outputs, once their shapes are known. 0 or -ENOMEM with an error line. */
int host_memory_outputs(struct host_memory *host, struct gw_error *error);

/* Takes them back; accepts one that did not open (all zero). */
void host_memory_close(struct host_memory *host);

/* Writes the picture's size where the model asks for it, as host_memory_place() does too. */
void host_memory_put_size(struct host_memory *host, struct infer_batch *batch, uint32_t index,
	const struct geometry *geometry);

/* `place` of struct infer_ops, for spec->hands threads at a time: the surface is read when it
 * returns. A picture of another memory is fetched first, which waits; when it cannot be had, the
 * batch says so. */
void host_memory_place(struct host_memory *host, struct infer_batch *batch, uint32_t index,
	const struct gw_surface *surface, const struct geometry *geometry);
