#include "sink/result_message.h"

#include <assert.h>
#include <stdatomic.h>
#include <string.h>

#include "core/orientation.h"
#include "sink/finding_message.h"
#include "sink/findings.h"
#include "sink/schema/result_fields.h"
#include "sink/wire.h"

/* The enums of result.proto. */
static const uint8_t clock_numbers[] = {
	[GW_CLOCK_ARRIVAL] = 1,
	[GW_CLOCK_RTCP] = 2,
	[GW_CLOCK_SOURCE] = 3,
	[GW_CLOCK_ONVIF] = 4,
};

static const uint8_t task_numbers[] = {
	[GW_TASK_NONE] = 1,
	[GW_TASK_CLASSIFY] = 2,
	[GW_TASK_DETECT] = 3,
	[GW_TASK_TEXT] = 4,
	[GW_TASK_SEGMENT] = 5,
	[GW_TASK_RAW] = 6,
	[GW_TASK_READ] = 7,
	[GW_TASK_ENHANCE] = 8,
	[GW_TASK_PLAN] = 9,
};

static const uint8_t kind_numbers[] = {
	[GW_TASK_CLASSIFY] = 1,
	[GW_TASK_DETECT] = 2,
	[GW_TASK_TEXT] = 3,
	[GW_TASK_READ] = 4,
	[GW_TASK_SEGMENT] = 5,
	[GW_TASK_RAW] = 6,
	[GW_TASK_ENHANCE] = 7,
};

static const struct {
	uint32_t bit;
	uint8_t number;
} flag_numbers[] = {{GW_FLAG_FIELD, 1}, {GW_FLAG_CONCEALED, 2}, {GW_FLAG_CROPPED, 3}};

/* Fields of LatencyUs. */
static const uint8_t segment_numbers[] = {
	[GW_SEGMENT_ASSEMBLE] = 1,
	[GW_SEGMENT_DECODE_WAIT] = 2,
	[GW_SEGMENT_DECODE] = 3,
	[GW_SEGMENT_INFER_WAIT] = 4,
	[GW_SEGMENT_INFER] = 5,
	[GW_SEGMENT_SINK_WAIT] = 6,
	[GW_SEGMENT_TOTAL] = 7,
};

static_assert(
	sizeof(clock_numbers) == GW_CLOCK_COUNT, "a new clock needs a number in result.proto");
static_assert(
	sizeof(segment_numbers) == GW_SEGMENT_COUNT, "a new segment needs a field in result.proto");
#define X(NAME, name, bit) +1
static_assert(sizeof(flag_numbers) / sizeof(flag_numbers[0]) == 0 GW_FRAME_FLAGS(X),
	"a new flag needs a number in result.proto");
#undef X

static void put_flags(struct writer *writer, uint32_t flags)
{
	if (flags == 0)
		return;
	const size_t begin = wire_begin(writer, FRAME_FLAGS);

	for (size_t i = 0; i < sizeof(flag_numbers) / sizeof(flag_numbers[0]); i++)
		if (flags & flag_numbers[i].bit)
			wire_element(writer, flag_numbers[i].number);
	wire_end(writer, begin);
}

static void put_frame(struct writer *writer, const struct gw_frame *frame)
{
	const size_t begin = wire_begin(writer, RESULT_FRAME);

	wire_number(writer, FRAME_SEQUENCE, frame->sequence);
	wire_fixed32(writer, FRAME_RTP_TIMESTAMP, frame->rtp_timestamp);
	wire_fixed32(writer, FRAME_SSRC, frame->ssrc);
	wire_number(writer, FRAME_WIDTH, frame->width);
	wire_number(writer, FRAME_HEIGHT, frame->height);
	if (frame->orientation > GW_UPRIGHT)
		wire_number(writer, FRAME_ORIENTATION, frame->orientation);
	wire_number(writer, FRAME_CLOCK_SOURCE, clock_numbers[frame->clock]);
	put_flags(writer, frame->flags);
	wire_number(writer, FRAME_BYTES, frame->jpeg.size);
	wire_end(writer, begin);
}

