#include "sink/delivery.h"

#include "core/clock.h"
#include "core/gateway.h"
#include "core/view.h"
#include "sink/enhanced.h"
#include "sink/lane.h"
#include "sink/record.h"
#include "sink/reduced.h"
#include "sink/settle.h"
#include "sink/sink.h"

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

static struct sink_record result_of(const struct sink *sink, struct gw_frame *frame)
{
	struct sink_record out = record_of(sink, frame, SINK_RESULT);

	out.value = sink->record->value;
	out.size = sink->record->size;
	out.format = sink->gw->config->kafka->format;
	out.sampled = sink->sampled;
	return out;
}

static enum gw_drop send_result(struct sink *sink, struct gw_frame *frame)
{
	struct gw_counter *gauge = &sink->lane->stats->camera[frame->camera].results_waiting;
	const struct sink_record out = result_of(sink, frame);

	settle_gauge(gauge, 1);
	enum gw_drop drop = submit(sink, &out);

	if (drop != GW_DROP_NONE)
		settle_gauge(gauge, -1);
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

/* A picture goes by reference: the frame's slot stays in use until the back-end has reported it.
 * *reduced: it is made smaller first, and nobody knows yet whether it goes. */
static enum gw_drop send_picture(struct sink *sink, const struct sink_record *out, bool *reduced)
{
	struct gw_camera_stats *stats = &sink->lane->stats->camera[out->frame->camera];
	struct gw_frame *frame = out->frame;
	enum gw_drop drop;
	uint32_t room;

	*reduced = reduced_is_due(sink, out, &room);
	/* Before its result says that it is on its way. */
	if (!*reduced && sink->ops->takes && !sink->ops->takes(sink->backend, out->size))
		return GW_DROP_SAMPLE_TOO_LARGE;
	if (!affords(sink, frame->camera))
		return GW_DROP_SAMPLE_RATE;
	if (!room_take(&sink->shared->room, frame->size_class))
		return GW_DROP_SAMPLE_BUDGET;
	gw_frame_ref(frame);
	settle_hold(stats, frame);
	if (*reduced) {
		drop = reducer_take(sink->reducer, out, room) ? GW_DROP_NONE
							      : GW_DROP_SAMPLE_TOO_LARGE;
		sink->waiting[SINK_SAMPLE] += drop == GW_DROP_NONE;
	} else {
		drop = submit(sink, out);
	}
	if (drop != GW_DROP_NONE) {
		settle_unhold(stats, frame);
		room_leave(&sink->shared->room, frame);
		return drop;
	}
	/* One that is made smaller is paid for when it is known how small. */
	if (!*reduced)
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

	if (!sink->chosen || sink->sampled || sink->reducing)
		return true;
	out.value = frame->jpeg.data;
	out.size = frame->jpeg.size;
	bool reduced;
	const enum gw_drop refused = send_picture(sink, &out, &reduced);

	if (comes_again(sink, frame, refused))
		return false;
	sink->reducing = refused == GW_DROP_NONE && reduced;
	sink->sampled = refused == GW_DROP_NONE && !reduced;
	sink->chosen = refused == GW_DROP_NONE;
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
		bool reduced;
		const enum gw_drop refused = send_picture(sink, &out, &reduced);

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

/* Of a frame whose picture is on its way to be made smaller both results that it may have. */
static bool hold_either(struct sink *sink, struct gw_frame *frame)
{
	struct record *record = sink->record;
	const struct sink_record out = result_of(sink, frame);

	if (!held_add(sink, &out, sink->reducing))
		return false;
	if (!sink->reducing)
		return true;
	if (record_finish(record, frame, true) == 0)
		held_set_sampled(sink->held, record->value, record->size);
	else
		held_answer(sink->held, frame, false);
	return true;
}

/* Leaves a result behind what is held. False: there is no room, and the frame waits for it. */
static bool hold_result(struct sink *sink, struct gw_frame *frame, enum gw_drop *drop)
{
	while (!hold_either(sink, frame)) {
		if (frame->lossless)
			return false;
		/* What was given up may go now, and makes room. */
		if (reduced_give_up(sink, INT64_MAX))
			continue;
		/* But not behind a lossless one, which is not given up. */
		if (sink->reducing)
			reducer_give_up(sink->reducer, frame);
		sink->reducing = false;
		*drop = held_has(sink->held, frame->camera) ? GW_DROP_SINK_FULL
							    : send_result(sink, frame);
		return true;
	}
	return true;
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
	if (sink->reducing || held_has(sink->held, frame->camera)) {
		if (!hold_result(sink, frame, drop))
			return false;
		show(sink, frame);
		return true;
	}
	*drop = send_result(sink, frame);
	show(sink, frame);
	return !comes_again(sink, frame, *drop);
}

bool delivery_finish(struct sink *sink, struct gw_frame *frame)
{
	enum gw_drop drop = frame->drop;

	if (drop == GW_DROP_NONE) {
		if (!deliver(sink, frame, &drop)) {
			settle_stuck(sink, frame, frame->pictures_held > 0);
			sink->stuck = frame;
			return false;
		}
		settle_stuck(sink, frame, false);
		gw_latency_record(settle_latency(sink), frame);
	}
	if (gw_trace_is_on(&sink->gw->trace))
		gw_trace_frame(&sink->gw->trace, sink->lane->index, frame, gw_now());
	sink->stuck = NULL;
	settle_frame(sink, frame, drop);
	return true;
}

bool delivery_begin(struct sink *sink, struct gw_frame *frame)
{
	sink->asked = false;
	sink->chosen = frame->drop == GW_DROP_NONE && sample_due(sink, frame);
	sink->sampled = sink->reducing = false;
	sink->enhanced = 0;
	return delivery_finish(sink, frame);
}
