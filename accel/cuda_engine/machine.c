#include "accel/cuda_engine/machine.h"

#include <errno.h>
#include <stdlib.h>

#include "core/clock.h"
#include "core/thread.h"
#include "devices/kernels/binary.h"

#define FIRST_PATIENCE_NS (60 * GW_NS_PER_S) /* drivers finish kernels at the first run */

/* Blocks along the second and third dimension, as CUDA has it for every GPU. */
#define BLOCKS_MOST 65535u

struct cuda_machine {
	struct cuda_program program;
	struct cuda_stream stream;
	CUfunction kernel[OPERATORS_KERNEL_COUNT];
	CUdeviceptr memory, jobs; /* 0: none */
	CUgraphExec *plan; /* of each; NULL: it has no steps */
	uint32_t count;
};

static int fail(
	struct cuda_machine *machine, const char *what, CUresult code, struct gw_error *error)
{
	return cuda_program_fail(&machine->program, what, code, error);
}

static int find_kernels(struct cuda_machine *machine, struct gw_error *error)
{
	int status = 0;

	for (int i = 0; i < OPERATORS_KERNEL_COUNT && status == 0; i++)
		status = cuda_program_kernel(
			&machine->program, operators_kernel_names[i], &machine->kernel[i], error);
	return status;
}

static int reserve(
	struct cuda_machine *machine, CUdeviceptr *memory, size_t size, struct gw_error *error)
{
	const CUresult code = machine->program.api->cuMemAlloc(memory, size);

	if (code == CUDA_SUCCESS)
		return 0;
	*memory = 0;
	fail(machine, "no memory for the model", code, error);
	return gw_error_set(error, -ENOMEM,
		"CUDA: %s has no %zu MiB left for the model: lower batch.max in model.yaml",
		machine->program.device.name, (size >> 20) + 1);
}

static int put(struct cuda_machine *machine, CUdeviceptr to, const void *from, size_t size,
	struct gw_error *error)
{
	return size == 0 ? 0 : cuda_stream_up(&machine->stream, to, from, size, error);
}

/* Weights, arena and jobs. Waits: what is copied may go afterwards. */
static int open_memory(struct cuda_machine *machine, const struct graph *graph,
	const struct graph_plan *plans, struct gw_error *error)
{
	size_t arena = 0, jobs = 0;

	for (uint32_t i = 0; i < machine->count; i++) {
		arena = plans[i].arena > arena ? plans[i].arena : arena;
		jobs += plans[i].steps;
	}
	int status = reserve(machine, &machine->memory,
		(graph->weights_count + arena + OP_SLACK) * sizeof(float), error);

	if (status == 0)
		status =
			reserve(machine, &machine->jobs, (jobs + 1) * sizeof(struct op_job), error);
	if (status == 0)
		status = put(machine, machine->memory, graph->weights,
			graph->weights_count * sizeof(float), error);
	jobs = 0;
	for (uint32_t i = 0; i < machine->count && status == 0; i++) {
		status = put(machine, machine->jobs + jobs * sizeof(struct op_job), plans[i].job,
			plans[i].steps * sizeof(struct op_job), error);
		jobs += plans[i].steps;
	}
	return status == 0 ? cuda_stream_wait(&machine->stream, error) : status;
}

static int start_all(struct cuda_machine *machine, const struct graph_plan *plan,
	uint32_t first_job, struct gw_error *error)
{
	int status = 0;

	for (uint32_t i = 0; i < plan->steps && status == 0; i++) {
		const struct graph_step *step = &plan->step[i];
		uint32_t job = first_job + i;
		void *arguments[] = {&machine->memory, &machine->jobs, &job};

		if (step->items[1] > BLOCKS_MOST || step->items[2] > BLOCKS_MOST)
			return gw_error_set(error, -ENOTSUP,
				"CUDA: %s: a step of the model has %u x %u parts, %u are possible: "
				"lower batch.max in model.yaml",
				machine->program.device.name, step->items[1], step->items[2],
				BLOCKS_MOST);
		status = cuda_stream_start(&machine->stream, machine->kernel[step->kernel],
			step->items, arguments, error);
	}
	return status;
}

/* Records what start_all() starts. */
static int record(struct cuda_machine *machine, const struct graph_plan *plan, uint32_t first_job,
	CUgraphExec *exec, struct gw_error *error)
{
	const struct cuda_api *api = machine->program.api;
	CUgraph graph = NULL;
	CUresult code = api->cuStreamBeginCapture(
		machine->stream.stream, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL);

	if (code != CUDA_SUCCESS)
		return fail(machine, "its kernels cannot be recorded", code, error);
	const int status = start_all(machine, plan, first_job, error);

	code = api->cuStreamEndCapture(machine->stream.stream, &graph);
	if (status == 0 && code == CUDA_SUCCESS)
		code = api->cuGraphInstantiate(exec, graph, 0);
	if (graph)
		api->cuGraphDestroy(graph);
	return status != 0 ? status
		: code == CUDA_SUCCESS
		? 0
		: fail(machine, "its kernels cannot be recorded", code, error);
}

static int open_graphs(
	struct cuda_machine *machine, const struct graph_plan *plans, struct gw_error *error)
{
	uint32_t first_job = 0;
	int status = 0;

