#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#include "core/gateway.h"
#include "decode/decode.h"
#include "decode/decoder.h"
#include "jpeg/probe.h"

struct decode {
	struct decoder decoder;
	struct jpeg_limits limits;
	/* Written by the stage's thread, read by the API. */
	struct gw_counter inside; /* gauge: frames that the decoder has */
	struct gw_counter decoded; /* pictures that it made */
	struct gw_counter failed; /* ... and did not */
	struct gw_counter refused; /* frames that never reached it: what the probe found */
	struct gw_counter passed; /* frames of cameras without a model */
};

static int decode_open(struct gw_stage *stage, struct gw_error *error)
{
	return 0;
}

static void decode_close(struct gw_stage *stage)
{
}

static int decode_lane_open(struct gw_lane *lane, struct gw_error *error)
{
	const struct gw *gw = lane->stage->gw;
	const struct gw_decode_config *config = gw->config->decode;
	struct decode *decode = calloc(1, sizeof(*decode));

	if (!decode)
		return gw_error_set(error, -ENOMEM, "decode: out of memory");
	lane->state = decode;
	decode->limits = (struct jpeg_limits){config->max_width, config->max_height};
	return decoder_open(&decode->decoder, gw, error);
}

static void decode_lane_close(struct gw_lane *lane)
{
	struct decode *decode = lane->state;

	if (!decode)
		return;
	decoder_close(&decode->decoder);
	free(decode);
	lane->state = NULL;
}

/* What the frame needs to be let through to a decoder. */
static int look_at(struct decode *decode, struct gw_frame *frame, struct jpeg_info *info)
{
	const struct jpeg_limits *limits = &decode->limits;
	const char *cause;

	if (!frame->jpeg.sound)
		return jpeg_probe(frame->jpeg.data, frame->jpeg.size, limits, info, &cause);
	info->width = frame->width;
	info->height = frame->height;
	info->size = frame->jpeg.size;
	return info->width > limits->max_width || info->height > limits->max_height ? -EFBIG : 0;
}

static void probe(struct decode *decode, struct gw_frame *frame)
{
	struct jpeg_info info;
	int status = look_at(decode, frame, &info);

	if (status != 0) {
		gw_frame_fail(frame,
			status == -EFBIG             ? GW_DROP_JPEG_LIMIT
				: status == -ENOTSUP ? GW_DROP_JPEG_UNSUPPORTED
						     : GW_DROP_JPEG_BAD);
		gw_counter_add(&decode->refused, 1);
		return;
	}
	frame->jpeg.size = info.size;
	if (frame->width == 0 || frame->height == 0) {
		frame->width = info.width;
		frame->height = info.height;
	}
}

static void finish(struct decode *decode, struct gw_frame *frame)
{
	if (frame->stamp[GW_STAMP_DECODED]) {
		frame->state = GW_FRAME_IMAGE;
		gw_frame_offer(frame);
		gw_counter_add(&decode->decoded, 1);
	} else if (frame->stamp[GW_STAMP_DECODE]) {
		gw_counter_add(&decode->failed, 1);
	}
}

/* Gives on what the decoder has done. */
static uint32_t give_finished(struct gw_lane *lane)
{
	struct decode *decode = lane->state;
	struct decoder *decoder = &decode->decoder;
	struct gw_frame *frames[GW_BURST];
	uint32_t count = decoder->ops->poll(decoder, frames, GW_BURST);

	if (count == 0)
		return 0;
	for (uint32_t i = 0; i < count; i++)
		finish(decode, frames[i]);
	gw_counter_set(&decode->inside, gw_counter_get(&decode->inside) - count);
	gw_lane_give(lane, frames, count);
	return count;
}

/* Takes no more than the decoder has room for: what still waits in the link can be shed. All frames
 * of a camera with a model go through the decoder, failed ones too, and none of the others does: so
 * each camera's order holds without a second queue. */
static uint32_t take_waiting(struct gw_lane *lane)
{
	struct decode *decode = lane->state;
	struct decoder *decoder = &decode->decoder;
	struct gw_frame *frames[GW_BURST], *inside[GW_BURST], *past[GW_BURST];
	uint32_t inside_count = 0, past_count = 0;
	uint32_t room = decoder->depth - (uint32_t)gw_counter_get(&decode->inside);
	uint32_t count = gw_lane_take(lane, frames, room < GW_BURST ? room : GW_BURST);

	for (uint32_t i = 0; i < count; i++) {
		struct gw_frame *frame = frames[i];

		if (gw_frame_claim(frame) && !gw_frame_failed(frame))
			probe(decode, frame);
		if (frame->version->input_width > 0)
			inside[inside_count++] = frame;
		else
			past[past_count++] = frame;
	}
	if (inside_count > 0) {
		decoder->ops->submit(decoder, inside, inside_count);
		gw_counter_set(&decode->inside, gw_counter_get(&decode->inside) + inside_count);
	}
	if (past_count > 0) {
		gw_lane_give(lane, past, past_count);
		gw_counter_add(&decode->passed, past_count);
	}
	return count;
}

static uint32_t decode_poll(struct gw_lane *lane)
{
	uint32_t given = give_finished(lane);

	return given + take_waiting(lane);
}

static bool decode_drain(struct gw_lane *lane)
{
	const struct decode *decode = lane->state;

	return gw_counter_get(&decode->inside) == 0;
}

/* A figure of all lanes. */
static json_int_t sum(const struct gw_stage *stage, size_t counter)
{
	uint64_t total = 0;

	for (uint32_t i = 0; i < stage->lane_count; i++)
		total += gw_counter_get(
			(const struct gw_counter *)((const char *)stage->lanes[i].state + counter));
	return (json_int_t)total;
}
#define SUM(member) sum(stage, offsetof(struct decode, member))

static json_t *decode_describe(struct gw_stage *stage)
{
	const struct decode *decode = stage->lanes[0].state;
	const struct gw_decode_config *config = stage->gw->config->decode;

	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "backend",
		decode->decoder.ops->name, "workers", (json_int_t)config->workers, "max_width",
		(json_int_t)config->max_width, "max_height", (json_int_t)config->max_height,
		"decoded", SUM(decoded), "failed", SUM(failed), "refused", SUM(refused), "passed",
		SUM(passed), "queue", SUM(inside));
}

const struct gw_stage_ops decode_stage = {
	.name = "decode",
	.open = decode_open,
	.lane_open = decode_lane_open,
	.lane_close = decode_lane_close,
	.close = decode_close,
	.poll = decode_poll,
	.drain = decode_drain,
	.describe = decode_describe,
};
