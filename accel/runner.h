/* A thread that runs batches for an engine whose library blocks, so that a slow model delays
 * neither the stage nor another model. */
#pragma once

#include <stdint.h>

#include "accel/infer.h"

struct runner;

/* Runs one batch and sets its status; on the runner's thread. */
typedef void runner_fn(void *engine, struct infer_batch *batch);

/* Starts the thread for batches of that spec, which outlives it, on the processors of the device;
 * what spec->prepare and spec->finish do is done there too. NULL and an error line on failure. */
struct runner *runner_start(const struct infer_spec *spec, const struct gw_device *device,
	runner_fn *run, void *engine, struct gw_error *error);

/* Submit and poll as in struct infer_ops. They neither block nor lock. */
void runner_submit(struct runner *runner, struct infer_batch *batch);
uint32_t runner_poll(struct runner *runner, struct infer_batch **batches, uint32_t count);

/* Waits for the batch that is running, abandons the others and ends the thread. Accepts NULL. */
void runner_stop(struct runner *runner);
