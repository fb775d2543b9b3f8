#include "devices/opencl/batch.h"

#include <errno.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/clock.h"
#include "core/thread.h"
#include "devices/opencl/queue.h"

/* Work items are given to the device by so many; always the same, as some drivers compile anew for
 * each other number. */
#define GROUP 64u

#define PATIENCE_NS (5 * GW_NS_PER_S)
#define ALIGNMENT 64u

static void *reserve(size_t size)
{
	return aligned_alloc(ALIGNMENT, (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
}

static void free_batch(struct opencl_batch *batch)
{
	opencl_queue_close(batch->queue);
	free(batch->block);
	free(batch->table);
	free(batch->plane);
	free(batch->picture);
	free(batch);
}

struct opencl_batch *opencl_batch_create(const struct opencl_program *program,
	const struct opencl_room *room, struct gw_error *error)
{
	struct opencl_batch *batch = calloc(1, sizeof(*batch));
	struct gw_inherit before;

	if (!batch) {
		gw_error_set(error, -ENOMEM, "OpenCL: out of memory");
		return NULL;
	}
	batch->room = *room;
	batch->patience_ns = PATIENCE_NS;
	batch->block = reserve(opencl_queue_bytes(room, OPENCL_BLOCKS));
	batch->table = reserve(opencl_queue_bytes(room, OPENCL_TABLES));
	batch->plane = reserve(opencl_queue_bytes(room, OPENCL_PLANES));
	batch->picture = reserve(opencl_queue_bytes(room, OPENCL_PICTURES));
	batch->queue = calloc(1, sizeof(*batch->queue));
	int status = -ENOMEM;

	if (batch->block && batch->table && batch->plane && batch->picture && batch->queue) {
		batch->queue->program = program;
		batch->queue->api = program->api;
		gw_inherit_begin(&before, NULL);
		status = opencl_queue_open(batch->queue, room, error);
		gw_inherit_end(&before);
	} else {
		gw_error_set(error, -ENOMEM, "OpenCL: out of memory");
	}
	if (status == 0)
		return batch;
	free_batch(batch);
	return NULL;
}

static void unmap(struct opencl_queue *queue, int buffer, const uint8_t *memory)
{
	if (memory && !queue->given_up)
		queue->api->clEnqueueUnmapMemObject(
			queue->queue, queue->buffers[buffer], (void *)memory, 0, NULL, NULL);
}

void opencl_batch_reset(struct opencl_batch *batch)
{
	unmap(batch->queue, OPENCL_SAMPLES, batch->sample);
	unmap(batch->queue, OPENCL_PIXELS, batch->pixel);
	batch->sample = batch->pixel = NULL;
	batch->used = (struct opencl_room){0};
	batch->left_count = 0;
	batch->hidden = false;
}

/* The event of the command that comes next. */
static cl_event *next_event(struct opencl_queue *queue)
{
	return &queue->events[queue->event_count];
}

static cl_int copy(struct opencl_batch *batch, int buffer, const void *from)
{
	struct opencl_queue *queue = batch->queue;
	const size_t size = opencl_queue_bytes(&batch->used, buffer);

	if (size == 0)
		return CL_SUCCESS;
	const cl_int code = queue->api->clEnqueueWriteBuffer(queue->queue, queue->buffers[buffer],
		CL_FALSE, 0, size, from, 0, NULL, next_event(queue));

	queue->event_count += code == CL_SUCCESS;
	return code;
}

static cl_int start(struct opencl_queue *queue, cl_kernel kernel, const size_t *items)
{
	const size_t global[] = {(items[0] + GROUP - 1) / GROUP * GROUP, items[1], items[2]};
	const size_t local[] = {GROUP, 1, 1};
	const cl_int code = queue->api->clEnqueueNDRangeKernel(
		queue->queue, kernel, 3, NULL, global, local, 0, NULL, next_event(queue));

	queue->event_count += code == CL_SUCCESS;
	return code;
}

static cl_int map(struct opencl_batch *batch, int buffer, const uint8_t **memory)
{
	struct opencl_queue *queue = batch->queue;
	const size_t size = opencl_queue_bytes(&batch->used, buffer);
	cl_int code = CL_SUCCESS;

	if (size == 0)
		return CL_SUCCESS;
	*memory = queue->api->clEnqueueMapBuffer(queue->queue, queue->buffers[buffer], CL_FALSE,
		CL_MAP_READ, 0, size, 0, NULL, next_event(queue), &code);
	queue->event_count += code == CL_SUCCESS;
	return code;
}

/* To where pictures stay. */
static cl_int leave(struct opencl_batch *batch)
{
	struct opencl_queue *queue = batch->queue;
	cl_int code = CL_SUCCESS;

	for (uint32_t i = 0; i < batch->left_count && code == CL_SUCCESS; i++) {
		const struct opencl_left *left = &batch->left[i];
		const int buffer = left->pixels ? OPENCL_PIXELS : OPENCL_SAMPLES;

		code = queue->api->clEnqueueCopyBuffer(queue->queue, queue->buffers[buffer],
			left->buffer, left->from, 0, left->size, 0, NULL, next_event(queue));
		queue->event_count += code == CL_SUCCESS;
	}
	return code;
}

static cl_int transform(struct opencl_batch *batch)
{
	size_t items[] = {0, batch->used.planes, 1};

	for (uint32_t i = 0; i < batch->used.planes; i++) {
		const size_t blocks = (size_t)batch->plane[i].across * batch->plane[i].down;

		if (blocks > items[0])
			items[0] = blocks;
	}
	return start(batch->queue, batch->queue->idct, items);
}

static cl_int convert(struct opencl_batch *batch)
{
	size_t items[] = {0, 0, batch->used.pictures};

	if (batch->used.pictures == 0)
		return CL_SUCCESS;
	for (uint32_t i = 0; i < batch->used.pictures; i++) {
		if (batch->picture[i].width > items[0])
			items[0] = batch->picture[i].width;
		if (batch->picture[i].height > items[1])
			items[1] = batch->picture[i].height;
	}
	return start(batch->queue, batch->queue->rgb, items);
}

static cl_int begin(struct opencl_batch *batch)
{
	cl_int code = copy(batch, OPENCL_BLOCKS, batch->block);

	if (code == CL_SUCCESS)
		code = copy(batch, OPENCL_TABLES, batch->table);
	if (code == CL_SUCCESS)
		code = copy(batch, OPENCL_PLANES, batch->plane);
	if (code == CL_SUCCESS)
		code = copy(batch, OPENCL_PICTURES, batch->picture);
	if (code == CL_SUCCESS)
		code = transform(batch);
	if (code == CL_SUCCESS)
		code = convert(batch);
	if (code == CL_SUCCESS)
		code = leave(batch);
	if (code == CL_SUCCESS && !batch->hidden)
		code = map(batch, OPENCL_SAMPLES, &batch->sample);
	if (code == CL_SUCCESS && !batch->hidden)
		code = map(batch, OPENCL_PIXELS, &batch->pixel);
	return code;
}

static void CL_CALLBACK ended(cl_event event, cl_int status, void *arg)
{
	sem_post(&((struct opencl_queue *)arg)->done);
}

/* The commands of a queue end in their order: the last one stands for all. */
static int wait_for_last(struct opencl_batch *batch)
{
	struct opencl_queue *queue = batch->queue;
	const int64_t until = gw_now() + batch->patience_ns;
	const struct timespec deadline = {until / GW_NS_PER_S, until % GW_NS_PER_S};

	if (queue->event_count == 0)
		return 0;
	if (queue->api->clSetEventCallback(queue->events[queue->event_count - 1], CL_COMPLETE,
		    ended, queue) != CL_SUCCESS ||
		queue->api->clFlush(queue->queue) != CL_SUCCESS)
		return -ETIMEDOUT;
	while (sem_clockwait(&queue->done, CLOCK_MONOTONIC, &deadline) != 0)
		if (errno != EINTR)
			return -ETIMEDOUT;
	return 0;
}

/* Whether each command did what it should. */
static cl_int first_failure(struct opencl_queue *queue)
{
	for (uint32_t i = 0; i < queue->event_count; i++) {
		cl_int status = CL_COMPLETE;
		const cl_int code = queue->api->clGetEventInfo(queue->events[i],
			CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof(status), &status, NULL);

		if (code != CL_SUCCESS || status < 0)
			return code != CL_SUCCESS ? code : status;
	}
	return CL_SUCCESS;
}

int opencl_batch_run(struct opencl_batch *batch, struct gw_error *error)
{
	struct opencl_queue *queue = batch->queue;

	if (queue->given_up)
		return gw_error_set(
			error, -ETIMEDOUT, "OpenCL: %s was given up", queue->program->device.name);
	queue->event_count = 0;
	cl_int code = begin(batch);

	/* What was begun has to end also when the rest was refused. */
	if (wait_for_last(batch) != 0) {
		queue->given_up = true;
		return gw_error_set(error, -ETIMEDOUT,
			"OpenCL: %s does not answer: it is given up; start the gateway again when "
			"it works",
			queue->program->device.name);
	}
	if (code == CL_SUCCESS)
		code = first_failure(queue);
	for (uint32_t i = 0; i < queue->event_count; i++)
		queue->api->clReleaseEvent(queue->events[i]);
	return code == CL_SUCCESS ? 0 : opencl_queue_fail(queue, "a batch failed", code, error);
}

bool opencl_batch_destroy(struct opencl_batch *batch)
{
	if (!batch)
		return true;
	if (batch->queue->given_up)
		return false;
	opencl_batch_reset(batch);
	free_batch(batch);
	return true;
}
