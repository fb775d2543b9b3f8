/* The engine from inside, for its own file and its tests. */
#pragma once

#if HAVE_OPENCL

#include "accel/infer.h"
#include "accel/input/host_memory.h"
#include "accel/opencl_engine/inputs.h"
#include "accel/opencl_engine/machine.h"
#include "accel/opencl_engine/ports.h"

struct opencl_engine {
	struct host_memory host;
	const struct infer_spec *spec;
	struct opencl_api api;
	struct ports ports;
	struct graph_plan *plans; /* for 1 .. max_batch pictures, or one where that is fixed */
	uint32_t plan_count;
	struct machine *machine;
	struct inputs *inputs;
	struct runner *runner;
};

#endif
