/* The end of a lane of the sink: whatever is still there is counted. */
#include "core/clock.h"
#include "core/gateway.h"
#include "core/log.h"
#include "sink/lane.h"
#include "sink/reduced.h"
#include "sink/settle.h"

static void write_off_sample(struct gw_frame *frame, void *arg)
{
	struct sink *sink = arg;

	if (gw_lane_of(frame->camera, sink->lane->stage->lane_count) != sink->lane->index)
		return;
	for (uint8_t held = frame->pictures_held; held > 0; held--)
		sink_settle(sink,
			&(struct sink_report){
				.kind = SINK_SAMPLE,
				.camera = frame->camera,
				.frame = frame,
				.drop = GW_DROP_SAMPLE_LOST,
			});
}

/* Counts as lost what the back-end could not report in time. No other stage runs any more. */
static void write_off(struct sink *sink)
{
	if (sink->waiting[SINK_SAMPLE] > 0)
		gw_pool_visit(sink->gw->pool, write_off_sample, sink);
	for (uint32_t i = 0; i < gw_camera_high(sink->gw); i++) {
		struct gw_camera_stats *stats = &sink->lane->stats->camera[i];

		gw_counter_add(
			&stats->drops[GW_DROP_SINK_LOST], gw_counter_get(&stats->results_waiting));
		gw_counter_set(&stats->results_waiting, 0);
	}
	/* What is in the spool stays there. */
	sink->waiting[SINK_RESULT] = sink->waiting[SINK_SAMPLE] = 0;
}

static void tell_spooled(const struct sink *sink)
{
	uint64_t results = 0, samples = 0;

	for (uint32_t i = 0; i < gw_camera_high(sink->gw); i++) {
		const struct gw_camera_stats *stats = &sink->lane->stats->camera[i];

		results += gw_counter_get(&stats->results_spooled);
		samples += gw_counter_get(&stats->samples_spooled);
	}
	gw_info("spool", "%lu results and %lu sampled pictures stay for the next start", results,
		samples);
}

static void purge(struct sink *sink)
{
	uint32_t results = sink->waiting[SINK_RESULT];
	uint32_t samples = sink->waiting[SINK_SAMPLE];

	if (sink->stuck) {
		settle_stuck(sink, sink->stuck, false);
		settle_frame(sink, sink->stuck, GW_DROP_SHUTDOWN);
		sink->stuck = NULL;
	}
	/* Once: what is left of it is counted, and the back-end takes nothing more. */
	if (sink->purged)
		return;
	sink->purged = true;
	/* What goes now may still find its way to a spool; what finds no room is counted below. */
	if (sink->held) {
		held_give_up_all(sink->held);
		held_send(sink);
	}
	if (results + samples == 0)
		return;
	sink->ops->purge(sink->backend);
	write_off(sink);
	if (sink->ops->hear) {
		tell_spooled(sink);
		return;
	}
	gw_warn("kafka", "%u results and %u sampled pictures were still unconfirmed at the end",
		results, samples);
}

bool sink_lane_drain(struct gw_lane *lane)
{
	struct sink *sink = lane->state;
	int64_t deadline = atomic_load_explicit(&lane->drain_by, memory_order_relaxed);

	reduced_send(sink);
	if (sink->ops->flush)
		sink->ops->flush(sink->backend);
	sink->ops->poll(sink->backend);
	if (deadline != 0 && gw_now() >= deadline)
		purge(sink);
	return !sink->stuck && sink->waiting[SINK_RESULT] + sink->waiting[SINK_SAMPLE] == 0;
}

void sink_lane_end(struct gw_lane *lane)
{
	purge(lane->state);
}
