/* Threads that decode pictures beside the one that has them, and what each thread needs for it.
 */
#pragma once

#include <stdint.h>

#include "core/error.h"
#include "core/frame.h"
#include "decode/turbo_picture.h"

struct decoders;

/* Decodes one picture; several threads at a time, each with a picture of its own. */
typedef void decoders_fn(void *owner, struct turbo_picture *picture, struct gw_frame *frame);

/* Starts `threads` of them, for pictures of at most `max_width` pixels a row. NULL and an error
 * line on failure. */
struct decoders *decoders_create(uint32_t threads, uint32_t max_width, decoders_fn *decode,
	void *owner, struct gw_error *error);

/* Nobody is in decoders_run(). Accepts NULL. */
void decoders_destroy(struct decoders *decoders);

/* Decodes all of the frames, also on the caller's thread, and waits for them. Any thread. Returns 0
 * or -ENOMEM: then none was touched. */
int decoders_run(struct decoders *decoders, struct gw_frame *const *frames, uint32_t count);