static void put_latencies(struct writer *writer, const struct gw_frame *frame)
{
	const size_t begin = wire_begin(writer, RESULT_LATENCY_US);

	for (int i = 0; i < GW_SEGMENT_COUNT; i++) {
		int64_t us = gw_frame_span_us(frame, gw_segments[i].from, gw_segments[i].to);

		if (us >= 0)
			wire_set_number(writer, segment_numbers[i], (uint64_t)us);
	}
	wire_end(writer, begin);
}

/* Its task is told where several models looked. */
static void put_model(
	struct writer *writer, uint32_t field, const struct gw_model_info *model, bool with_task)
{
	const size_t begin = wire_begin(writer, field);

	wire_string(writer, MODEL_NAME, model->name);
	wire_number(writer, MODEL_VERSION, model->version);
	wire_string(writer, MODEL_DIGEST, model->digest);
	if (with_task)
		wire_number(writer, MODEL_TASK, task_numbers[model->task]);
	wire_end(writer, begin);
}

/* The number of a finding, as text. */
static void put_id(struct writer *writer, uint32_t field, uint16_t number)
{
	char text[8];
	struct writer digits;

	writer_begin(&digits, text, sizeof(text));
	writer_unsigned(&digits, number);
	wire_text(writer, field, text, digits.size);
}

static void put_classes(
	struct writer *writer, const struct gw_model_info *model, const struct gw_result *result)
{
	for (uint16_t i = 0; i < result->count && i < GW_TOP_K; i++) {
		const size_t begin = wire_begin(writer, RESULT_CLASSES);

		finding_put_entry(writer, model, &result->findings[i]);
		wire_end(writer, begin);
	}
}

static void put_objects(
	struct writer *writer, const struct gw_model_info *model, const struct gw_result *result)
{
	for (uint16_t i = 0; i < result->count && i < GW_BOXES; i++) {
		const struct gw_finding *finding = &result->findings[i];
		const size_t begin = wire_begin(writer, RESULT_OBJECTS);

		put_id(writer, FINDING_ID, i);
		finding_put_object(
			writer, model, result->task, finding, gw_result_rest(result, finding));
		wire_end(writer, begin);
	}
}

static void put_mask(
	struct writer *writer, const struct gw_model_info *model, const struct gw_result *result)
{
	const struct gw_finding *finding = &result->findings[0];
	const struct gw_mask *mask = result->count > 0 ? gw_result_rest(result, finding) : NULL;

	if (mask)
		finding_put_mask(writer, RESULT_MASK, model, finding, mask);
}

static void put_tensors(
	struct writer *writer, const struct gw_model_info *model, const struct gw_result *result)
{
	for (uint16_t i = 0; i < result->count; i++) {
		const struct gw_finding *finding = &result->findings[i];

		finding_put_tensor(
			writer, RESULT_TENSORS, model, finding, gw_result_rest(result, finding));
	}
}

static void put_lines(
	struct writer *writer, const struct gw_model_info *model, const struct gw_result *result)
{
	for (uint16_t i = 0; i < result->count; i++) {
		const size_t begin = wire_begin(writer, RESULT_LINES);

		finding_put_line(writer, LINE_TEXT, LINE_CONFIDENCE, result, &result->findings[i]);
		wire_end(writer, begin);
	}
}

static void put_picture(
	struct writer *writer, const struct gw_model_info *model, const struct gw_result *result)
{
	const struct gw_picture *picture =
		result->count > 0 ? gw_result_rest(result, &result->findings[0]) : NULL;

	if (picture)
		finding_put_picture(writer, RESULT_ENHANCED, picture);
}

