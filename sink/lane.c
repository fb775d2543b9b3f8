#include "sink/lane.h"

#include "core/clock.h"
#include "core/gateway.h"
#include "core/log.h"
#include "core/view.h"
#include "sink/enhanced.h"
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

/* One more record waits that lies in the frame's slot. */
static void hold(struct gw_camera_stats *stats, struct gw_frame *frame)
{
	const bool first = frame->pictures_held++ == 0;

	gauge_move(first ? &stats->samples_held : &stats->samples_beside, 1);
}

static void unhold(struct gw_camera_stats *stats, struct gw_frame *frame)
{
	const bool last = --frame->pictures_held == 0;

	gauge_move(last ? &stats->samples_held : &stats->samples_beside, -1);
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
	if (sink->ops->hear)
		sink->ops->hear(sink->backend, report);
	else
		sink_settle(sink, report);
}

/* A sample's slot is not needed any more. */
static void leave_slot(struct sink *sink, struct gw_frame *frame)
{
	unhold(&sink->lane->stats->camera[frame->camera], frame);
	if (frame->pictures_held == 0)
		reducer_let_go(sink->reducer, frame);
	if (frame == sink->stuck && frame->pictures_held == 0)
		gauge_stuck(sink, sink->stuck, false);
	room_leave(&sink->shared->room, frame);
}

void sink_spooled_result(struct sink *sink, uint32_t camera)
{
	struct gw_camera_stats *stats = &sink->lane->stats->camera[camera];

	gauge_move(&stats->results_spooled, 1);
	gauge_move(&stats->results_waiting, -1);
}

void sink_spooled_sample(struct sink *sink, struct gw_frame *frame)
{
	gauge_move(&sink->lane->stats->camera[frame->camera].samples_spooled, 1);
	leave_slot(sink, frame);
}

void sink_settle(struct sink *sink, const struct sink_report *report)
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
		gauge_move(report->spooled ? &stats->results_spooled : &stats->results_waiting, -1);
		return;
	}
	if (delivered)
		gw_counter_add(&stats->samples_delivered, 1);
	if (report->spooled)
		gauge_move(&stats->samples_spooled, -1);
	else
		leave_slot(sink, report->frame);
}

/* Whether what models said of a frame is a reason to look at it. */
static bool is_worth_a_look(
	const struct sink *sink, const struct gw_camera_slot *slot, const struct gw_result *result)
{
	const float unsure = atomic_load_explicit(&slot->sample_confidence, memory_order_relaxed);
	const float least = atomic_load_explicit(&slot->sample_disagreement, memory_order_relaxed);

	return sampler_doubts(result->disagreement, least) ||
		sampler_unsure(sink->gw, result, unsure) ||
		sampler_shows(sink->gw, result, sink->gw->config->kafka->frames);
}

static bool sample_due(struct sink *sink, const struct gw_frame *frame)
{
	struct gw_camera_slot *slot = &sink->gw->cameras->slot[frame->camera];
	struct sampler *sampler = &sink->samplers[frame->camera];
	const uint32_t every = atomic_load_explicit(&slot->sample_every, memory_order_relaxed);
	const uint32_t seconds = atomic_load_explicit(&slot->sample_seconds, memory_order_relaxed);

	/* A replay writes down every picture. */
	if (sink->gw->replay)
		return true;
	/* The exchange locks the bus: not for every frame. */
	sink->asked = atomic_load_explicit(&slot->sample_now, memory_order_relaxed) &&
		atomic_exchange_explicit(&slot->sample_now, false, memory_order_relaxed);
	const bool timely = seconds > 0 && sampler_timely(sampler, seconds, gw_now());

	return sampler_due(sampler, every,
		sink->asked || timely || is_worth_a_look(sink, slot, &frame->result));
}

/* Whether the camera's pictures may take more bytes now; one that was asked for always may. */
static bool affords(struct sink *sink, uint32_t camera)
{
	const struct gw_camera_slot *slot = &sink->gw->cameras->slot[camera];
	const uint32_t rate = atomic_load_explicit(&slot->sample_rate, memory_order_relaxed);

	return sink->gw->replay || sink->asked ||
		sampler_affords(&sink->samplers[camera], rate, gw_now());
}

