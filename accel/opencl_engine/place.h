/* Pictures to their places in a batch tensor in the memory of an OpenCL device: what an engine
 * there calls for `place` of struct infer_ops.
 *
 * A picture that lies in the device's memory is read where it is. One that lies in the host's is
 * copied to the device first, and counted. Nothing waits for the device: what is put into the
 * engine's queue is done before what the engine puts there afterwards.
 */
#pragma once

#if HAVE_OPENCL

#include "accel/input/geometry.h"
#include "core/counter.h"
#include "core/surface.h"
#include "devices/opencl/program.h"

struct opencl_placer;

/* For one input, which outlives it, on the program's device; `queue` is the engine's, in order, and
 * stays its own. Up to `most` pictures may be on their way at a time: a batch for each that the
 * engine has, so that nobody waits. Allocates all that pictures of the device need. NULL and an
 * error line on failure. */
struct opencl_placer *opencl_placer_create(const struct opencl_program *program,
	cl_command_queue queue, const struct model_input *input, uint32_t most,
	struct gw_error *error);

/* Puts into the queue what makes picture `index` of `tensor`, a buffer of the program's context, of
 * the picture that `geometry` was last updated for. The surface is the placer's, by a reference of
 * its own, until that is done; the geometry is read when this returns.
 *
 * `done`, unless it is NULL, becomes the event of the last command, which is the caller's to
 * release and whose status tells whether it went well: a picture that failed leaves its place as it
 * was; NULL on failure. Any number of threads. Waits only when `most` are on their way.
 *
 * 0; -EIO when the device refused, -ENOMEM when it has no memory for a picture of the host,
 * -ETIMEDOUT when the device does not answer: the placer then refuses all that comes. An error line
 * says why. */
int opencl_place(struct opencl_placer *placer, const struct gw_surface *surface,
	const struct geometry *geometry, cl_mem tensor, uint32_t index, cl_event *done,
	struct gw_error *error);

/* Bytes of pictures that were copied from the host to the device. Any thread. */
uint64_t opencl_placer_uploaded(const struct opencl_placer *placer);

/* The device does not answer, as the caller knows: the placer refuses all that comes, and
 * opencl_placer_destroy() does not wait. Any thread. */
void opencl_placer_give_up(struct opencl_placer *placer);

/* Waits for what is on its way, and frees all. Accepts NULL. A device that does not answer keeps
 * the memory: then false is returned, and queue and program must stay; surfaces that it may still
 * read are abandoned. */
bool opencl_placer_destroy(struct opencl_placer *placer);

#endif
