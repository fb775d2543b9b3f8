#include "accel/opencl_engine/place.h"

#include <errno.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "accel/input/placement.h"
#include "core/clock.h"
#include "core/free_list.h"
#include "core/thread.h"

/* Work items of a group: always the same, as some drivers compile anew for each other number. */
#define GROUP 64u

#define PATIENCE_NS (5 * GW_NS_PER_S)

/* One picture on its way: the device's memory for what it is told, and the host's, which is read
 * while the picture waits in the queue. */
struct place_slot {
	struct opencl_placer *placer;
	cl_kernel kernel;
	cl_mem taps, job, picture;
	size_t picture_size; /* of the last one, which is of the host's memory; 0: none yet */
	struct place_tap *tap;
	struct place_job told;
	/* Taken out by who gives it back, or leaves it to a device that does not answer. */
	_Atomic(struct gw_surface *) surface;
	cl_event last; /* of the commands that are in the queue; NULL: there are none */
};

struct opencl_placer {
	const struct opencl_program *program;
	cl_command_queue queue;
	const struct model_input *input;
	uint32_t count;
	struct place_slot *slots;
	struct gw_free_list free;
	sem_t there; /* as many slots are free */
	bool there_open;
	_Atomic bool given_up;
	_Atomic uint64_t uploaded;
};

static int fail(
	const struct opencl_placer *placer, const char *what, cl_int code, struct gw_error *error)
{
	char text[OPENCL_ERROR_TEXT];

	return gw_error_set(error, -EIO, "OpenCL: %s: %s: %s", placer->program->device.name, what,
		opencl_error_name(code, text));
}

static int open_slot(struct opencl_placer *placer, struct place_slot *slot, struct gw_error *error)
{
	const struct opencl_program *program = placer->program;
	const struct opencl_api *api = program->api;
	const size_t taps = placement_taps_most(placer->input) * sizeof(slot->tap[0]);
	cl_int code;

	slot->placer = placer;
	slot->tap = malloc(taps);
	if (!slot->tap)
		return gw_error_set(error, -ENOMEM, "OpenCL: out of memory");
	slot->kernel = api->clCreateKernel(program->program, "place", &code);
	if (slot->kernel)
		slot->taps =
			api->clCreateBuffer(program->context, CL_MEM_READ_ONLY, taps, NULL, &code);
	if (slot->taps)
		slot->job = api->clCreateBuffer(
			program->context, CL_MEM_READ_ONLY, sizeof(slot->told), NULL, &code);
	if (!slot->job)
		return fail(placer, "no memory to place pictures", code, error);
	code = api->clSetKernelArg(slot->kernel, 1, sizeof(cl_mem), &slot->taps);
	if (code == CL_SUCCESS)
		code = api->clSetKernelArg(slot->kernel, 2, sizeof(cl_mem), &slot->job);
	return code == CL_SUCCESS ? 0 : fail(placer, "place", code, error);
}

static int open_slots(struct opencl_placer *placer, uint32_t most, struct gw_error *error)
{
	struct gw_inherit before;
	int status = 0;

	placer->slots = calloc(most, sizeof(placer->slots[0]));
	placer->there_open = sem_init(&placer->there, 0, most) == 0;
	if (!placer->slots || !placer->there_open || gw_free_list_open(&placer->free, most) != 0)
		return gw_error_set(error, -ENOMEM, "OpenCL: out of memory");
	gw_inherit_begin(&before, NULL);
	for (; placer->count < most && status == 0; placer->count++)
		status = open_slot(placer, &placer->slots[placer->count], error);
	gw_inherit_end(&before);
	return status;
}

static void free_placer(struct opencl_placer *placer)
{
	const struct opencl_api *api = placer->program->api;

	for (uint32_t i = 0; i < placer->count; i++) {
		struct place_slot *slot = &placer->slots[i];
		const cl_mem memory[] = {slot->taps, slot->job, slot->picture};

		for (size_t k = 0; k < sizeof(memory) / sizeof(memory[0]); k++)
			if (memory[k])
				api->clReleaseMemObject(memory[k]);
		if (slot->kernel)
			api->clReleaseKernel(slot->kernel);
		free(slot->tap);
	}
	free(placer->slots);
	gw_free_list_close(&placer->free);
	if (placer->there_open)
		sem_destroy(&placer->there);
	free(placer);
}

struct opencl_placer *opencl_placer_create(const struct opencl_program *program,
	cl_command_queue queue, const struct model_input *input, uint32_t most,
	struct gw_error *error)
{
	struct opencl_placer *placer =
		aligned_alloc(_Alignof(struct opencl_placer), sizeof(*placer));