/* What all records of a frame have in common. */
static struct sink_record record_of(
	const struct sink *sink, struct gw_frame *frame, enum sink_kind kind)
{
	return (struct sink_record){
		.kind = kind,
		.frame = frame,
		.camera = frame->version->config->name,
		.id = sink->record->id,
		.source = sink->record->source,
		.time = sink->record->time,
		.finding = GW_NO_FINDING,
	};
}

/* Hands one record over. The gauges moved before: the back-end may report from within submit. */
static enum gw_drop submit(struct sink *sink, const struct sink_record *out)
{
	sink->waiting[out->kind]++;
	enum gw_drop drop = sink->ops->submit(sink->backend, out);

	if (drop != GW_DROP_NONE)
		sink->waiting[out->kind]--;
	return drop;
}

static enum gw_drop send_result(struct sink *sink, struct gw_frame *frame)
{
	struct gw_counter *gauge = &sink->lane->stats->camera[frame->camera].results_waiting;
	struct sink_record out = record_of(sink, frame, SINK_RESULT);

	out.value = sink->record->value;
	out.size = sink->record->size;
	out.format = sink->gw->config->kafka->format;
	out.sampled = sink->sampled;
	gauge_move(gauge, 1);
	enum gw_drop drop = submit(sink, &out);

	if (drop != GW_DROP_NONE)
		gauge_move(gauge, -1);
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

/* Whether it would be refused for its size as it is, and has another chance. Sets *room to what it
 * may have. */
static bool is_to_be_reduced(const struct sink *sink, const struct sink_record *out, uint32_t *room)
{
	if (!sink->reducer)
		return false;
	const uint32_t most = sink->gw->config->kafka->frames->shrink;
	const uint32_t largest = sink->ops->largest(sink->backend);

	*room = largest < most ? largest : most;
	return out->size > *room;
}

/* A picture goes by reference: the frame's slot stays in use until the back-end has reported it. */
static enum gw_drop send_picture(struct sink *sink, const struct sink_record *out)
{
	struct gw_camera_stats *stats = &sink->lane->stats->camera[out->frame->camera];
	struct gw_frame *frame = out->frame;
	enum gw_drop drop;
	uint32_t room;
	const bool reduced = is_to_be_reduced(sink, out, &room);

