/* The OpenCL back-end from inside, for its own files and its tests. */
#pragma once

#if HAVE_OPENCL

#include <pthread.h>
#include <semaphore.h>

#include "core/counter.h"
#include "decode/coefficients.h"
#include "decode/decoder.h"
#include "decode/queue.h"
#include "decode/rescue.h"
#include "decode/turbo_picture.h"
#include "devices/opencl/batch.h"

/* Pictures that a worker gives to the device together. */
#define OPENCL_BATCH 4u

/* One of them on its way. */
struct opencl_picture {
	struct gw_frame *frame;
	struct gw_surface *there; /* where it stays on the device; NULL: it goes to the host */
	struct coefficients coefficients;
	uint32_t sample, pixel; /* where in the batch's it begins */
};

/* A thread that reads pictures' coefficients, and what it gives to the device. */
struct opencl_worker {
	struct opencl_decoder *decoder;
	pthread_t thread;
	bool running;
	struct turbo_picture picture;
	struct opencl_batch *batch;
	struct opencl_picture pictures[OPENCL_BATCH];
	uint32_t count; /* of them */

	struct rescue rescue;

	/* Written by the worker, read by any. */
	struct gw_counter batches;
	struct gw_counter decoded; /* pictures that the device made */
	struct gw_counter copied; /* bytes of pictures that were copied from the device */
	struct gw_counter stayed; /* pictures that were left on the device */
	struct gw_counter crowded; /* ... and that were not, as it had no memory for them */
	struct gw_counter unfit; /* pictures that the processor made: too large, or other colours */
};

/* Pictures that stay in the device's memory, and how they come from there after all. */
struct opencl_surfaces {
	const struct opencl_program *program;
	struct gw_device device;
	struct gw_surface_pool *there; /* NULL: all pictures go to the host */
	struct gw_surface_pool *here; /* where they come to */

	pthread_mutex_t lock; /* of all below: one picture comes at a time */
	bool lock_open;
	cl_command_queue queue;
	sem_t done;
	bool given_up; /* the device does not answer */
	struct turbo_picture picture; /* decodes those again that the device has lost */
	struct gw_frame *again; /* stands for theirs */
	int64_t patience_ns;
	struct gw_counter copied; /* bytes that came */
	struct gw_counter rescued; /* pictures that were decoded again */
};

struct opencl_decoder {
	struct decode_queue queue;
	const struct gw *gw;
	struct opencl_api api;
	struct opencl_program program;
	_Atomic bool stop; /* main writes, workers read */
	struct opencl_surfaces surfaces;
	struct opencl_worker *workers;
	uint32_t worker_count;
	struct opencl_decoder *next_left; /* of those whose device was given up */
};

/* Lets pictures stay on the program's device where the gateway's engines read them. 0, or a
 * negative errno with an error line; opencl_surfaces_close() follows a failure too. Main thread. */
int opencl_surfaces_open(struct opencl_surfaces *surfaces, const struct opencl_program *program,
	const struct gw *gw, struct gw_error *error);

/* No picture is left, and the device was not given up. Accepts what was never opened (all zero). */
void opencl_surfaces_close(struct opencl_surfaces *surfaces);

/* Opens the worker's batch on the device, tries it, and starts the thread. 0, or a negative errno
 * with an error line; opencl_close() takes care of what is there. Main thread. */
int opencl_worker_start(struct opencl_decoder *opencl, uint32_t index, struct gw_error *error);

/* Tries the frame's picture for the batch: 0 when it is in; -ENOBUFS when a batch that has others
 * in it has no room left; another error when the device cannot make it, as coefficients_read()
 * and, when its surface is too small, -EMSGSIZE. */
int opencl_pictures_add(struct opencl_worker *worker, struct gw_frame *frame);

/* Lets the device make all that is in the batch, and copies it to the surfaces. 0, or as
 * opencl_batch_run(). */
int opencl_pictures_run(struct opencl_worker *worker, struct gw_error *error);

#endif