static void put_kind(struct writer *writer, const struct gw_model_info *model,
	const struct gw_result *result, const struct gw_finding *finding)
{
	const void *rest = gw_result_rest(result, finding);

	switch (model->task) {
	case GW_TASK_DETECT:
	case GW_TASK_TEXT:
		finding_put_object(writer, model, model->task, finding, rest);
		break;
	case GW_TASK_SEGMENT:
		finding_put_mask(writer, FINDING_MASK, model, finding, rest);
		break;
	case GW_TASK_RAW:
		finding_put_tensor(writer, FINDING_TENSOR, model, finding, rest);
		break;
	case GW_TASK_READ:
		finding_put_line(writer, FINDING_TEXT, FINDING_CONFIDENCE, result, finding);
		break;
	case GW_TASK_ENHANCE:
		finding_put_picture(writer, FINDING_ENHANCED, rest);
		break;
	default:
		finding_put_entry(writer, model, finding);
	}
}

static void put_finding(struct writer *writer, const struct gw_model_info *model,
	const struct gw_result *result, uint16_t i)
{
	const struct gw_finding *finding = &result->findings[i];
	const size_t begin = wire_begin(writer, RESULT_FINDINGS);
	char name[FINDINGS_MODEL_NAME];

	put_id(writer, FINDING_ID, i);
	wire_number(writer, FINDING_KIND, kind_numbers[model->task]);
	wire_text(writer, FINDING_MODEL, name, findings_model_name(name, model));
	if (finding->parent != GW_NO_FINDING)
		put_id(writer, FINDING_PARENT, finding->parent);
	put_kind(writer, model, result, finding);
	wire_end(writer, begin);
}

static void put_plan(struct writer *writer, const struct gw_model_info *models, uint32_t count,
	const struct gw_result *result)
{
	for (uint16_t i = 0; i < result->run_count; i++)
		if (result->runs[i] < count && !findings_looked_before(result, i))
			put_model(writer, RESULT_MODELS, &models[result->runs[i]], true);
	if (result->disagreement >= 0)
		wire_set_float(writer, RESULT_DISAGREEMENT,
			result->disagreement < 1 ? result->disagreement : 1);
	wire_number(writer, RESULT_TRUNCATED, result->truncated);
	for (uint16_t i = 0; i < result->count && i < GW_FINDINGS; i++) {
		const struct gw_finding *finding = &result->findings[i];

		if (finding->model < count && findings_is_whole(&models[finding->model], finding))
			put_finding(writer, &models[finding->model], result, i);
	}
}

static void put_findings(struct writer *writer, const struct gw *gw, const struct gw_result *result)
{
	static void (*const put[])(
		struct writer *, const struct gw_model_info *, const struct gw_result *) = {
		[GW_TASK_CLASSIFY] = put_classes,
		[GW_TASK_DETECT] = put_objects,
		[GW_TASK_TEXT] = put_objects,
		[GW_TASK_SEGMENT] = put_mask,
		[GW_TASK_RAW] = put_tensors,
		[GW_TASK_READ] = put_lines,
		[GW_TASK_ENHANCE] = put_picture,
	};
	const uint32_t models = atomic_load_explicit(&gw->model_count, memory_order_acquire);
	const bool alone = result->task != GW_TASK_PLAN && result->task != GW_TASK_NONE;

	if (alone && result->model >= models) {
		wire_number(writer, RESULT_TASK, task_numbers[GW_TASK_NONE]);
		return;
	}
	wire_number(writer, RESULT_TASK, task_numbers[result->task]);
	if (result->task == GW_TASK_PLAN)
		put_plan(writer, gw->models, models, result);
	if (!alone)
		return;
	put_model(writer, RESULT_MODEL, &gw->models[result->model], false);
	put[result->task](writer, &gw->models[result->model], result);
}

void result_message_write(struct writer *writer, const struct record *record,
	const struct gw_frame *frame, bool sampled)
{
	const struct gw *gw = record->gw;

	wire_string(writer, RESULT_VERSION, "1.0");
	wire_string(writer, RESULT_ID, record->id);
	wire_time(writer, RESULT_TIMESTAMP, frame->capture_ns);
	wire_string(writer, RESULT_SENSOR_ID, frame->version->config->name);
	wire_string(writer, RESULT_GATEWAY, gw->config->gateway->name);
	put_frame(writer, frame);
	put_findings(writer, gw, &frame->result);
	wire_number(writer, RESULT_SAMPLED, sampled);
	put_latencies(writer, frame);
}
