/* The last stage: every frame ends here, whatever became of it, and is counted exactly once. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/gateway.h"
#include "core/log.h"
#include "sink/record.h"
#include "sink/routes.h"
#include "sink/sampler.h"
#include "sink/sink.h"
#include "sink/stage.h"

struct sink {
	struct gw *gw;
	struct gw_stage_stats *stats;
	const struct sink_ops *ops;
	void *backend;
	struct record *record;
	struct sampler *samplers; /* per camera */
	uint32_t budget; /* samples that may wait */
	uint32_t waiting[2]; /* records not reported yet, by enum sink_kind */
	uint32_t kept[GW_SIZE_CLASSES]; /* slots that waiting samples keep */
};

static void gauge_move(struct gw_counter *gauge, int by)
{
	gw_counter_add(gauge, (uint64_t)(int64_t)by);
}

void sink_report(struct sink *sink, const struct sink_report *report)
{
	struct gw_camera_stats *stats = &sink->stats->camera[report->camera];
	bool delivered = report->drop == GW_DROP_NONE;

	sink->waiting[report->kind]--;
	if (!delivered)
		gw_count_drop(stats, report->drop);
	if (report->kind == SINK_RESULT) {
		if (delivered) {
			gw_histogram_record(&sink->gw->latency->acknowledge, report->waited_us);
			gw_counter_add(&stats->delivered, 1);
		}
		gauge_move(&stats->results_waiting, -1);
		return;
	}
	if (delivered)
		gw_counter_add(&stats->samples_delivered, 1);
	gauge_move(&stats->samples_held, -1);
	sink->kept[report->frame->size_class]--;
	gw_frame_unref(report->frame);
}