	if (!placer) {
		gw_error_set(error, -ENOMEM, "OpenCL: out of memory");
		return NULL;
	}
	memset(placer, 0, sizeof(*placer));
	placer->program = program;
	placer->queue = queue;
	placer->input = input;
	if (open_slots(placer, most, error) == 0)
		return placer;
	free_placer(placer);
	return NULL;
}

/* Waits for so many slots and keeps them from others. */
static bool wait_for_slots(struct opencl_placer *placer, uint32_t count)
{
	const int64_t until = gw_now() + PATIENCE_NS;
	const struct timespec deadline = {until / GW_NS_PER_S, until % GW_NS_PER_S};

	while (count > 0) {
		if (atomic_load_explicit(&placer->given_up, memory_order_relaxed))
			return false;
		if (sem_clockwait(&placer->there, CLOCK_MONOTONIC, &deadline) == 0)
			count--;
		else if (errno != EINTR)
			atomic_store_explicit(&placer->given_up, true, memory_order_relaxed);
	}
	return true;
}

static struct place_slot *take_slot(struct opencl_placer *placer)
{
	uint32_t number = gw_free_list_pop(&placer->free);

	if (number == GW_FREE_LIST_EMPTY)
		number = gw_free_list_pop_fresh(&placer->free);
	return &placer->slots[number];
}

static void give_back(struct place_slot *slot)
{
	struct opencl_placer *placer = slot->placer;

	struct gw_surface *surface =
		atomic_exchange_explicit(&slot->surface, NULL, memory_order_acq_rel);

	if (surface)
		gw_surface_unref(surface);
	gw_free_list_push(&placer->free, (uint32_t)(slot - placer->slots));
	sem_post(&placer->there);
}

/* By a thread of the driver, well or not. */
static void CL_CALLBACK placed(cl_event event, cl_int status, void *slot)
{
	give_back(slot);
}

/* From its first sample to the last one of its last plane. */
static size_t host_size(const struct gw_surface *surface)
{
	const bool planes = surface->format != GW_FORMAT_RGB && surface->format != GW_FORMAT_GRAY;
	const uint32_t last = planes ? GW_PLANES - 1 : 0;
	const bool halved = surface->format == GW_FORMAT_I420;
	const size_t rows = halved ? (surface->height + 1u) / 2 : surface->height;
	const size_t row = surface->format == GW_FORMAT_RGB   ? 3u * surface->width
		: planes && surface->format != GW_FORMAT_I444 ? (surface->width + 1u) / 2
							      : surface->width;

	return (size_t)(surface->plane[last] - surface->plane[0]) +
		(rows - 1) * surface->pitch[last] + row;
}

/* Room for a picture of the host's memory; of another size than the one before only now and then.
 */
static int make_room(struct place_slot *slot, size_t size, struct gw_error *error)
{
	const struct opencl_program *program = slot->placer->program;
	cl_int code;

	if (slot->picture_size >= size)
		return 0;
	if (slot->picture)
		program->api->clReleaseMemObject(slot->picture);
	slot->picture_size = 0;
	slot->picture =
		program->api->clCreateBuffer(program->context, CL_MEM_READ_ONLY, size, NULL, &code);
	if (!slot->picture) {
		fail(slot->placer, "no memory for a picture", code, error);
		return -ENOMEM;
	}
	slot->picture_size = size;
	return 0;
}

/* Commands of a queue end in their order: the last one stands for all. */
static cl_int note(struct place_slot *slot, cl_int code, cl_event event)
{
	if (code != CL_SUCCESS)
		return code;
	if (slot->last)
		slot->placer->program->api->clReleaseEvent(slot->last);
	slot->last = event;
	return code;
}

static cl_int copy(struct place_slot *slot, cl_mem memory, size_t size, const void *from)
{
	cl_event event;
	const cl_int code = slot->placer->program->api->clEnqueueWriteBuffer(
		slot->placer->queue, memory, CL_FALSE, 0, size, from, 0, NULL, &event);

	return note(slot, code, event);
}

