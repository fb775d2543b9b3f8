/* The inference engines that are built in, for those who use one. */
#pragma once

#include "accel/infer.h"

/* Tells the engines' libraries, by their environment, to keep to themselves: ONNX Runtime's wheel
 * would otherwise report to its maker and leave a file behind. Before the process has other
 * threads. */
void engines_keep_quiet(void);

/* The one that `name` names. NULL: the first that serves real results. On failure NULL, and the
 * error lists what is available. */
const struct infer_ops *engine_find(const char *name, struct gw_error *error);

/* 0 when the engine can read pictures in `memory`, otherwise -ENOTSUP with an error line. */
int engine_check_memory(
	const struct infer_ops *engine, enum gw_memory memory, struct gw_error *error);
