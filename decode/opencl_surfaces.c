/* Pictures in the device's memory: where they come from, and how they come to the host after all,
 * for an engine there, or because the device was lost. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/thread.h"
#include "decode/opencl.h"
#include "decode/picture.h"

#define PATIENCE_NS (5 * GW_NS_PER_S)

static int reserve(void *owner, size_t bytes, void **object)
{
	const struct opencl_program *program = ((struct opencl_surfaces *)owner)->program;
	cl_int code;

	*object = program->api->clCreateBuffer(
		program->context, CL_MEM_READ_WRITE, bytes, NULL, &code);
	return *object ? 0 : -ENOMEM;
}

static void release(void *owner, void *object)
{
	((struct opencl_surfaces *)owner)->program->api->clReleaseMemObject(object);
}

static void CL_CALLBACK ended(cl_event event, cl_int status, void *arg)
{
	sem_post(&((struct opencl_surfaces *)arg)->done);
}

/* Waits for a command and asks how it went. */
static bool wait_for(struct opencl_surfaces *surfaces, cl_event event)
{
	const struct opencl_api *api = surfaces->program->api;
	const int64_t until = gw_now() + surfaces->patience_ns;
	const struct timespec deadline = {until / GW_NS_PER_S, until % GW_NS_PER_S};
	cl_int status = CL_COMPLETE;
	bool well = api->clSetEventCallback(event, CL_COMPLETE, ended, surfaces) == CL_SUCCESS &&
		api->clFlush(surfaces->queue) == CL_SUCCESS;

	while (well && sem_clockwait(&surfaces->done, CLOCK_MONOTONIC, &deadline) != 0)
		well = errno == EINTR;
	/* It may still write: whoever does not answer is not asked again. */
	surfaces->given_up = !well;
	return well &&
		api->clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof(status),
			&status, NULL) == CL_SUCCESS &&
		status == CL_COMPLETE;
}

static size_t bytes_of(const struct gw_surface *surface)
{
	const bool packed = surface->format == GW_FORMAT_RGB || surface->format == GW_FORMAT_GRAY;
	const uint32_t last = packed ? 0 : GW_PLANES - 1;
	const size_t rows =
		surface->format == GW_FORMAT_I420 ? (surface->height + 1u) / 2 : surface->height;

	return surface->offset[last] + rows * surface->pitch[last];
}

static bool copy(
	struct opencl_surfaces *surfaces, const struct gw_surface *from, struct gw_surface *to)
{
	const struct opencl_api *api = surfaces->program->api;
	const size_t size = bytes_of(from);
	cl_event event;

	if (surfaces->given_up ||
		api->clEnqueueReadBuffer(surfaces->queue, from->object, CL_FALSE, 0, size, to->room,
			0, NULL, &event) != CL_SUCCESS)
		return false;
	const bool well = wait_for(surfaces, event);

	api->clReleaseEvent(event);
	if (!well)
		return false;
	to->format = from->format;
	to->width = from->width;
	to->height = from->height;
	memcpy(to->pitch, from->pitch, sizeof(to->pitch));
	memcpy(to->offset, from->offset, sizeof(to->offset));
	for (int i = 0; i < GW_PLANES; i++)
		to->plane[i] = to->room + to->offset[i];
	gw_counter_add(&surfaces->copied, size);
	return true;
}

/* The frame's JPEG is read, and nothing of the frame is written: others are at work on it. */
static bool decode_again(
	struct opencl_surfaces *surfaces, const struct gw_surface *lost, struct gw_surface *to)
{
	const struct gw_want want = gw_frame_want(lost->frame);

	surfaces->again->jpeg = lost->frame->jpeg;
	surfaces->again->surface = to;
	if (turbo_picture_decode(&surfaces->picture, &want, surfaces->again) != 0)
		return false;
	if (gw_counter_get(&surfaces->rescued) == 0)
		gw_warn("decode", "OpenCL: %s lost pictures: the processor decodes them again",
			surfaces->program->device.name);
	gw_counter_add(&surfaces->rescued, 1);
	return to->format == lost->format && to->width == lost->width && to->height == lost->height;
}

