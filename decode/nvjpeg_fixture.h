/* For tests of the nvJPEG back-end: on the machine's GPU, and where it has none on libraries that
 * are none (tests/gpu/fake). */
#pragma once

#if HAVE_CUDA

#include "decode/decoder_fixture.h"
#include "decode/nvjpeg_decoder.h"

/* How far a picture may be from the turbo back-end's. */
struct nvjpeg_distance {
	int most; /* levels */
	uint64_t samples, different; /* by one level or more, of all that were compared */
	uint64_t sum; /* of the levels */
};

/* Decodes the JPEG for what camera 0 wants, by the decoder and as the turbo back-end does, and
 * asserts that both fail, or that formats and sizes are the same. Adds to the distance. */
void nvjpeg_compare(struct decoder_fixture *f, struct turbo_picture *turbo, const uint8_t *data,
	size_t size, struct nvjpeg_distance *distance);

/* What the decoder says of itself: one of its facts. */
int64_t nvjpeg_fact(const struct decoder_fixture *f, const char *name);

#endif
