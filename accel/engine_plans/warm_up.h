/* The first runs of an engine, before the first frame. */
#pragma once

#include "accel/runner.h"

/* Runs the smallest and the largest batch by `run`, whose state is `engine`: drivers finish kernels
 * when these first run. Sets spec->warm_ns, and how long a run may take from then on. 0, or the
 * batch's status with a line. */
int engine_warm_up(struct infer_spec *spec, runner_fn *run, void *engine, int64_t *patience_ns,
	struct gw_error *error);
