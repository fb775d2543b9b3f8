#include "decode/null.h"

#include <errno.h>
#include <stdlib.h>

#include "core/clock.h"
#include "decode/decoder.h"
#include "decode/picture.h"

#define DEPTH 32u

/* A first-in first-out of frames that are done. */
struct null_decoder {
	uint32_t in, out;
	struct gw_frame *done[DEPTH];
};

static int null_open(struct decoder *decoder, struct gw_device *device, struct gw_error *error)
{
	decoder->state = calloc(1, sizeof(struct null_decoder));
	decoder->depth = DEPTH;
	return decoder->state ? 0 : gw_error_set(error, -ENOMEM, "decode: out of memory");
}

static void draw(struct gw_frame *frame)
{
	const struct gw_surface *surface = frame->surface;
	uint32_t samples = surface->format == GW_FORMAT_RGB ? 3u * surface->width : surface->width;

	for (uint32_t y = 0; y < surface->height; y++) {
		uint8_t *row = surface->plane[0] + (size_t)y * surface->pitch[0];

		for (uint32_t x = 0; x < samples; x++)
			row[x] = null_sample(frame->camera, frame->sequence, x, y);
	}
}

static void null_submit(struct decoder *decoder, struct gw_frame *const *frames, uint32_t count)
{
	struct null_decoder *null = decoder->state;

	for (uint32_t i = 0; i < count; i++) {
		struct gw_frame *frame = frames[i];

		null->done[null->in++ % DEPTH] = frame;
		frame->stamp[GW_STAMP_DECODE] = gw_now();
		const struct gw_want want = gw_frame_want(frame);

		if (picture_place(frame->surface, &want,
			    want.swapped ? frame->height : frame->width,
			    want.swapped ? frame->width : frame->height) < 0) {
			gw_frame_fail(frame, GW_DROP_JPEG_LIMIT);
			continue;
		}
		draw(frame);
		frame->stamp[GW_STAMP_DECODED] = gw_now();
	}
}

static uint32_t null_poll(struct decoder *decoder, struct gw_frame **frames, uint32_t count)
{
	struct null_decoder *null = decoder->state;
	uint32_t n = 0;

	while (n < count && null->out != null->in)
		frames[n++] = null->done[null->out++ % DEPTH];
	return n;
}

static void null_close(struct decoder *decoder)
{
	free(decoder->state);
}

const struct decoder_ops decoder_null = {
	.name = "null",
	.memory = GW_MEM_HOST,
	.open = null_open,
	.submit = null_submit,
	.poll = null_poll,
	.close = null_close,
};