static struct gw_surface *fetch(void *owner, const struct gw_surface *surface)
{
	struct opencl_surfaces *surfaces = owner;
	struct gw_surface *here = gw_surface_get(surfaces->here, surface->capacity);

	if (!here)
		return NULL;
	here->orientation = surface->orientation;
	here->limited = surface->limited;
	pthread_mutex_lock(&surfaces->lock);
	const bool before = surfaces->given_up;
	bool well = copy(surfaces, surface, here);

	/* What a device that was given up just now still writes is nobody's. */
	if (!well && surfaces->given_up && !before)
		here = gw_surface_get(surfaces->here, surface->capacity);
	if (!well && here) {
		here->orientation = surface->orientation;
		here->limited = surface->limited;
		well = decode_again(surfaces, surface, here);
	}
	pthread_mutex_unlock(&surfaces->lock);
	if (well || !here)
		return here;
	gw_surface_unref(here);
	return NULL;
}

static int open_pools(struct opencl_surfaces *surfaces, const struct gw *gw, struct gw_error *error)
{
	static const struct gw_want all = {.width = UINT16_MAX, .height = UINT16_MAX};
	const struct gw_decode_config *config = gw->config->decode;
	const struct opencl_device *device = &surfaces->program->device;
	const uint64_t one = device->largest < UINT32_MAX ? device->largest : UINT32_MAX;
	const struct gw_surface_memory memory = {
		.reserve = reserve,
		.release = release,
		.fetch = fetch,
		.owner = surfaces,
		.budget = (size_t)config->device_memory << 20,
		.largest = (size_t)one,
	};

	surfaces->device = (struct gw_device){.memory = GW_MEM_OPENCL};
	snprintf(surfaces->device.name, sizeof(surfaces->device.name), "%.*s",
		(int)sizeof(surfaces->device.name) - 1, device->name);
	surfaces->here = gw_surface_pool_create((struct gw_device *)&gw->host,
		picture_bytes(&all, config->max_width, config->max_height), 1, error);
	if (!surfaces->here)
		return -ENOMEM;
	surfaces->there = gw_surface_pool_create_in(&surfaces->device, &memory, error);
	return surfaces->there ? 0 : -ENOMEM;
}

int opencl_surfaces_open(struct opencl_surfaces *surfaces, const struct opencl_program *program,
	const struct gw *gw, struct gw_error *error)
{
	struct gw_inherit before;
	cl_int code;

	surfaces->program = program;
	surfaces->patience_ns = PATIENCE_NS;
	surfaces->lock_open = pthread_mutex_init(&surfaces->lock, NULL) == 0 &&
		sem_init(&surfaces->done, 0, 0) == 0;
	surfaces->again = aligned_alloc(_Alignof(struct gw_frame), sizeof(*surfaces->again));
	if (!surfaces->again ||
		turbo_picture_open(&surfaces->picture, gw->config->decode->max_width) != 0)
		return gw_error_set(error, -ENOMEM, "decode: out of memory");
	memset(surfaces->again, 0, sizeof(*surfaces->again));
	gw_inherit_begin(&before, NULL);
	surfaces->queue =
		program->api->clCreateCommandQueue(program->context, program->device.id, 0, &code);
	gw_inherit_end(&before);
	if (!surfaces->queue)
		return gw_error_set(error, -EIO, "OpenCL: %s: no queue", program->device.name);
	return open_pools(surfaces, gw, error);
}

void opencl_surfaces_close(struct opencl_surfaces *surfaces)
{
	if (!surfaces->lock_open)
		return;
	gw_surface_pool_destroy(surfaces->there);
	gw_surface_pool_destroy(surfaces->here);
	if (surfaces->queue)
		surfaces->program->api->clReleaseCommandQueue(surfaces->queue);
	turbo_picture_close(&surfaces->picture);
	free(surfaces->again);
	sem_destroy(&surfaces->done);
	pthread_mutex_destroy(&surfaces->lock);
}
