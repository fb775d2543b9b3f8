#include "sink/reduced.h"

#include "core/clock.h"
#include "core/gateway.h"
#include "sink/held.h"
#include "sink/lane.h"
#include "sink/sink.h"

/* For how long a result waits for its picture. */
#define MOST_NS (5 * GW_NS_PER_S)

bool reduced_is_due(const struct sink *sink, const struct sink_record *out, uint32_t *room)
{
	if (!sink->reducer)
		return false;
	const uint32_t most = sink->gw->config->kafka->frames->shrink;
	const uint32_t largest = sink->ops->largest(sink->backend);

	*room = largest < most ? largest : most;
	return out->size > *room;
}

/* Says what became of a frame's own picture to the result that waits for it. */
static void answer(struct sink *sink, const struct gw_frame *frame, bool sampled)
{
	if (held_answer(sink->held, frame, sampled) || frame != sink->stuck)
		return;
	sink->reducing = false;
	sink->sampled = sink->chosen = sampled;
}

/* Hands one over. False: the back-end has no room for it now. */
static bool send(struct sink *sink, const struct sink_record *record)
{
	struct sink_report refused = {
		.kind = SINK_SAMPLE,
		.camera = record->frame->camera,
		.frame = record->frame,
		.drop = GW_DROP_SAMPLE_TOO_LARGE,
	};
	const bool own = record->finding == GW_NO_FINDING;
	const uint32_t size = record->size;

	if (size > 0) {
		/* It may be through when submit returns. */
		reducer_send(sink->reducer, record);
		refused.drop = sink->ops->submit(sink->backend, record);
	}
	if (refused.drop == GW_DROP_SAMPLE_FULL && refused.frame->lossless) {
		reducer_keep(sink->reducer, record);
		return false;
	}
	if (own)
		answer(sink, refused.frame, refused.drop == GW_DROP_NONE);
	if (refused.drop == GW_DROP_NONE) {
		sampler_pay(&sink->samplers[refused.camera], size);
		return true;
	}
	reducer_drop(sink->reducer, record);
	sink_settle(sink, &refused);
	return true;
}

uint32_t reduced_send(struct sink *sink)
{
	const struct sink_record *record = NULL;
	uint32_t count = 0;

	/* The back-end gets nothing after it was told to give up. */
	if (sink->purged)
		return 0;
	while (sink->reducer && (record = reducer_next(sink->reducer, record)))
		count += send(sink, record);
	return count + held_send(sink);
}

bool reduced_give_up(struct sink *sink, int64_t before)
{
	const struct gw_frame *frame = held_give_up(sink->held, before);

	if (!frame)
		return false;
	reducer_give_up(sink->reducer, frame);
	held_send(sink);
	return true;
}

void reduced_step(struct sink *sink, int64_t now)
{
	while (sink->held && reduced_give_up(sink, now - MOST_NS))
		;
}
