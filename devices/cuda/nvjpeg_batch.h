/* Pictures that nvJPEG decodes together, on a GPU's JPEG engines or its SMs, to planes in the GPU's
 * memory, scaled by our own kernel: nvJPEG gives whole pictures. One thread at a time, which has
 * entered the program; each has batches of its own, and their work overlaps.
 */
#pragma once

#if HAVE_CUDA

#include "devices/cuda/nvjpeg_library.h"
#include "devices/cuda/stream.h"

#define NVJPEG_PLANES 3u

/* One plane of a picture. */
struct nvjpeg_plane {
	uint32_t width, height; /* as it is coded, samples */
	uint32_t side; /* samples along a square's side that become one: 1, 2, 4 or 8 */
	uint32_t at, pitch; /* where in the picture's memory it goes, and bytes from row to row */
};

/* A colour picture of three components, 4:4:4, 4:2:2 or 4:2:0. */
struct nvjpeg_picture {
	const uint8_t *data; /* stay until the batch has run */
	size_t size;
	struct nvjpeg_plane plane[NVJPEG_PLANES];
	uint32_t planes; /* that are wanted: 3, or 1 for luma alone */
	uint32_t bytes; /* that they take in all */
	CUdeviceptr out; /* where they go; 0: into the batch's memory, and copied to the host's */
};

struct nvjpeg_batch_options {
	const struct cuda_program *program;
	const struct nvjpeg_api *api;
	bool engines; /* the chip's, else its SMs */
	uint32_t most; /* pictures */
	uint32_t room; /* bytes of planes, of its own */
	uint32_t data_room; /* bytes of JPEGs */
	bool host; /* pictures that are copied to the host's memory may come */
};

struct nvjpeg_batch;

/* Reserves all memory. NULL and an error line on failure; errno is ENOTSUP where the chip has no
 * engines. What the options name must stay. */
struct nvjpeg_batch *nvjpeg_batch_create(
	const struct nvjpeg_batch_options *options, struct gw_error *error);

/* Adds one. 0, or -ENOBUFS when there is no room left. */
int nvjpeg_batch_add(struct nvjpeg_batch *batch, const struct nvjpeg_picture *picture);

uint32_t nvjpeg_batch_count(const struct nvjpeg_batch *batch);

/* Makes `count` of the pictures, from number `first` on, and waits for them. 0; -EBADMSG when
 * nvJPEG refuses one of them, it does not say which; -EIO or -ENOMEM when the GPU fails; -ETIMEDOUT
 * when it was given up, from then on always. An error line says why. */
int nvjpeg_batch_run(
	struct nvjpeg_batch *batch, uint32_t first, uint32_t count, struct gw_error *error);

/* What came to the host's memory of a picture that has no `out`; until the batch is reset. */
const uint8_t *nvjpeg_batch_picture(const struct nvjpeg_batch *batch, uint32_t index);

/* Forgets what is in it. */
void nvjpeg_batch_reset(struct nvjpeg_batch *batch);

/* For tests of what happens when that is over. */
struct cuda_stream *nvjpeg_batch_stream(struct nvjpeg_batch *batch);

/* Engines that the chip has, with so many cores each; 0: none, or the library does not tell. */
uint32_t nvjpeg_batch_engines(const struct nvjpeg_batch *batch);

/* Accepts NULL. A GPU that was given up may still write to the batch's memory: it is left to it,
 * and false returned; then the program must stay open too. */
bool nvjpeg_batch_destroy(struct nvjpeg_batch *batch);

#endif
