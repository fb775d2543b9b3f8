#include "accel/opencl_engine/machine.h"

#include <errno.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/clock.h"
#include "core/thread.h"

/* Work items that go together. A processor does one at a time, each a tile of its own, and would
 * only spread its registers over memory. */
#define GROUP 32u
#define GROUP_PROCESSOR 1u

/* Of a batch's copies in and out, its last kernel, and the marker behind them. */
#define EVENTS (MACHINE_INS + MACHINE_OUTS + 2u)

#define FIRST_PATIENCE_NS (60 * GW_NS_PER_S) /* drivers compile a last time at the first run */

struct machine {
	const struct opencl_api *api;
	struct opencl_program program;
	cl_command_queue queue;
	cl_mem memory, jobs;
	cl_kernel kernel[OPERATORS_KERNEL_COUNT];
	size_t group;
	struct machine_plan *plan;
	int64_t patience_ns;
	cl_event event[EVENTS]; /* of the batch that runs */
	uint32_t events;
	sem_t done; /* posted by the driver's thread when the last command has ended */
	bool done_open;
	bool given_up;
};

/* What the code says of the device, for infer_device_failed(). */
static int status_of(cl_int code)
{
	switch (code) {
	case CL_MEM_OBJECT_ALLOCATION_FAILURE:
	case CL_OUT_OF_RESOURCES:
	case CL_OUT_OF_HOST_MEMORY:
	case CL_INVALID_BUFFER_SIZE:
		return -ENOMEM;
	case CL_DEVICE_NOT_AVAILABLE:
	case CL_INVALID_DEVICE:
		return -ENODEV;
	default:
		return -EIO;
	}
}

static int fail(
	const struct machine *machine, const char *what, cl_int code, struct gw_error *error)
{
	char text[OPENCL_ERROR_TEXT];

	return gw_error_set(error, status_of(code), "OpenCL: %s: %s: %s",
		machine->program.device.name, what, opencl_error_name(code, text));
}

static cl_mem make_buffer(const struct machine *machine, size_t size, cl_int *code)
{
	return machine->api->clCreateBuffer(
		machine->program.context, CL_MEM_READ_WRITE, size, NULL, code);
}

static cl_int put(
	const struct machine *machine, cl_mem buffer, size_t at, size_t size, const void *from)
{
	return size == 0 ? CL_SUCCESS
			 : machine->api->clEnqueueWriteBuffer(
				   machine->queue, buffer, CL_TRUE, at, size, from, 0, NULL, NULL);
}

static int open_memory(struct machine *machine, const struct graph *graph,
	const struct graph_plan *plans, uint32_t count, struct gw_error *error)
{
	size_t arena = 0, jobs = 0;
	cl_int code = CL_SUCCESS;

	for (uint32_t i = 0; i < count; i++) {
		arena = plans[i].arena > arena ? plans[i].arena : arena;
		machine->plan[i].first_job = (uint32_t)jobs;
		jobs += plans[i].steps;
	}
	const size_t size = (graph->weights_count + arena + OP_SLACK) * sizeof(float);

	if (size > machine->program.device.largest)
		return gw_error_set(error, -ENOMEM,
			"OpenCL: %s gives %zu MiB at once, %zu are needed: lower batch.max in "
			"model.yaml",
			machine->program.device.name,
			(size_t)(machine->program.device.largest >> 20), size >> 20);
	machine->memory = make_buffer(machine, size, &code);
	if (code == CL_SUCCESS)
		machine->jobs = make_buffer(machine, (jobs + 1) * sizeof(struct op_job), &code);
	if (code == CL_SUCCESS)
		code = put(machine, machine->memory, 0, graph->weights_count * sizeof(float),
			graph->weights);
	for (uint32_t i = 0; i < count && code == CL_SUCCESS; i++)
		code = put(machine, machine->jobs,
			machine->plan[i].first_job * sizeof(struct op_job),
			plans[i].steps * sizeof(struct op_job), plans[i].job);
	return code == CL_SUCCESS ? 0 : fail(machine, "no memory for the model", code, error);
}

static int open_kernels(struct machine *machine, struct gw_error *error)
{
	const struct opencl_api *api = machine->api;
	cl_int code = CL_SUCCESS;

	for (int i = 0; i < OPERATORS_KERNEL_COUNT && code == CL_SUCCESS; i++) {
		machine->kernel[i] = api->clCreateKernel(
			machine->program.program, operators_kernel_names[i], &code);
		if (code == CL_SUCCESS)
			code = api->clSetKernelArg(
				machine->kernel[i], 0, sizeof(cl_mem), &machine->memory);
		if (code == CL_SUCCESS)
			code = api->clSetKernelArg(
				machine->kernel[i], 1, sizeof(cl_mem), &machine->jobs);
	}
	return code == CL_SUCCESS ? 0 : fail(machine, "no kernels", code, error);
}

