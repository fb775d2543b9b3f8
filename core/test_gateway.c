#include "core/test_gateway.h"

#include <string.h>

void (*test_gateway_on_reading)(const struct gw *gw, const char *what, uint64_t done, uint64_t all);

static int toy_open(struct gw_stage *stage, struct gw_error *error)
{
	return 0;
}

static void toy_close(struct gw_stage *stage)
{
}

static uint32_t toy_poll(struct gw_lane *lane)
{
	return 0;
}

#define TOY(word) \
	{ \
		.name = word, .open = toy_open, .close = toy_close, .poll = toy_poll \
	}

static const struct gw_stage_ops toys[GW_STAGES] = {
	[GW_STAGE_RX] = TOY("rx"),
	[GW_STAGE_DECODE] = TOY("decode"),
	[GW_STAGE_ACCEL] = TOY("accel"),
	[GW_STAGE_SINK] = TOY("sink"),
};

int test_gateway_open(struct gw *gw, const char *yaml, const struct gw_replay *replay,
	enum gw_stage_index real, const struct gw_stage_ops *ops, struct gw_error *error)
{
	struct gw_way ways[GW_STAGES];
	struct gw_config *config;

	memset(gw, 0, sizeof(*gw));
	int status = gw_config_parse(yaml, strlen(yaml), &config, error);

	if (status != 0)
		return status;
	for (int i = 0; i < GW_STAGES; i++)
		ways[i] = (struct gw_way){i == (int)real ? ops
				: toys[i].name           ? &toys[i]
							 : NULL,
			.to = i == GW_STAGE_RX ? GW_STAGE_DECODE : (enum gw_stage_index)(i + 1)};
	status = gw_build(gw, config, replay, ways, error);
	gw->on_reading = test_gateway_on_reading;
	return status == 0 ? gw_open_stages(gw, error) : status;
}

void test_gateway_close(struct gw *gw)
{
	if (gw->config)
		gw_dismantle(gw);
}

struct gw_frame *test_gateway_frame(struct gw *gw, uint32_t camera, uint16_t width, uint16_t height)
{
	struct gw_frame *frame = gw_pool_get(gw->pool, camera, width, height);

	if (!frame)
		return NULL;
	gw_frame_set_version(frame, (struct gw_camera *)gw_camera_now(gw, camera));
	frame->lossless = gw->lossless;
	/* As a frame begins: one that waits for room is never shed (core/admission.c). */
	if (!frame->lossless)
		gw_frame_offer(frame);
	return frame;
}

void test_gateway_push(struct gw *gw, enum gw_stage_index to, struct gw_frame *frame)
{
	gw_link_push(gw->stages[to].lanes[0].in[0], &frame, 1);
}

uint32_t test_gateway_pop(
	struct gw *gw, enum gw_stage_index from, struct gw_frame **frames, uint32_t count)
{
	return gw_link_pop(gw->stages[from].lanes[0].out[0], frames, count);
}
