/* The plans of a model on one OpenCL device: one piece of memory with the weights, which are copied
 * once, and the arena, which plans for batches of every size share; the kernels; and the queue that
 * they take in order. One thread at a time.
 */
#pragma once

#if HAVE_OPENCL

#include "accel/graph/plan.h"
#include "accel/infer.h"
#include "accel/repository/model.h"
#include "devices/opencl/program.h"

/* Copies of a run, at most: pictures and their sizes, and outputs. */
#define MACHINE_INS (MODEL_BATCH_MAX + 1u)
#define MACHINE_OUTS INFER_OUTPUTS

struct machine;

/* Copies of batches, and kernels, are given to the device by this: the plan of so many. */
struct machine_plan {
	const struct graph_plan *plan;
	uint32_t first_job; /* among those of all plans */
};

struct machine_copy {
	uint32_t at; /* floats from the begin of the memory */
	size_t size; /* bytes */
	void *host;
	cl_mem there; /* NULL: it lies in the host's memory; else `from` bytes from its begin */
	size_t from;
};

/* Compiles the kernels and copies weights and jobs. The graph and the plans, which are settled, may
 * go afterwards but for `plan[].plan->step`; `api` must stay. NULL and a line on failure, with its
 * status. Slow. */
struct machine *machine_open(const struct opencl_api *api, const struct opencl_device *device,
	const struct graph *graph, const struct graph_plan *plans, uint32_t count, int *status,
	struct gw_error *error);

/* Runs plan number `plan`: up to MACHINE_INS copies in, all steps, up to MACHINE_OUTS copies out;
 * waits once. 0; -ENOMEM, -EIO or -ENODEV with a line when the device refused or failed, after
 * which it may be tried again, unless it was given up: it has not answered for long, or does not
 * let itself be waited for. */
int machine_run(struct machine *machine, uint32_t plan, const struct machine_copy *in, uint32_t ins,
	const struct machine_copy *out, uint32_t outs, struct gw_error *error);

/* The queue, in order, for those who fill what is copied on the device. */
cl_command_queue machine_queue(const struct machine *machine);

/* How long a run may take; then the device is given up. */
void machine_set_patience(struct machine *machine, int64_t ns);

/* Whether the device did not answer a run. By who runs. */
bool machine_is_given_up(const struct machine *machine);

/* Accepts NULL. A device that was given up may still write: its memory is left to it, and false
 * returned; then what it writes to must stay. */
bool machine_close(struct machine *machine);

#endif