	/* Before its result says that it is on its way. */
	if (!reduced && sink->ops->takes && !sink->ops->takes(sink->backend, out->size))
		return GW_DROP_SAMPLE_TOO_LARGE;
	if (!affords(sink, frame->camera))
		return GW_DROP_SAMPLE_RATE;
	if (!room_take(&sink->shared->room, frame->size_class))
		return GW_DROP_SAMPLE_BUDGET;
	gw_frame_ref(frame);
	hold(stats, frame);
	if (reduced) {
		drop = reducer_take(sink->reducer, out, room) ? GW_DROP_NONE
							      : GW_DROP_SAMPLE_TOO_LARGE;
		sink->waiting[SINK_SAMPLE] += drop == GW_DROP_NONE;
	} else {
		drop = submit(sink, out);
	}
	if (drop != GW_DROP_NONE) {
		unhold(stats, frame);
		room_leave(&sink->shared->room, frame);
		return drop;
	}
	/* One that is made smaller is paid for when it is known how small. */
	if (!reduced)
		sampler_pay(&sink->samplers[frame->camera], out->size);
	return drop;
}

/* Counts a picture that is through, one way or the other: before its result may have to come again.
 */
static void count_picture(struct sink *sink, const struct gw_frame *frame, enum gw_drop refused)
{
	struct gw_camera_stats *stats = &sink->lane->stats->camera[frame->camera];

	gw_counter_add(&stats->samples, 1);
	if (refused != GW_DROP_NONE)
		gw_count_drop(stats, refused);
}

/* The camera's own picture. False: it waits. */
static bool send_sample(struct sink *sink, struct gw_frame *frame)
{
	struct sink_record out = record_of(sink, frame, SINK_SAMPLE);

	if (!sink->chosen || sink->sampled)
		return true;
	out.value = frame->jpeg.data;
	out.size = frame->jpeg.size;
	const enum gw_drop refused = send_picture(sink, &out);

	if (comes_again(sink, frame, refused))
		return false;
	sink->sampled = refused == GW_DROP_NONE;
	sink->chosen = sink->sampled;
	count_picture(sink, frame, refused);
	return true;
}

/* The pictures that models made of it. False: one waits, and those after it. */
static bool send_enhanced(struct sink *sink, struct gw_frame *frame)
{
	struct sink_record out = record_of(sink, frame, SINK_SAMPLE);
	const struct gw_picture *picture;

	while ((picture = enhanced_next(sink->gw, &frame->result, &sink->enhanced))) {
		out.value = picture->jpeg;
		out.size = picture->size;
		out.finding = sink->enhanced;
		const enum gw_drop refused = send_picture(sink, &out);

		if (comes_again(sink, frame, refused))
			return false;
		sink->enhanced++;
		count_picture(sink, frame, refused);
	}
	return true;
}

/* To whoever looks at the camera: the frame's record, which the back-end has copied, is not needed
 * any more. */
static void show(struct sink *sink, const struct gw_frame *frame)
{
	struct gw_views *views = sink->gw->views;

	if (gw_view_is_wanted(views, frame->camera) &&
		record_finish_text(sink->record, frame, sink->sampled) == 0)
		gw_view_put(views, frame, frame->version->config->name, sink->record->value,
			sink->record->size, frame->stamp[GW_STAMP_SINK]);
}

/* Hands over what there is of a well frame. False: it waits as `stuck`, as far as it came. */
static bool deliver(struct sink *sink, struct gw_frame *frame, enum gw_drop *drop)
{
	frame->stamp[GW_STAMP_SINK] = gw_now();
	record_begin(sink->record, frame);
	if (!send_sample(sink, frame) || !send_enhanced(sink, frame))
		return false;
	if (record_finish(sink->record, frame, sink->sampled) != 0) {
		*drop = GW_DROP_SINK_FAILED;
		return true;
	}
	*drop = send_result(sink, frame);
	show(sink, frame);
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

	if (drop == GW_DROP_NONE) {
		if (!deliver(sink, frame, &drop)) {
			gauge_stuck(sink, frame, frame->pictures_held > 0);
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
	sink->asked = false;
	sink->chosen = frame->drop == GW_DROP_NONE && sample_due(sink, frame);
	sink->sampled = false;
	sink->enhanced = 0;
	return finish(sink, frame);
}

/* Pictures of a topic are, whatever the mode. */
static bool may_be_lossless(const struct gw *gw)
{
	return gw->lossless || gw->stages[GW_STAGE_SOURCE].lane_count > 0;
}

/* Hands over pictures that were made smaller. Each counts as waiting since it was taken. */
static uint32_t send_reduced(struct sink *sink)
{
	const struct sink_record *record;
	uint32_t count = 0;

	while (sink->reducer && !sink->purged && (record = reducer_next(sink->reducer))) {
		struct sink_report refused = {
			.kind = SINK_SAMPLE,
			.camera = record->frame->camera,
			.frame = record->frame,
		};
		const uint32_t size = record->size;
		enum gw_drop drop = GW_DROP_SAMPLE_TOO_LARGE;

		if (record->size > 0) {
			/* It may be through when submit returns. */
			reducer_send(sink->reducer, record);
			drop = sink->ops->submit(sink->backend, record);
		}
		if (drop == GW_DROP_SAMPLE_FULL && refused.frame->lossless) {
			reducer_keep(sink->reducer, record);
			break;
		}
		count++;
		if (drop == GW_DROP_NONE) {
			sampler_pay(&sink->samplers[refused.camera], size);
			continue;
		}
		reducer_drop(sink->reducer, record);
		refused.drop = drop;
		sink_settle(sink, &refused);
	}
	return count;
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

	count += send_reduced(sink);
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
	if (sink->ops->housekeeping)
		sink->ops->housekeeping(sink->backend, now);
}

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
		gauge_stuck(sink, sink->stuck, false);
		count_out(sink, sink->stuck, GW_DROP_SHUTDOWN);
		sink->stuck = NULL;
	}
	sink->purged = true;
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

	send_reduced(sink);
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
