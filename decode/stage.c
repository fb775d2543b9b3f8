#include <assert.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/gateway.h"
#include "core/health.h"
#include "core/order.h"
#include "core/surface.h"
#include "core/turns.h"
#include "decode/decode.h"
#include "decode/decoder.h"
#include "decode/look.h"
#include "decode/picture.h"

static_assert(GW_TURN_GROUPS >= GW_ROUTES, "each route's frames wait on their own");

/* Waiting for memory that long is told. */
#define STALL_NS GW_NS_PER_S

/* Of the largest pictures too, so that all workers have one. */
#define LEAST_SURFACES 16

/* Shared by the lanes. */
struct decode {
	struct gw_device *device;
	struct gw_surface_pool *surfaces;
	struct jpeg_limits limits;
};

struct decode_lane {
	struct decode *shared;
	struct decoder decoder;
	struct gw_order order; /* every frame that is here */
	struct gw_turns turns; /* those that wait for the decoder, a group per model */
	uint32_t next_group; /* whose turn it is */

	/* A frame that was claimed and found no free surface; it is the next. NULL: none. */
	struct gw_frame *stalled;
	size_t stalled_bytes; /* that it needs */

	/* Written by the thread, read by any. */
	struct gw_counter stalled_since; /* gw_now(), 0: nothing waits for memory */
	struct gw_counter waiting; /* gauge: frames in `turns` */
	struct gw_counter inside; /* gauge: frames that the decoder has */
	struct gw_counter decoded; /* pictures that it made */
	struct gw_counter failed; /* ... and did not */
	struct gw_counter refused; /* frames that never reached it: what the probe found */
	struct gw_counter passed; /* frames of cameras without a model */
};

static int decode_open(struct gw_stage *stage, struct gw_error *error)
{
	static const struct gw_want all = {.width = UINT16_MAX, .height = UINT16_MAX};
	const struct gw_decode_config *config = stage->gw->config->decode;
	struct decode *decode = calloc(1, sizeof(*decode));

	if (!decode)
		return gw_error_set(error, -ENOMEM, "decode: out of memory");
	stage->state = decode;
	decode->device = &stage->gw->host;
	decode->limits = (struct jpeg_limits){config->max_width, config->max_height};
	decode->surfaces = gw_surface_pool_create(decode->device,
		picture_bytes(&all, config->max_width, config->max_height), LEAST_SURFACES, error);
	return decode->surfaces ? 0 : -ENOMEM;
}

static void decode_close(struct gw_stage *stage)
{
	struct decode *decode = stage->state;

	if (!decode)
		return;
	gw_surface_pool_destroy(decode->surfaces);
	free(decode);
	stage->state = NULL;
}

static int decode_lane_open(struct gw_lane *lane, struct gw_error *error)
{
	struct decode_lane *own = calloc(1, sizeof(*own));

	if (!own)
		return gw_error_set(error, -ENOMEM, "decode: out of memory");
	lane->state = own;
	own->shared = lane->stage->state;
	own->decoder.bell = &lane->bell;
	return decoder_open(&own->decoder, lane->stage->gw, own->shared->device, error);
}

static void decode_lane_close(struct gw_lane *lane)
{
	struct decode_lane *own = lane->state;

	if (!own)
		return;
	decoder_close(&own->decoder);
	free(own);
	lane->state = NULL;
}

/* False when the frame has failed. */
static bool probe(struct decode_lane *own, struct gw_frame *frame, struct jpeg_info *info)
{
	const bool well = look_at_picture(frame, &own->shared->limits, info);

	if (!well)
		gw_counter_add(&own->refused, 1);
	return well;
}

/* Looks at what waited: the camera's frames that were shed need not wait any longer. */
static void let_shed_go(struct gw *gw, struct decode_lane *own, uint32_t camera)
{
	struct gw_frame *frame;

	while ((frame = gw_turns_take_shed(&own->turns, camera)) != NULL) {
		atomic_fetch_add_explicit(
			&gw->credits[frame->turn_group].shed, 1, memory_order_relaxed);
		gw_order_done(&own->order, frame);
	}
}

