#include "sink/lane.h"

#include "core/clock.h"
#include "core/gateway.h"
#include "core/log.h"
#include "sink/record.h"
#include "sink/sink.h"

static struct gw_latency *latency(const struct sink *sink)
{
	return sink->gw->latency[sink->lane->index];
}

static void gauge_move(struct gw_counter *gauge, int by)
{
	gw_counter_add(gauge, (uint64_t)(int64_t)by);
}

/* Corrects the gauges for a result that waits here while its sample is with the back-end. */
static void gauge_stuck(struct sink *sink, const struct gw_frame *frame, bool gauged)
{
	if (sink->gauged != gauged)
		gauge_move(
			&sink->lane->stats->camera[frame->camera].results_waiting, gauged ? 1 : -1);
	sink->gauged = gauged;
}

/* Tells the source of a frame what became of it, if it asked. */
static void give_receipt(struct sink *sink, uint64_t receipt, enum gw_drop outcome)
{
	gw_receipt_return(sink->gw->receipts[sink->lane->index], receipt, outcome);
}

uint64_t sink_share(const struct sink *sink, uint64_t whole, uint64_t least)
{
	const uint32_t lanes = sink->lane->stage->lane_count, index = sink->lane->index;
	const uint64_t share = whole / lanes + (index < whole % lanes ? 1 : 0);

	if (share >= least)
		return share;
	return least < whole ? least : whole;
}

void sink_report(struct sink *sink, const struct sink_report *report)
{
	struct gw_camera_stats *stats = &sink->lane->stats->camera[report->camera];
	bool delivered = report->drop == GW_DROP_NONE;

	sink->waiting[report->kind]--;
	if (!delivered)
		gw_count_drop(stats, report->drop);
	if (report->kind == SINK_RESULT) {
		give_receipt(sink, report->receipt, report->drop);
		if (delivered) {
			gw_histogram_record(&latency(sink)->acknowledge, report->waited_us);
			gw_counter_add(&stats->delivered, 1);
		}
		gauge_move(&stats->results_waiting, -1);
		return;
	}
	if (delivered)
		gw_counter_add(&stats->samples_delivered, 1);
	gauge_move(&stats->samples_held, -1);
	if (report->frame == sink->stuck)
		gauge_stuck(sink, sink->stuck, false);
	room_leave(&sink->shared->room, report->frame);
}

static bool sample_due(struct sink *sink, uint32_t index)
{
	struct gw_camera_slot *slot = &sink->gw->cameras->slot[index];
	/* A replay writes down every picture. */
	uint32_t every = sink->gw->replay
		? 1
		: atomic_load_explicit(&slot->sample_every, memory_order_relaxed);
	/* The exchange locks the bus: not for every frame. */
	bool now = atomic_load_explicit(&slot->sample_now, memory_order_relaxed) &&
		atomic_exchange_explicit(&slot->sample_now, false, memory_order_relaxed);

	return sampler_due(&sink->samplers[index], every, now);
}

/* Hands one record over. The gauge moves first: the back-end may report from within submit. */
static enum gw_drop submit(struct sink *sink, struct gw_counter *gauge, struct gw_frame *frame,
	enum sink_kind kind, bool sampled)
{
	const struct record *record = sink->record;
	bool result = kind == SINK_RESULT;
	const struct sink_record out = {
		.kind = kind,
		.frame = frame,
		.camera = frame->version->config->name,
		.id = record->id,
		.source = record->source,
		.time = record->time,
		.value = result ? (const void *)record->value : frame->jpeg.data,
		.size = result ? record->size : frame->jpeg.size,
		.sampled = sampled,
	};

	sink->waiting[kind]++;
	gauge_move(gauge, 1);
	enum gw_drop drop = sink->ops->submit(sink->backend, &out);

	if (drop != GW_DROP_NONE) {
		sink->waiting[kind]--;
		gauge_move(gauge, -1);
	}
	return drop;
}

/* Whether the same record is to be handed over again later. */
static bool comes_again(const struct sink *sink, const struct gw_frame *frame, enum gw_drop drop)
{
	switch (drop) {
	case GW_DROP_SINK_FULL:
	case GW_DROP_SAMPLE_FULL:
		return frame->lossless;
	case GW_DROP_SAMPLE_BUDGET:
		/* The next report makes room, be it to another lane. */
		return frame->lossless && sink->shared->room.budget > 0;
	default:
		return false;
	}
}

/* The picture goes by reference: the frame's slot stays in use until the back-end has reported it.
 */
static enum gw_drop send_sample(struct sink *sink, struct gw_frame *frame)
{
	struct gw_camera_stats *stats = &sink->lane->stats->camera[frame->camera];
	enum gw_drop drop;

	if (!room_take(&sink->shared->room, frame->size_class))
		return GW_DROP_SAMPLE_BUDGET;
	gw_frame_ref(frame);
	drop = submit(sink, &stats->samples_held, frame, SINK_SAMPLE, true);
	if (drop != GW_DROP_NONE)
		room_leave(&sink->shared->room, frame);
	return drop;
}

