/* What an inference engine is, for those who write one.
 *
 * An engine is asynchronous: a batch is submitted, and some polls later it comes back. No function
 * but open, close and place may block. One thread calls submit and poll; several may be in place at
 * a time, each for a picture of its own. Open and close are called while no batch is out, and
 * nobody is in place.
 */
#pragma once

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "accel/input/geometry.h"
#include "core/device.h"
#include "core/error.h"
#include "core/surface.h"

#define INFER_OUTPUTS 8
#define INFER_RANK 5
#define INFER_VERSION 32

struct gw_accel_config;

/* One tensor of float32, without its first dimension, which is that of the batch. */
struct infer_tensor {
	const char *name;
	uint32_t rank;
	uint32_t dims[INFER_RANK];

	/* Of an output: the shape is a guess, and open puts in the model's own, of that rank (0: of
	 * any). */
	bool free;
	/* ... whose first dimension may be another in every run, up to what is said here, in
	 * batches of one picture. Open clears it when the model states its shape. */
	bool varies;
};

/* Pictures that run together. The engine owns the memory; `place` fills `input` before the batch
 * runs, and `finish` of the spec, or whoever polled it, reads `output` until it is submitted
 * again. */
struct infer_batch {
	/* Set by open; all in the host's memory, where an engine of a device's has in `input` the
	 * pictures that it copies there, and keeps the others' place to itself. Picture i begins i
	 * times the tensor's size from the start; the elements of the input are of
	 * spec->picture->type, the others float32. */
	void *input;
	float *size; /* two values for each picture; NULL: the model does not ask for sizes */
	float *output[INFER_OUTPUTS];

	uint32_t count; /* pictures, 1 .. max_batch; set before submit */

	/* Of outputs that vary: how many entries the first dimension had in this run. */
	uint32_t rows[INFER_OUTPUTS];

	/* Pictures that `place` could not write: then the batch must fail with -EIO. */
	_Atomic uint32_t unplaced;

	/* Set by the engine before poll returns the batch. */
	int status; /* 0 or a negative errno: then `output` means nothing; infer_device_failed() */
	char error[320]; /* ... and this says why, in one line */
	/* gw_now() when the engine took it up (before `prepare`), and when it was done */
	int64_t started, ended;
};

/* What an engine is asked to run. Strings and tensors stay the caller's and outlive the engine. */
struct infer_spec {
	const char *name; /* of the model, for messages */
	const char *path; /* of model.onnx */
	const struct gw_accel_config *config;
	const struct model_input *picture; /* how a picture becomes a tensor */
	struct infer_tensor input; /* its dimensions in the order of picture->layout */
	struct infer_tensor output[INFER_OUTPUTS];
	uint32_t output_count;
	uint32_t max_batch; /* pictures in one batch */
	struct infer_batch *batches; /* the ring: open gives each its memory */
	uint32_t batch_count;

	uint32_t hands; /* threads that may be in place at a time; 0 stands for one */

	int64_t warm_ns; /* set by open: what a full batch took; 0: it was not tried */

	/* Optional: sees to it that all pictures lie in the input. Called once for each batch
	 * before it runs, on the thread that is about to run it: it may take as long as the
	 * pictures do. */
	void (*prepare)(void *owner, struct infer_batch *batch);

	/* Optional: reads the outputs. Called once for each batch when it has ended, well or not,
	 * on the thread where that is known, before poll returns it. */
	void (*finish)(void *owner, struct infer_batch *batch);
	void *owner;

	/* Rung for every batch that has ended on a thread of its own (accel/runner.h); NULL: nobody
	 * waits for that. */
	struct gw_bell *bell;
};

struct infer_ops {
	const char *name;
	/* What the surfaces lie in that it reads as they are. Each brings others to itself: one of
	 * the host's memory has a picture fetched (gw_surface_fetch()), one of a device copies
	 * those of the host. */
	enum gw_memory memory;
	uint32_t max_batch;

	/* Loads the model, puts the shapes of outputs that are free into the spec, and makes it
	 * ready to run on the device, so that the first frame waits no
	 * longer than the others: slow. Fails with one line that says what to do, and leaves
	 * nothing behind. */
	int (*open)(struct infer_spec *spec, struct gw_device *device, void **engine,
		struct gw_error *error);

	/* Writes a picture to place `index` of a batch that does not run yet: crop, resize, mean
	 * and scale (accel/input/preprocess.h), and its size where the model asks for it. An engine
	 * that reads the surface after it has returned takes a reference of its own. */
	void (*place)(void *engine, struct infer_batch *batch, uint32_t index,
		const struct gw_surface *surface, const struct geometry *geometry);

	/* Takes the batch until poll returns it. Cannot fail while fewer than batch_count are out:
	 * an engine that cannot run it says so in batch->status. */
	void (*submit)(void *engine, struct infer_batch *batch);

	/* Gives back up to `count` batches, in the order of their submission. */
	uint32_t (*poll)(void *engine, struct infer_batch **batches, uint32_t count);

	/* Batches that are out are abandoned. Accepts NULL. */
	void (*close)(void *engine);

	/* Optional: looks whether what it needs of this machine is there, and says which version;
	 * opens nothing. Slow; any thread. 0 or a negative errno with a line that says what to do.
	 */
	int (*probe)(const struct gw_accel_config *config, char version[INFER_VERSION],
		struct gw_error *error);
};

/* Whether the engine can read the picture, by a copy where that must be. */
static inline bool infer_reads(const struct infer_ops *ops, const struct gw_surface *surface)
{
	const enum gw_memory memory = surface->device->memory;

	return memory == ops->memory || memory == GW_MEM_HOST ||
		(ops->memory == GW_MEM_HOST && gw_surface_reaches_host(surface));
}

/* Whether a batch's status tells of the device (no memory, no launch, lost) and not of what it was
 * to run: another device may well do it. */
static inline bool infer_device_failed(int status)
{
	return status == -ENOMEM || status == -EIO || status == -ENODEV;
}

static inline uint32_t infer_tensor_elements(const struct infer_tensor *tensor)
{
	uint64_t elements = 1;

	for (uint32_t i = 0; i < tensor->rank; i++)
		elements *= tensor->dims[i];
	/* model.yaml was refused otherwise. */
	assert(elements <= UINT32_MAX);
	return (uint32_t)elements;
}

extern const struct infer_ops infer_ort;
extern const struct infer_ops infer_null;
extern const struct infer_ops infer_opencl;
extern const struct infer_ops infer_cuda;