static int open_all(struct machine *machine, const struct opencl_device *device,
	const struct graph *graph, const struct graph_plan *plans, uint32_t count,
	struct gw_error *error)
{
	cl_int code;
	int status = opencl_program_open(&machine->program, machine->api, device,
		(const char *)operators_opencl, operators_opencl_size, error);

	if (status != 0)
		return status;
	machine->group = device->type == CL_DEVICE_TYPE_CPU ? GROUP_PROCESSOR : GROUP;
	machine->done_open = sem_init(&machine->done, 0, 0) == 0;
	machine->queue =
		machine->api->clCreateCommandQueue(machine->program.context, device->id, 0, &code);
	if (!machine->queue)
		return fail(machine, "no queue", code, error);
	status = open_memory(machine, graph, plans, count, error);
	return status == 0 ? open_kernels(machine, error) : status;
}

struct machine *machine_open(const struct opencl_api *api, const struct opencl_device *device,
	const struct graph *graph, const struct graph_plan *plans, uint32_t count, int *status,
	struct gw_error *error)
{
	struct machine *machine = calloc(1, sizeof(*machine));
	struct gw_inherit before;

	if (machine)
		machine->plan = calloc(count, sizeof(machine->plan[0]));
	if (!machine || !machine->plan) {
		*status = gw_error_set(error, -ENOMEM, "OpenCL: out of memory");
		free(machine);
		return NULL;
	}
	machine->api = api;
	machine->patience_ns = FIRST_PATIENCE_NS;
	for (uint32_t i = 0; i < count; i++)
		machine->plan[i].plan = &plans[i];
	/* The driver starts threads. */
	gw_inherit_begin(&before, NULL);
	*status = open_all(machine, device, graph, plans, count, error);
	gw_inherit_end(&before);
	if (*status == 0)
		return machine;
	machine_close(machine);
	return NULL;
}

cl_command_queue machine_queue(const struct machine *machine)
{
	return machine->queue;
}

void machine_set_patience(struct machine *machine, int64_t ns)
{
	machine->patience_ns = ns;
}

/* The event of the command that comes next. */
static cl_event *next_event(struct machine *machine)
{
	return &machine->event[machine->events];
}

static cl_int note(struct machine *machine, cl_int code)
{
	machine->events += code == CL_SUCCESS;
	return code;
}

static cl_int start(
	struct machine *machine, const struct graph_step *step, cl_uint job, cl_event *event)
{
	cl_kernel kernel = machine->kernel[step->kernel];
	const size_t group = machine->group;
	const size_t global[] = {
		(step->items[0] + group - 1) / group * group, step->items[1], step->items[2]};
	const size_t local[] = {group, 1, 1};
	const cl_int code = machine->api->clSetKernelArg(kernel, 2, sizeof(job), &job);

	return code != CL_SUCCESS ? code
				  : machine->api->clEnqueueNDRangeKernel(machine->queue, kernel, 3,
					    NULL, global, local, 0, NULL, event);
}

static cl_int copy_in(struct machine *machine, const struct machine_copy *in)
{
	const struct opencl_api *api = machine->api;
	const size_t at = in->at * sizeof(float);

	return note(machine,
		in->there ? api->clEnqueueCopyBuffer(machine->queue, in->there, machine->memory,
				    in->from, at, in->size, 0, NULL, next_event(machine))
			  : api->clEnqueueWriteBuffer(machine->queue, machine->memory, CL_FALSE, at,
				    in->size, in->host, 0, NULL, next_event(machine)));
}

static cl_int copy_out(struct machine *machine, const struct machine_copy *out)
{
	return note(machine,
		machine->api->clEnqueueReadBuffer(machine->queue, machine->memory, CL_FALSE,
			out->at * sizeof(float), out->size, out->host, 0, NULL,
			next_event(machine)));
}

