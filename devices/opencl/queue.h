/* What a batch has on the device: memory, kernels that know it, and the queue of its commands. For
 * batch.c.
 */
#pragma once

#if HAVE_OPENCL

#include <semaphore.h>

#include "devices/opencl/batch.h"

/* Commands of one run: four copies to the device, two kernels, what stays there, two results. */
#define OPENCL_COMMANDS (8u + OPENCL_LEFT)

enum {
	OPENCL_BLOCKS,
	OPENCL_TABLES,
	OPENCL_PLANES,
	OPENCL_PICTURES,
	OPENCL_SAMPLES,
	OPENCL_PIXELS,
	OPENCL_BUFFERS
};

struct opencl_queue {
	const struct opencl_program *program;
	const struct opencl_api *api;
	cl_command_queue queue;
	cl_kernel idct, rgb;
	cl_mem buffers[OPENCL_BUFFERS];
	cl_event events[OPENCL_COMMANDS];
	uint32_t event_count;
	sem_t done; /* posted by the driver's thread when the last command has ended */
	bool done_open;
	bool given_up;
};

/* Fills in a queue that has its program and nothing else. 0, or -EIO with an error line;
 * opencl_queue_close() follows a failure too. */
int opencl_queue_open(
	struct opencl_queue *queue, const struct opencl_room *room, struct gw_error *error);

/* Frees it. Accepts NULL. */
void opencl_queue_close(struct opencl_queue *queue);

/* Bytes of that much room in one of the buffers. */
size_t opencl_queue_bytes(const struct opencl_room *room, int buffer);

/* An error line with the device's name and that of the code; returns -EIO. */
int opencl_queue_fail(
	const struct opencl_queue *queue, const char *what, cl_int code, struct gw_error *error);

#endif
