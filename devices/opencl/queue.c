#include "devices/opencl/queue.h"

#include <errno.h>
#include <stdlib.h>

int opencl_queue_fail(
	const struct opencl_queue *queue, const char *what, cl_int code, struct gw_error *error)
{
	char text[OPENCL_ERROR_TEXT];

	return gw_error_set(error, -EIO, "OpenCL: %s: %s: %s", queue->program->device.name, what,
		opencl_error_name(code, text));
}

size_t opencl_queue_bytes(const struct opencl_room *room, int buffer)
{
	const size_t bytes[OPENCL_BUFFERS] = {
		[OPENCL_BLOCKS] = (size_t)room->blocks * 64 * sizeof(int16_t),
		[OPENCL_TABLES] = (size_t)room->tables * 64 * sizeof(uint16_t),
		[OPENCL_PLANES] = (size_t)room->planes * sizeof(struct idct_job),
		[OPENCL_PICTURES] = (size_t)room->pictures * sizeof(struct rgb_job),
		[OPENCL_SAMPLES] = room->samples,
		[OPENCL_PIXELS] = room->pixels,
	};

	return bytes[buffer];
}

static int open_kernel(struct opencl_queue *queue, cl_kernel *kernel, const char *name,
	const int *buffers, cl_uint count, struct gw_error *error)
{
	cl_int code;

	*kernel = queue->api->clCreateKernel(queue->program->program, name, &code);
	if (!*kernel)
		return opencl_queue_fail(queue, name, code, error);
	for (cl_uint i = 0; i < count; i++) {
		code = queue->api->clSetKernelArg(
			*kernel, i, sizeof(cl_mem), &queue->buffers[buffers[i]]);
		if (code != CL_SUCCESS)
			return opencl_queue_fail(queue, name, code, error);
	}
	return 0;
}

int opencl_queue_open(
	struct opencl_queue *queue, const struct opencl_room *room, struct gw_error *error)
{
	static const int idct_takes[] = {
		OPENCL_BLOCKS, OPENCL_TABLES, OPENCL_PLANES, OPENCL_SAMPLES};
	static const int rgb_takes[] = {OPENCL_SAMPLES, OPENCL_PICTURES, OPENCL_PIXELS};
	const struct opencl_program *program = queue->program;
	cl_int code;

	queue->done_open = sem_init(&queue->done, 0, 0) == 0;
	queue->queue =
		queue->api->clCreateCommandQueue(program->context, program->device.id, 0, &code);
	if (!queue->queue)
		return opencl_queue_fail(queue, "no queue", code, error);
	for (int i = 0; i < OPENCL_BUFFERS; i++) {
		const cl_mem_flags flags = i >= OPENCL_SAMPLES
			? CL_MEM_READ_WRITE | CL_MEM_ALLOC_HOST_PTR
			: CL_MEM_READ_ONLY;

		queue->buffers[i] = queue->api->clCreateBuffer(
			program->context, flags, opencl_queue_bytes(room, i), NULL, &code);
		if (!queue->buffers[i])
			return opencl_queue_fail(queue, "no memory for pictures", code, error);
	}
	const int status = open_kernel(queue, &queue->idct, "idct", idct_takes, 4, error);

	return status == 0 ? open_kernel(queue, &queue->rgb, "rgb", rgb_takes, 3, error) : status;
}

void opencl_queue_close(struct opencl_queue *queue)
{
	if (!queue)
		return;
	if (queue->idct)
		queue->api->clReleaseKernel(queue->idct);
	if (queue->rgb)
		queue->api->clReleaseKernel(queue->rgb);
	for (int i = 0; i < OPENCL_BUFFERS; i++)
		if (queue->buffers[i])
			queue->api->clReleaseMemObject(queue->buffers[i]);
	if (queue->queue)
		queue->api->clReleaseCommandQueue(queue->queue);
	if (queue->done_open)
		sem_destroy(&queue->done);
	free(queue);
}