static bool sample_due(struct sink *sink, uint32_t index)
{
	struct gw_camera *camera = &sink->gw->cameras[index];
	/* A replay writes down every picture. */
	uint32_t every = sink->gw->replay
		? 1
		: atomic_load_explicit(&camera->sample_every, memory_order_relaxed);
	/* The exchange locks the bus: not for every frame. */
	bool now = atomic_load_explicit(&camera->sample_now, memory_order_relaxed) &&
		atomic_exchange_explicit(&camera->sample_now, false, memory_order_relaxed);

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
		.camera = sink->gw->cameras[frame->camera].config->name,
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

/* Brokers that are away must not eat the pool: samples never keep more than half of a size class,
 * though of each class at least one. A replay has no brokers and leaves no picture out. */
static bool within_budget(const struct sink *sink, uint32_t size_class)
{
	const uint32_t slots = gw_pool_class_size(sink->gw->pool, size_class);

	return sink->gw->replay ||
		(sink->waiting[SINK_SAMPLE] < sink->budget &&
			sink->kept[size_class] < (slots + 1) / 2);
}

/* The picture goes by reference: the frame's slot stays in use until the back-end has reported it.
 * Returns whether it is on its way. */
static bool send_sample(struct sink *sink, struct gw_camera_stats *stats, struct gw_frame *frame)
{
	enum gw_drop drop = GW_DROP_SAMPLE_BUDGET;

	gw_counter_add(&stats->samples, 1);
	if (within_budget(sink, frame->size_class)) {
		gw_frame_ref(frame);
		sink->kept[frame->size_class]++;
		drop = submit(sink, &stats->samples_held, frame, SINK_SAMPLE, true);
		if (drop != GW_DROP_NONE) {
			sink->kept[frame->size_class]--;
			gw_frame_unref(frame);
		}
	}
	if (drop != GW_DROP_NONE)
		gw_count_drop(stats, drop);
	return drop == GW_DROP_NONE;
}

static void finish(struct sink *sink, struct gw_frame *frame)
{
	struct gw_camera_stats *stats = &sink->stats->camera[frame->camera];
	enum gw_drop drop = frame->drop;

	if (drop == GW_DROP_NONE) {
		frame->stamp[GW_STAMP_SINK] = gw_now();
		gw_latency_record(sink->gw->latency, frame);
		record_begin(sink->record, frame);
		bool sampled = sample_due(sink, frame->camera) && send_sample(sink, stats, frame);

		if (record_finish(sink->record, frame, sampled) != 0)
			drop = GW_DROP_SINK_FAILED;
		else
			drop = submit(sink, &stats->results_waiting, frame, SINK_RESULT, sampled);
	}
	if (drop != GW_DROP_NONE)
		gw_count_drop(stats, drop);
	/* Before the slot returns: who finds it free must not find its frame still on the way. The
	 * audit reads neither of the two against the other. */
	gw_counter_add(&stats->frames_out, 1);
	gw_frame_unref(frame);
}

static uint32_t sink_poll(struct gw_stage *stage)
{
	struct sink *sink = stage->state;
	struct gw_frame *frames[GW_BURST];
	uint32_t count = gw_stage_take(stage, frames, GW_BURST);

	for (uint32_t i = 0; i < count; i++)
		finish(sink, frames[i]);
	if (sink->waiting[SINK_RESULT] + sink->waiting[SINK_SAMPLE] > 0)
		count += sink->ops->poll(sink->backend);
	return count;
}

static void sink_housekeeping(struct gw_stage *stage, int64_t now)
{
	struct sink *sink = stage->state;

	/* Also when nothing waits: a back-end may hear of its brokers there. */
	sink->ops->poll(sink->backend);
	if (sink->ops->housekeeping)
		sink->ops->housekeeping(sink->backend, now);
}

static void write_off_sample(struct gw_frame *frame, void *arg)
{
	struct sink *sink = arg;

	/* Of the slots in use, only those with a waiting sample have come as far as here. */
	if (frame->stamp[GW_STAMP_SINK] != 0)
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
	for (uint32_t i = 0; i < sink->gw->camera_count; i++) {
		struct gw_camera_stats *stats = &sink->stats->camera[i];

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

	if (results + samples == 0)
		return;
	sink->ops->purge(sink->backend);
	write_off(sink);
	gw_warn("kafka", "%u results and %u sampled pictures were still unconfirmed at the end",
		results, samples);
}

static bool sink_drain(struct gw_stage *stage)
{
	struct sink *sink = stage->state;
	int64_t deadline = atomic_load_explicit(&stage->drain_by, memory_order_relaxed);

	if (sink->ops->flush)
		sink->ops->flush(sink->backend);
	sink->ops->poll(sink->backend);
	if (deadline != 0 && gw_now() >= deadline)
		purge(sink);
	return sink->waiting[SINK_RESULT] + sink->waiting[SINK_SAMPLE] == 0;
}

static void sink_end(struct gw_stage *stage)
{
	purge(stage->state);
}

static int sink_open(struct gw_stage *stage, struct gw_error *error)
{
	struct sink *sink = calloc(1, sizeof(*sink));

	if (!sink)
		return gw_error_set(error, -ENOMEM, "kafka: out of memory");
	stage->state = sink;
	sink->gw = stage->gw;
	sink->stats = stage->stats;
	sink->budget = stage->gw->config->kafka->frames->budget;
	sink->samplers = calloc(stage->gw->camera_count + 1, sizeof(struct sampler));
	sink->record = record_create(stage->gw);
	if (!sink->samplers || !sink->record)
		return gw_error_set(error, -ENOMEM, "kafka: out of memory");
	sink->ops = sink_choose(stage->gw, error);
	if (!sink->ops)
		return -EINVAL;
	return sink->ops->open(stage->gw, sink, &sink->backend, error);
}

static void sink_close(struct gw_stage *stage)
{
	struct sink *sink = stage->state;

	if (!sink)
		return;
	if (sink->ops)
		sink->ops->close(sink->backend);
	record_destroy(sink->record);
	free(sink->samplers);
	free(sink);
	stage->state = NULL;
}

static struct json_t *sink_describe(struct gw_stage *stage)
{
	struct sink *sink = stage->state;

	return sink->ops->describe(sink->backend);
}

const struct gw_stage_ops sink_stage = {
	.name = "sink",
	.open = sink_open,
	.end = sink_end,
	.poll = sink_poll,
	.housekeeping = sink_housekeeping,
	.drain = sink_drain,
	.close = sink_close,
	.describe = sink_describe,
	.routes = sink_routes,
};