/* What needs no decoder may go on at once; the others wait for their turn. */
static void sort_in(struct gw_lane *lane, struct gw_frame *frame)
{
	struct decode_lane *own = lane->state;
	struct gw *gw = lane->stage->gw;
	const struct gw_want want = gw_frame_want(frame);
	struct jpeg_info info;

	gw_order_add(&own->order, frame);
	if (want.route != GW_NO_ROUTE && !gw_frame_failed(frame)) {
		atomic_fetch_add_explicit(&gw->credits[want.route].came, 1, memory_order_relaxed);
		gw_turns_add(&own->turns, want.route, frame);
		let_shed_go(gw, own, frame->camera);
		return;
	}
	if (gw_frame_claim(frame) && !gw_frame_failed(frame))
		probe(own, frame, &info);
	if (want.route == GW_NO_ROUTE)
		gw_counter_add(&own->passed, 1);
	gw_order_done(&own->order, frame);
}

static uint32_t take_in(struct gw_lane *lane)
{
	struct gw_frame *frames[GW_BURST];
	uint32_t taken = 0, count;

	do {
		count = gw_lane_take(lane, frames, GW_BURST);
		for (uint32_t i = 0; i < count; i++)
			sort_in(lane, frames[i]);
		taken += count;
	} while (count == GW_BURST);
	return taken;
}

static void finish(struct decode_lane *own, struct gw_frame *frame)
{
	const bool well = !gw_frame_failed(frame);
	const int64_t begun = frame->stamp[GW_STAMP_DECODE];

	gw_device_end(
		own->shared->device, 1, !well, well ? frame->stamp[GW_STAMP_DECODED] - begun : 0);
	if (well) {
		frame->state = GW_FRAME_IMAGE;
		gw_counter_add(&own->decoded, 1);
	} else {
		gw_frame_drop_surface(frame);
		gw_credit_return(frame);
		gw_counter_add(&own->failed, 1);
	}
	gw_order_done(&own->order, frame);
}

static uint32_t take_back(struct decode_lane *own)
{
	struct gw_frame *frames[GW_BURST];
	uint32_t count = own->decoder.ops->poll(&own->decoder, frames, GW_BURST);

	for (uint32_t i = 0; i < count; i++)
		finish(own, frames[i]);
	if (count > 0)
		gw_counter_set(&own->inside, gw_counter_get(&own->inside) - count);
	return count;
}

/* Gives the frame to the decoder; false when it has to wait for a surface. */
static bool begin(struct decode_lane *own, struct gw_frame *frame, size_t bytes)
{
	frame->surface = gw_surface_get(own->shared->surfaces, bytes);
	if (!frame->surface && errno == ENOBUFS) {
		if (!own->stalled)
			gw_counter_set(&own->stalled_since, (uint64_t)gw_now());
		own->stalled = frame;
		own->stalled_bytes = bytes;
		return false;
	}
	own->stalled = NULL;
	gw_counter_set(&own->stalled_since, 0);
	if (!frame->surface) {
		gw_frame_fail(frame, GW_DROP_JPEG_LIMIT);
		gw_credit_return(frame);
		gw_order_done(&own->order, frame);
		return true;
	}
	look_describe_surface(frame);
	gw_device_begin(own->shared->device, 1);
	gw_counter_add(&own->inside, 1);
	own->decoder.ops->submit(&own->decoder, &frame, 1);
	return true;
}

/* A frame whose turn it is. */
static void serve(struct gw_lane *lane, struct gw_frame *frame)
{
	struct decode_lane *own = lane->state;
	struct gw_credit *credit = &lane->stage->gw->credits[frame->turn_group];
	struct jpeg_info info;

	if (gw_frame_failed(frame))
		atomic_fetch_add_explicit(&credit->shed, 1, memory_order_relaxed);
	if (gw_frame_failed(frame) || !probe(own, frame, &info)) {
		gw_order_done(&own->order, frame);
		return;
	}
	const struct gw_want want = gw_frame_want(frame);

	gw_credit_take(credit, frame);
	begin(own, frame, picture_bytes(&want, info.width, info.height));
}

/* Serves the models in turn, and each model's cameras, as long as the decoder has room and the
 * models have use for more. Half of what the decoder wants to hold, a picture in hand for each
 * worker, keeps it at work on the batch that follows; more would only grow old. */