/* Of so many kernels only the last one has an event: each costs time. */
static cl_int start_all(struct machine *machine, const struct machine_plan *plan)
{
	const uint32_t steps = plan->plan->steps;
	cl_int code = CL_SUCCESS;

	for (uint32_t i = 0; i + 1 < steps && code == CL_SUCCESS; i++)
		code = start(machine, &plan->plan->step[i], plan->first_job + i, NULL);
	if (steps > 0 && code == CL_SUCCESS)
		code = note(machine,
			start(machine, &plan->plan->step[steps - 1], plan->first_job + steps - 1,
				next_event(machine)));
	return code;
}

/* Nothing waits here: the queue does all in order. */
static cl_int begin(struct machine *machine, uint32_t number, const struct machine_copy *in,
	uint32_t ins, const struct machine_copy *out, uint32_t outs)
{
	cl_int code = CL_SUCCESS;

	machine->events = 0;
	for (uint32_t i = 0; i < ins && code == CL_SUCCESS; i++)
		code = copy_in(machine, &in[i]);
	if (code == CL_SUCCESS)
		code = start_all(machine, &machine->plan[number]);
	for (uint32_t i = 0; i < outs && code == CL_SUCCESS; i++)
		code = copy_out(machine, &out[i]);
	return code;
}

static void CL_CALLBACK ended(cl_event event, cl_int status, void *arg)
{
	sem_post(&((struct machine *)arg)->done);
}

/* Waits for all that was begun: the marker ends after all of it. A queue that does not take it
 * whole says never, or too late, when that is: what it has may still be written. */
static int wait_for_all(struct machine *machine)
{
	const struct opencl_api *api = machine->api;
	const int64_t until = gw_now() + machine->patience_ns;
	const struct timespec deadline = {until / GW_NS_PER_S, until % GW_NS_PER_S};
	cl_event *marker = next_event(machine);

	if (note(machine, api->clEnqueueMarkerWithWaitList(machine->queue, 0, NULL, marker)) !=
			CL_SUCCESS ||
		api->clSetEventCallback(*marker, CL_COMPLETE, ended, machine) != CL_SUCCESS ||
		api->clFlush(machine->queue) != CL_SUCCESS)
		return -ETIMEDOUT;
	while (sem_clockwait(&machine->done, CLOCK_MONOTONIC, &deadline) != 0)
		if (errno != EINTR)
			return -ETIMEDOUT;
	return 0;
}

/* Whether each command did what it should: a marker need not tell of those before it. */
static cl_int first_failure(const struct machine *machine)
{
	for (uint32_t i = 0; i < machine->events; i++) {
		cl_int status = CL_QUEUED;
		const cl_int code = machine->api->clGetEventInfo(machine->event[i],
			CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof(status), &status, NULL);

		if (code != CL_SUCCESS)
			return code;
		if (status != CL_COMPLETE)
			return status < 0 ? status : CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST;
	}
	return CL_SUCCESS;
}

int machine_run(struct machine *machine, uint32_t plan, const struct machine_copy *in, uint32_t ins,
	const struct machine_copy *out, uint32_t outs, struct gw_error *error)
{
	if (machine->given_up)
		return gw_error_set(
			error, -ENODEV, "OpenCL: %s was given up", machine->program.device.name);
	cl_int code = begin(machine, plan, in, ins, out, outs);

	/* What was begun has to end also when the rest was refused. */
	if (wait_for_all(machine) != 0) {
		machine->given_up = true;
		return gw_error_set(error, -ENODEV,
			"OpenCL: %s does not answer: it is given up; start the gateway again when "
			"it works",
			machine->program.device.name);
	}
	if (code == CL_SUCCESS)
		code = first_failure(machine);
	for (uint32_t i = 0; i < machine->events; i++)
		machine->api->clReleaseEvent(machine->event[i]);
	return code == CL_SUCCESS ? 0 : fail(machine, "a batch failed", code, error);
}

bool machine_is_given_up(const struct machine *machine)
{
	return machine->given_up;
}

bool machine_close(struct machine *machine)
{
	if (!machine)
		return true;
	if (machine->given_up)
		return false;
	for (int i = 0; i < OPERATORS_KERNEL_COUNT; i++)
		if (machine->kernel[i])
			machine->api->clReleaseKernel(machine->kernel[i]);
	if (machine->memory)
		machine->api->clReleaseMemObject(machine->memory);
	if (machine->jobs)
		machine->api->clReleaseMemObject(machine->jobs);
	if (machine->queue)
		machine->api->clReleaseCommandQueue(machine->queue);
	opencl_program_close(&machine->program);
	if (machine->done_open)
		sem_destroy(&machine->done);
	free(machine->plan);
	free(machine);
	return true;
}
