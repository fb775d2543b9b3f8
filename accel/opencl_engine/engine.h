/* The engine from inside, for its own file and its tests. */
#pragma once

#if HAVE_OPENCL

#include "accel/engine_plans/plans.h"
#include "accel/infer.h"
#include "accel/input/host_memory.h"
#include "accel/opencl_engine/inputs.h"
#include "accel/opencl_engine/machine.h"

struct opencl_engine {
	struct host_memory host;
	const struct infer_spec *spec;
	struct opencl_api api;
	struct engine_plans plans;
	struct machine *machine;
	struct inputs *inputs;
	struct runner *runner;
};

#endif
