/* Threads that help an engine: they sleep until they are woken, and then work until nothing is left
 * to do. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/device.h"
#include "core/error.h"

struct helpers;

/* Does one piece of work; false: there was none. `hand` is the helper's number, from 1. */
typedef bool helpers_fn(void *owner, uint32_t hand);

/* Starts so many, at most GW_HELPERS, on the processors of the device; `name` is the model's. NULL
 * and an error line on failure. Any thread. */
struct helpers *helpers_start(const char *name, uint32_t count, const struct gw_device *device,
	helpers_fn *work, void *owner, struct gw_error *error);

/* There is work for so many. Wake-ups that nobody has heard yet are not repeated. Neither blocks
 * nor locks; any thread. */
void helpers_wake(struct helpers *helpers, uint32_t count);

/* Waits for the piece that each is at, leaves the others, and ends the threads. Accepts NULL. */
void helpers_stop(struct helpers *helpers);
