/* Pictures that an OpenCL device works on together: their coefficients and jobs on the way in,
 * samples and pixels on the way out, and the queue that they take. One thread at a time; each has
 * batches of its own, and their devices' work overlaps.
 */
#pragma once

#if HAVE_OPENCL

#include <stdbool.h>
#include <stdint.h>

#include "devices/kernels/jobs.h"
#include "devices/opencl/program.h"

/* Parts of a batch that stay on the device, at most. */
#define OPENCL_LEFT 8u

/* How much there is room for, or how much of it is used. */
struct opencl_room {
	uint32_t blocks; /* of 64 coefficients */
	uint32_t tables; /* of 64 quantisation factors */
	uint32_t planes; /* idct jobs */
	uint32_t pictures; /* rgb jobs */
	uint32_t samples, pixels; /* bytes */
};

/* A part of what comes of it that goes to a buffer of the device. */
struct opencl_left {
	cl_mem buffer; /* of the program's context */
	bool pixels; /* not samples */
	uint32_t from, size; /* bytes */
};

struct opencl_batch {
	struct opencl_room room;
	struct opencl_room used; /* the caller's; samples and pixels as the jobs name them */

	/* The caller's, to be filled up to `used`. */
	int16_t *block;
	uint16_t *table;
	struct idct_job *plane;
	struct rgb_job *picture;

	/* What stays on the device, the caller's too; where all of it does, the host sees nothing.
	 */
	struct opencl_left left[OPENCL_LEFT];
	uint32_t left_count;
	bool hidden;

	/* What came of it, from opencl_batch_run() to opencl_batch_reset(); NULL: it is hidden. */
	const uint8_t *sample, *pixel;

	int64_t patience_ns; /* how long the device may take; then it is given up */
	struct opencl_queue *queue; /* the batch's own */
};

/* Reserves all memory. NULL and an error line on failure. The program must stay. */
struct opencl_batch *opencl_batch_create(const struct opencl_program *program,
	const struct opencl_room *room, struct gw_error *error);

/* Forgets what is in it. */
void opencl_batch_reset(struct opencl_batch *batch);

/* Does all jobs and waits for them: planes first, then pictures of planes, then what stays on the
 * device. 0; -EIO when the device
 * refused or failed, after which it may be tried again; -ETIMEDOUT when it was given up: from then
 * on always. An error line says why. */
int opencl_batch_run(struct opencl_batch *batch, struct gw_error *error);

/* Accepts NULL. A device that was given up may still write to the batch's memory: it is left to it,
 * and false returned; then the program must stay open too. */
bool opencl_batch_destroy(struct opencl_batch *batch);

#endif
