/* Pictures of an OpenCL device on their way into batches of an engine there: a tensor of the
 * device's memory for each batch, what places pictures into them, and what became of each.
 */
#pragma once

#if HAVE_OPENCL

#include "accel/infer.h"
#include "devices/opencl/devices.h"

struct inputs;

/* For the batches of `spec`, whose pictures `queue`, which is in order, places before what is put
 * there afterwards. Both stay, as `api` does. Places a picture once: drivers compile a last time
 * then; it is done before what comes next in the queue. NULL and a line on failure, with its
 * status. Slow. */
struct inputs *inputs_open(const struct opencl_api *api, const struct opencl_device *device,
	cl_command_queue queue, const struct infer_spec *spec, int *status, struct gw_error *error);

/* Puts into the queue what makes picture `index` of batch number `batch`, of a surface of the
 * device's memory. 0 or as opencl_place(). Any number of threads, each for a picture of its own,
 * before the batch runs. */
int inputs_place(struct inputs *inputs, uint32_t batch, uint32_t index,
	const struct gw_surface *surface, const struct geometry *geometry, struct gw_error *error);

/* The picture of that place lies elsewhere. As above. */
void inputs_leave_out(struct inputs *inputs, uint32_t batch, uint32_t index);

/* The tensor that picture `index` was placed in; NULL: it lies elsewhere. By who runs the batch. */
cl_mem inputs_tensor(const struct inputs *inputs, uint32_t batch, uint32_t index);

/* All that was in the queue has ended: forgets the batch's pictures. 0, or -EIO and a line when one
 * was not placed. By who has run the batch. */
int inputs_end(struct inputs *inputs, uint32_t batch, struct gw_error *error);

/* The device does not answer: from now on nothing is placed, and nobody waits for it. */
void inputs_give_up(struct inputs *inputs);

/* Accepts NULL. A device that does not answer keeps what it has: then false is returned, and the
 * queue must stay. Nobody is in place. */
bool inputs_close(struct inputs *inputs);

#endif