/* Hands over what there is of a well frame. False: it waits as `stuck`, as far as it came. */
static bool deliver(struct sink *sink, struct gw_frame *frame, enum gw_drop *drop)
{
	struct gw_camera_stats *stats = &sink->lane->stats->camera[frame->camera];

	frame->stamp[GW_STAMP_SINK] = gw_now();
	record_begin(sink->record, frame);
	if (sink->chosen && !sink->sampled) {
		enum gw_drop refused = send_sample(sink, frame);

		if (comes_again(sink, frame, refused))
			return false;
		sink->sampled = refused == GW_DROP_NONE;
		sink->chosen = sink->sampled;
		/* Before its result may have to come again. */
		gw_counter_add(&stats->samples, 1);
		if (refused != GW_DROP_NONE)
			gw_count_drop(stats, refused);
	}
	*drop = record_finish(sink->record, frame, sink->sampled) != 0
		? GW_DROP_SINK_FAILED
		: submit(sink, &stats->results_waiting, frame, SINK_RESULT, sink->sampled);
	return !comes_again(sink, frame, *drop);
}

/* Before the slot returns: who finds it free must not find its frame still on the way. The audit
 * reads neither of the two against the other. */
static void count_out(struct sink *sink, struct gw_frame *frame, enum gw_drop drop)
{
	struct gw_camera_stats *stats = &sink->lane->stats->camera[frame->camera];

	if (drop != GW_DROP_NONE) {
		gw_count_drop(stats, drop);
		give_receipt(sink, frame->receipt, drop);
	}
	gw_counter_add(&stats->frames_out, 1);
	gw_counter_add(&sink->gw->cameras->slot[frame->camera].through, 1);
	gw_frame_unref(frame);
}

/* Returns whether the frame is done with, or waits as `stuck`. */
static bool finish(struct sink *sink, struct gw_frame *frame)
{
	enum gw_drop drop = frame->drop;
	bool sampled = sink->sampled;

	if (drop == GW_DROP_NONE) {
		if (!deliver(sink, frame, &drop)) {
			if (sink->sampled && !sampled)
				gauge_stuck(sink, frame, true);
			sink->stuck = frame;
			return false;
		}
		gauge_stuck(sink, frame, false);
		gw_latency_record(latency(sink), frame);
	}
	if (gw_trace_is_on(&sink->gw->trace))
		gw_trace_frame(&sink->gw->trace, sink->lane->index, frame, gw_now());
	sink->stuck = NULL;
	count_out(sink, frame, drop);
	return true;
}

/* A new frame, from its beginning. */
static bool begin(struct sink *sink, struct gw_frame *frame)
{
	sink->chosen = frame->drop == GW_DROP_NONE && sample_due(sink, frame->camera);
	sink->sampled = false;
	return finish(sink, frame);
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

	if (frame && !finish(sink, frame))
		return 0;
	while (count < GW_BURST && gw_lane_take(lane, &frame, 1) == 1) {
		count++;
		if (!begin(sink, frame))
			break;
	}
	return count;
}

static uint32_t take(struct gw_lane *lane)
{
	struct gw_frame *frames[GW_BURST];
	uint32_t count = gw_lane_take(lane, frames, GW_BURST);

	for (uint32_t i = 0; i < count; i++)
		begin(lane->state, frames[i]);
	return count;
}

uint32_t sink_lane_poll(struct gw_lane *lane)
{
	struct sink *sink = lane->state;
	uint32_t count = may_be_lossless(sink->gw) ? take_patiently(lane) : take(lane);

	if (sink->waiting[SINK_RESULT] + sink->waiting[SINK_SAMPLE] > 0)
		count += sink->ops->poll(sink->backend);
	return count;
}

void sink_lane_housekeeping(struct gw_lane *lane, int64_t now)
{
	struct sink *sink = lane->state;

	/* Also when nothing waits: a back-end may hear of its brokers there. */
	sink->ops->poll(sink->backend);
	if (sink->ops->housekeeping)
		sink->ops->housekeeping(sink->backend, now);
}

static void write_off_sample(struct gw_frame *frame, void *arg)
{
	struct sink *sink = arg;

	/* Of the slots in use, only those with a waiting sample have come as far as here. */
	if (frame->stamp[GW_STAMP_SINK] != 0 &&
		gw_lane_of(frame->camera, sink->lane->stage->lane_count) == sink->lane->index)
		sink_report(sink,
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
	sink->waiting[SINK_RESULT] = 0;
}

static void purge(struct sink *sink)
{
	uint32_t results = sink->waiting[SINK_RESULT];
	uint32_t samples = sink->waiting[SINK_SAMPLE];

	if (sink->stuck) {
		gauge_stuck(sink, sink->stuck, false);
		count_out(sink, sink->stuck, GW_DROP_SHUTDOWN);
		sink->stuck = NULL;
	}
	if (results + samples == 0)
		return;
	sink->ops->purge(sink->backend);
	write_off(sink);
	gw_warn("kafka", "%u results and %u sampled pictures were still unconfirmed at the end",
		results, samples);
}

bool sink_lane_drain(struct gw_lane *lane)
{
	struct sink *sink = lane->state;
	int64_t deadline = atomic_load_explicit(&lane->drain_by, memory_order_relaxed);

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