	for (uint32_t i = 0; i < machine->count && status == 0; i++) {
		if (plans[i].steps > 0)
			status = record(machine, &plans[i], first_job, &machine->plan[i], error);
		first_job += plans[i].steps;
	}
	return status;
}

static int open_all(struct cuda_machine *machine, const struct cuda_api *api,
	const struct cuda_device *device, const struct graph *graph, const struct graph_plan *plans,
	struct gw_error *error)
{
	int status = cuda_program_open(&machine->program, api, device, operators_cuda, error);

	if (status == 0)
		status = cuda_stream_open(&machine->stream, &machine->program, error);
	machine->stream.patience_ns = FIRST_PATIENCE_NS;
	if (status == 0)
		status = find_kernels(machine, error);
	if (status == 0)
		status = open_memory(machine, graph, plans, error);
	return status == 0 ? open_graphs(machine, plans, error) : status;
}

struct cuda_machine *cuda_machine_open(const struct cuda_api *api, const struct cuda_device *device,
	const struct graph *graph, const struct graph_plan *plans, uint32_t count, int *status,
	struct gw_error *error)
{
	struct cuda_machine *machine = calloc(1, sizeof(*machine));
	struct gw_inherit before;

	if (machine)
		machine->plan = calloc(count, sizeof(machine->plan[0]));
	if (!machine || !machine->plan) {
		*status = gw_error_set(error, -ENOMEM, "CUDA: out of memory");
		free(machine);
		return NULL;
	}
	machine->count = count;
	/* The driver starts threads. */
	gw_inherit_begin(&before, NULL);
	*status = open_all(machine, api, device, graph, plans, error);
	gw_inherit_end(&before);
	if (*status == 0)
		return machine;
	cuda_machine_close(machine);
	return NULL;
}

bool cuda_machine_pin(struct cuda_machine *machine, void *memory, size_t size)
{
	struct gw_error error;

	return cuda_program_enter(&machine->program, &error) == 0 &&
		machine->program.api->cuMemHostRegister(memory, size, 0) == CUDA_SUCCESS;
}

bool cuda_machine_unpin(struct cuda_machine *machine, void *memory)
{
	struct gw_error error;

	return cuda_program_enter(&machine->program, &error) == 0 &&
		machine->program.api->cuMemHostUnregister(memory) == CUDA_SUCCESS;
}

/* Nothing waits here: the stream does all in order. */
static int begin(struct cuda_machine *machine, uint32_t plan, const struct cuda_machine_copy *in,
	uint32_t ins, const struct cuda_machine_copy *out, uint32_t outs, struct gw_error *error)
{
	int status = 0;

	for (uint32_t i = 0; i < ins && status == 0; i++)
		status = cuda_stream_up(&machine->stream,
			machine->memory + in[i].at * sizeof(float), in[i].host, in[i].size, error);
	if (status == 0 && machine->plan[plan]) {
		const CUresult code = machine->program.api->cuGraphLaunch(
			machine->plan[plan], machine->stream.stream);

		if (code != CUDA_SUCCESS)
			status = fail(machine, "its kernels do not start", code, error);
	}
	for (uint32_t i = 0; i < outs && status == 0; i++)
		status = cuda_stream_down(&machine->stream, out[i].host,
			machine->memory + out[i].at * sizeof(float), out[i].size, error);
	return status;
}

int cuda_machine_run(struct cuda_machine *machine, uint32_t plan,
	const struct cuda_machine_copy *in, uint32_t ins, const struct cuda_machine_copy *out,
	uint32_t outs, struct gw_error *error)
{
	struct gw_error later;

	if (machine->stream.given_up)
		return gw_error_set(
			error, -ENODEV, "CUDA: %s was given up", machine->program.device.name);
	if (cuda_program_enter(&machine->program, error) != 0)
		return -EIO;
	const int begun = begin(machine, plan, in, ins, out, outs, error);
	/* What was begun has to end also when the rest was refused. */
	const int ended = cuda_stream_wait(&machine->stream, begun == 0 ? error : &later);

	if (begun != 0)
		return begun;
	return ended == -ETIMEDOUT ? -ENODEV : ended;
}

void cuda_machine_set_patience(struct cuda_machine *machine, int64_t ns)
{
	machine->stream.patience_ns = ns;
}

bool cuda_machine_is_given_up(const struct cuda_machine *machine)
{
	return machine->stream.given_up;
}

bool cuda_machine_close(struct cuda_machine *machine)
{
	struct gw_error error;

	if (!machine)
		return true;
	if (machine->stream.given_up)
		return false;
	const struct cuda_api *api = machine->program.api;

	if (machine->program.retained && cuda_program_enter(&machine->program, &error) == 0) {
		for (uint32_t i = 0; i < machine->count; i++)
			if (machine->plan[i])
				api->cuGraphExecDestroy(machine->plan[i]);
		if (machine->memory)
			api->cuMemFree(machine->memory);
		if (machine->jobs)
			api->cuMemFree(machine->jobs);
		cuda_stream_close(&machine->stream);
	}
	cuda_program_close(&machine->program);
	free(machine->plan);
	free(machine);
	return true;
}
