/* The inference engines that are built in, for those who use one. */
#pragma once

#include "accel/batcher.h"
#include "accel/infer.h"

/* Tells the engines' libraries, by their environment, to keep to themselves: ONNX Runtime's wheel
 * would otherwise report to its maker and leave a file behind. Before the process has other
 * threads. */
void engines_keep_quiet(void);

/* An engine that this program knows, built in or not, or a device that decoders run on. */
struct engine_facts {
	const char *name;
	bool there; /* it can be used */
	bool named; /* it is used only where it is named */
	char version[160]; /* of its library, or what the device calls itself; may be empty */
	char missing[sizeof(((struct gw_error *)0)->text)]; /* what it lacks and what to do, where
							       it is not there */
};

#define ENGINES_MOST 48
#define ENGINES_GPUS 17 /* of them, at most: GPUs of CUDA, and nvJPEG */

/* Looks at all engines: slow. Returns how many were written. Any thread. */
uint32_t engines_list(
	const struct gw_accel_config *config, struct engine_facts facts[ENGINES_MOST]);

/* Looks at the OpenCL devices, which decoders and models run on: each is one, or one says what is
 * missing. `most` is at least 1. Slow; any thread. */
uint32_t engines_list_opencl(struct engine_facts *facts, uint32_t most);

/* What memory decoders may leave pictures in, as the engine that the configuration names reads them
 * there: that of an OpenCL device which both are to run on. GW_MEM_NONE: they go to the host's;
 * when that is because the devices are two, it is logged. Slow; any thread. */
enum gw_memory engines_pictures(const struct gw_config *config);

/* Opens a model on the engine that `name` names; when that is NULL on the first that opens it, but
 * never on one that has not looked at the model. Slow; any thread. NULL and an error line that says
 * what is available on failure. `options->engine` becomes the one. */
struct batcher *engines_open(
	const char *name, struct berth_options *options, struct gw_error *error);
