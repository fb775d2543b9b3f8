/* The inference engines that are built in, for those who use one. */
#pragma once

#include "accel/batcher.h"
#include "accel/infer.h"

/* Tells the engines' libraries, by their environment, to keep to themselves: ONNX Runtime's wheel
 * would otherwise report to its maker and leave a file behind. Before the process has other
 * threads. */
void engines_keep_quiet(void);

/* Opens a model on the engine that `name` names; when that is NULL on the first that opens it, but
 * never on one that has not looked at the model. Slow; any thread. NULL and an error line that says
 * what is available on failure. `options->engine` becomes the one. */
struct batcher *engines_open(
	const char *name, struct berth_options *options, struct gw_error *error);
