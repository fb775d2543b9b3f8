/* The plans of a model on one GPU: one piece of memory with the weights, which are copied once, and
 * the arena, which plans for batches of every size share; and for each plan one CUDA graph, which
 * starts all its kernels by one call. One thread at a time.
 */
#pragma once

#if HAVE_CUDA

#include "accel/graph/plan.h"
#include "devices/cuda/stream.h"

struct cuda_machine;

struct cuda_machine_copy {
	uint32_t at; /* floats from the begin of the memory */
	size_t size; /* bytes */
	void *host; /* pinned, or the driver waits (cuda_machine_pin()) */
};

/* Loads the kernels, copies weights and jobs, and makes the graphs. `graph` and `plans`, which are
 * settled, may go afterwards; `api` must stay. NULL and a line on failure, with its status. Slow.
 */
struct cuda_machine *cuda_machine_open(const struct cuda_api *api, const struct cuda_device *device,
	const struct graph *graph, const struct graph_plan *plans, uint32_t count, int *status,
	struct gw_error *error);

/* Lets the GPU reach the host's memory itself, until cuda_machine_unpin(). Where it cannot, copies
 * are slower, and nothing else: false. Any thread, while no plan runs. */
bool cuda_machine_pin(struct cuda_machine *machine, void *memory, size_t size);

/* False: the GPU has failed, and the memory stays pinned until the process ends. */
bool cuda_machine_unpin(struct cuda_machine *machine, void *memory);

/* Runs plan number `plan`: copies in, all steps, copies out; waits once. 0; -ENOMEM, -EIO or
 * -ENODEV with a line when the GPU refused or failed, after which it may be tried again, unless it
 * was given up: it has not answered for long. */
int cuda_machine_run(struct cuda_machine *machine, uint32_t plan,
	const struct cuda_machine_copy *in, uint32_t ins, const struct cuda_machine_copy *out,
	uint32_t outs, struct gw_error *error);

/* How long a run may take; then the GPU is given up. */
void cuda_machine_set_patience(struct cuda_machine *machine, int64_t ns);

/* Whether the GPU did not answer a run. By who runs. */
bool cuda_machine_is_given_up(const struct cuda_machine *machine);

/* Accepts NULL. A GPU that was given up may still write: its memory is left to it, and false
 * returned; then what it writes to must stay. */
bool cuda_machine_close(struct cuda_machine *machine);

#endif
