/* A picture as a JPEG in memory that is there already: nothing is allocated for it, once the first
 * ones have been made. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct encode_picture {
	uint32_t width, height;
	uint32_t channels; /* 1: grey, 3: RGB */
	uint32_t quality; /* 1 .. 100, as libjpeg has it */
	/* Gives row `y`, from 0 on, each once; it is read before the next is asked for. */
	const uint8_t *(*row)(void *owner, uint32_t y);
	void *owner;
};

/* What libjpeg needs to encode. One thread at a time. */
struct encoder;

/* For pictures of up to `width` pixels a row. NULL: out of memory. */
struct encoder *encoder_create(uint32_t width);

/* Accepts NULL. */
void encoder_destroy(struct encoder *encoder);

/* Writes at most `room` bytes to `to`; colours are not subsampled. Returns 0 with the size,
 * -ENOBUFS when there is not room enough, or -EINVAL for a picture that no JPEG can be. */
int encode_jpeg(struct encoder *encoder, const struct encode_picture *picture, uint8_t *to,
	size_t room, size_t *size);

/* How often memory was asked for beyond what was reserved: it stops growing after the first
 * pictures. For tests. */
uint64_t encoder_foreign(const struct encoder *encoder);