/* Where the device reads the picture; one of the host is copied. */
static int find_picture(struct place_slot *slot, cl_mem *memory, struct gw_error *error)
{
	const struct gw_surface *surface = slot->surface;

	*memory = surface->object;
	if (surface->device->memory == GW_MEM_OPENCL)
		return 0;
	const size_t size = host_size(surface);
	const int status = make_room(slot, size, error);

	if (status != 0)
		return status;
	*memory = slot->picture;
	const cl_int code = copy(slot, slot->picture, size, surface->plane[0]);

	if (code != CL_SUCCESS)
		return fail(slot->placer, "a picture cannot be copied", code, error);
	atomic_fetch_add_explicit(&slot->placer->uploaded, size, memory_order_relaxed);
	return 0;
}

static int enqueue(struct place_slot *slot, cl_mem picture, uint32_t taps, cl_mem tensor,
	struct gw_error *error)
{
	const struct opencl_placer *placer = slot->placer;
	const struct opencl_api *api = placer->program->api;
	const size_t global[] = {
		(placer->input->width + GROUP - 1) / GROUP * GROUP, placer->input->height, 1};
	const size_t local[] = {GROUP, 1, 1};
	cl_event event;
	cl_int code = copy(slot, slot->taps, taps * sizeof(slot->tap[0]), slot->tap);

	if (code == CL_SUCCESS)
		code = copy(slot, slot->job, sizeof(slot->told), &slot->told);
	if (code == CL_SUCCESS)
		code = api->clSetKernelArg(slot->kernel, 0, sizeof(cl_mem), &picture);
	if (code == CL_SUCCESS)
		code = api->clSetKernelArg(slot->kernel, 3, sizeof(cl_mem), &tensor);
	if (code == CL_SUCCESS) {
		code = api->clEnqueueNDRangeKernel(
			placer->queue, slot->kernel, 3, NULL, global, local, 0, NULL, &event);
		code = note(slot, code, event);
	}
	return code == CL_SUCCESS ? 0 : fail(placer, "a picture cannot be placed", code, error);
}

/* What is in the queue has to end, also when the rest was refused. */
static int watch(struct place_slot *slot, cl_event *done, int status, struct gw_error *error)
{
	struct opencl_placer *placer = slot->placer;
	const struct opencl_api *api = placer->program->api;
	cl_event last = slot->last;

	slot->last = NULL;
	if (!last) {
		give_back(slot);
		return status;
	}
	const cl_int code = api->clSetEventCallback(last, CL_COMPLETE, placed, slot);

	if (code != CL_SUCCESS) {
		/* Nobody will say when it has ended: the slot is lost, and the device with it. */
		atomic_store_explicit(&placer->given_up, true, memory_order_relaxed);
		status = fail(placer, "a picture cannot be watched", code, error);
	}
	if (api->clFlush(placer->queue) != CL_SUCCESS && status == 0)
		status = gw_error_set(
			error, -EIO, "OpenCL: %s takes no commands", placer->program->device.name);
	if (status == 0 && done)
		*done = last;
	else
		api->clReleaseEvent(last);
	return status;
}

int opencl_place(struct opencl_placer *placer, const struct gw_surface *surface,
	const struct geometry *geometry, cl_mem tensor, uint32_t index, cl_event *done,
	struct gw_error *error)
{
	if (done)
		*done = NULL;
	if (!wait_for_slots(placer, 1))
		return gw_error_set(error, -ETIMEDOUT, "OpenCL: %s does not answer",
			placer->program->device.name);
	struct place_slot *slot = take_slot(placer);
	cl_mem picture;

	/* References count who reads it. */
	gw_surface_ref((struct gw_surface *)surface);
	atomic_store_explicit(&slot->surface, (struct gw_surface *)surface, memory_order_release);
	slot->told = placement_job(geometry, surface, index);
	int status = find_picture(slot, &picture, error);

	if (status == 0)
		status = enqueue(slot, picture, placement_taps(geometry, slot->tap), tensor, error);
	return watch(slot, done, status, error);
}

uint64_t opencl_placer_uploaded(const struct opencl_placer *placer)
{
	return atomic_load_explicit(&placer->uploaded, memory_order_relaxed);
}

void opencl_placer_give_up(struct opencl_placer *placer)
{
	atomic_store_explicit(&placer->given_up, true, memory_order_relaxed);
}

/* Their pool may be gone when the device answers after all. */
static void abandon_surfaces(struct opencl_placer *placer)
{
	for (uint32_t i = 0; i < placer->count; i++)
		atomic_store_explicit(&placer->slots[i].surface, NULL, memory_order_release);
}

bool opencl_placer_destroy(struct opencl_placer *placer)
{
	if (!placer)
		return true;
	if (!wait_for_slots(placer, placer->count)) {
		abandon_surfaces(placer);
		return false;
	}
	free_placer(placer);
	return true;
}