static uint32_t serve_waiting(struct gw_lane *lane)
{
	struct decode_lane *own = lane->state;
	struct gw *gw = lane->stage->gw;
	const uint32_t depth = own->decoder.depth, groups = gw->route_count;
	uint32_t served = 0;

	if (own->stalled && !begin(own, own->stalled, own->stalled_bytes))
		return 0;
	for (uint32_t in_vain = 0; in_vain < groups && !own->stalled;) {
		const uint32_t group = own->next_group < groups ? own->next_group : 0;
		struct gw_frame *frame = NULL;

		if (gw_counter_get(&own->inside) == depth)
			break;
		own->next_group = group + 1;
		if (gw_credit_left(&gw->credits[group], depth / 2))
			frame = gw_turns_take(&own->turns, group);
		in_vain++;
		if (!frame)
			continue;
		serve(lane, frame);
		in_vain = 0;
		served++;
	}
	return served;
}

static uint32_t give_on(struct gw_lane *lane)
{
	struct decode_lane *own = lane->state;
	struct gw_frame *frames[GW_BURST];
	uint32_t given = 0, count;

	while ((count = gw_order_take(&own->order, frames, GW_BURST)) > 0) {
		gw_lane_give(lane, frames, count);
		given += count;
	}
	return given;
}

static uint32_t decode_poll(struct gw_lane *lane)
{
	struct decode_lane *own = lane->state;
	uint32_t work = take_in(lane);

	work += take_back(own);
	work += serve_waiting(lane);
	work += give_on(lane);
	if (work > 0)
		gw_counter_set(&own->waiting, own->turns.waiting);
	/* For a model's use for them, or for memory. */
	lane->waits = own->turns.waiting > 0 || own->stalled;
	return work;
}

static bool decode_drain(struct gw_lane *lane)
{
	const struct decode_lane *own = lane->state;

	return own->order.inside == 0;
}

static void decode_health(struct gw_stage *stage, struct gw_health *health)
{
	const struct decode *decode = stage->state;
	int64_t longest = 0;

	for (uint32_t i = 0; i < stage->lane_count; i++) {
		const struct decode_lane *own = stage->lanes[i].state;

		if (own->decoder.ops->health)
			own->decoder.ops->health(&own->decoder, health);
		const int64_t since = (int64_t)gw_counter_get(&own->stalled_since);

		if (since > 0 && gw_now() - since > longest)
			longest = gw_now() - since;
	}
	if (longest > STALL_NS)
		gw_health_add(health, GW_DEGRADED, "decode.%s.surfaces", decode->device->name,
			"decoding waits since %.0f s for memory: %u decoded pictures wait for "
			"their models: lower the cameras' rates or the models' batch.max",
			(double)longest / (double)GW_NS_PER_S,
			gw_surface_pool_in_use(decode->surfaces));
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
#define SUM(member) sum(stage, offsetof(struct decode_lane, member))

static json_t *decode_describe(struct gw_stage *stage)
{
	const struct decode *decode = stage->state;
	const struct decode_lane *first = stage->lanes[0].state;
	const struct gw_decode_config *config = stage->gw->config->decode;

	json_t *facts = json_pack(
		"{s:s, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "backend",
		first->decoder.ops->name, "device", gw_device_describe(decode->device), "workers",
		(json_int_t)config->workers, "max_width", (json_int_t)config->max_width,
		"max_height", (json_int_t)config->max_height, "decoded", SUM(decoded), "failed",
		SUM(failed), "refused", SUM(refused), "passed", SUM(passed), "waiting",
		SUM(waiting), "queue", SUM(inside), "surfaces",
		(json_int_t)gw_surface_pool_in_use(decode->surfaces), "surface_bytes",
		(json_int_t)gw_surface_pool_touched(decode->surfaces));

	for (uint32_t i = 0; i < stage->lane_count; i++) {
		const struct decode_lane *own = stage->lanes[i].state;

		if (own->decoder.ops->describe)
			own->decoder.ops->describe(&own->decoder, facts);
	}
	return facts;
}

const struct gw_stage_ops decode_stage = {
	.name = "decode",
	.open = decode_open,
	.lane_open = decode_lane_open,
	.lane_close = decode_lane_close,
	.close = decode_close,
	.poll = decode_poll,
	.drain = decode_drain,
	.health = decode_health,
	.describe = decode_describe,
};
