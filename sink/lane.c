#include "sink/lane.h"

#include "core/gateway.h"
#include "sink/delivery.h"
#include "sink/reduced.h"
#include "sink/sink.h"

uint64_t sink_share(const struct sink *sink, uint64_t whole, uint64_t least)
{
	const uint32_t lanes = sink->lane->stage->lane_count, index = sink->lane->index;
	const uint64_t share = whole / lanes + (index < whole % lanes ? 1 : 0);

	if (share >= least)
		return share;
	return least < whole ? least : whole;
}

/* Pictures of a topic are, whatever the mode. */
static bool may_be_lossless(const struct gw *gw)
{
	return gw->lossless || gw->stages[GW_STAGE_SOURCE].lane_count > 0;
}

/* One frame after the other: when the back-end is full and the frame is lossless, the rest waits in
 * the link, and so do the stages before it. */
static uint32_t take_patiently(struct gw_lane *lane)
{
	struct sink *sink = lane->state;
	struct gw_frame *frame = sink->stuck;
	uint32_t count = 0;

	if (frame && !delivery_finish(sink, frame))
		return 0;
	while (count < GW_BURST && gw_lane_take(lane, &frame, 1) == 1) {
		count++;
		if (!delivery_begin(sink, frame))
			break;
	}
	return count;
}

static uint32_t take(struct gw_lane *lane)
{
	struct gw_frame *frames[GW_BURST];
	uint32_t count = gw_lane_take(lane, frames, GW_BURST);

	for (uint32_t i = 0; i < count; i++)
		delivery_begin(lane->state, frames[i]);
	return count;
}

uint32_t sink_lane_poll(struct gw_lane *lane)
{
	struct sink *sink = lane->state;
	uint32_t count = may_be_lossless(sink->gw) ? take_patiently(lane) : take(lane);

	count += reduced_send(sink);
	if (sink->ops->hear || sink->waiting[SINK_RESULT] + sink->waiting[SINK_SAMPLE] > 0)
		count += sink->ops->poll(sink->backend);
	lane->waits = sink->stuck != NULL;
	return count;
}

void sink_lane_housekeeping(struct gw_lane *lane, int64_t now)
{
	struct sink *sink = lane->state;

	/* Also when nothing waits: a back-end may hear of its brokers there. */
	sink->ops->poll(sink->backend);
	reduced_step(sink, now);
	if (sink->ops->housekeeping)
		sink->ops->housekeeping(sink->backend, now);
}
