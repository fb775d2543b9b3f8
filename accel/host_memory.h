/* Batch memory for engines that read and write the host's. */
#pragma once

#include "accel/infer.h"

/* Gives every batch of the spec its input and outputs, cache-line aligned. 0 or -ENOMEM with an
 * error line; then nothing is kept. */
int host_memory_allocate(const struct infer_spec *spec, struct gw_error *error);

/* Takes them back; accepts batches that have none. */
void host_memory_release(struct infer_batch *batches, uint32_t count);
