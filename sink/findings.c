#include "sink/findings.h"

#include <stdatomic.h>

#include "sink/finding.h"

static void write_classes(
	struct writer *writer, const struct gw_model_info *model, const struct gw_result *result)
{
	writer_raw(writer, ",\"classes\":[");
	for (uint16_t i = 0; i < result->count && i < GW_TOP_K; i++) {
		writer_raw(writer, i > 0 ? ",{" : "{");
		finding_write_entry(writer, model, &result->findings[i]);
		writer_raw(writer, "}");
	}
	writer_raw(writer, "]");
}

static void write_objects(
	struct writer *writer, const struct gw_model_info *model, const struct gw_result *result)
{
	writer_raw(writer, ",\"objects\":[");
	for (uint16_t i = 0; i < result->count && i < GW_BOXES; i++) {
		const struct gw_finding *finding = &result->findings[i];
		const void *rest = gw_result_rest(result, finding);

		writer_raw(writer, i > 0 ? ",{\"id\":\"" : "{\"id\":\"");
		writer_unsigned(writer, i);
		writer_raw(writer, "\",");
		finding_write_entry(writer, model, finding);
		finding_write_bbox(writer, finding);
		if (rest)
			finding_write_rest(writer, model, result->task, finding, rest);
		writer_raw(writer, "}");
	}
	writer_raw(writer, "]");
}

static void write_mask(
	struct writer *writer, const struct gw_model_info *model, const struct gw_result *result)
{
	const struct gw_finding *finding = &result->findings[0];
	const struct gw_mask *mask = result->count > 0 ? gw_result_rest(result, finding) : NULL;

	if (!mask)
		return;
	writer_raw(writer, ",");
	finding_write_mask(writer, model, finding, mask);
}

static void write_tensors(
	struct writer *writer, const struct gw_model_info *model, const struct gw_result *result)
{
	writer_raw(writer, ",\"tensors\":[");
	for (uint16_t i = 0; i < result->count; i++) {
		const struct gw_finding *finding = &result->findings[i];

		writer_raw(writer, i > 0 ? "," : "");
		finding_write_tensor(writer, model, finding, gw_result_rest(result, finding));
	}
	writer_raw(writer, "]");
}

static void write_lines(
	struct writer *writer, const struct gw_model_info *model, const struct gw_result *result)
{
	writer_raw(writer, ",\"lines\":[");
	for (uint16_t i = 0; i < result->count; i++) {
		writer_raw(writer, i > 0 ? ",{" : "{");
		finding_write_line(writer, result, &result->findings[i]);
		writer_raw(writer, "}");
	}
	writer_raw(writer, "]");
}

static void write_picture(
	struct writer *writer, const struct gw_model_info *model, const struct gw_result *result)
{
	const struct gw_picture *picture =
		result->count > 0 ? gw_result_rest(result, &result->findings[0]) : NULL;

	if (!picture)
		return;
	writer_raw(writer, ",");
	finding_write_picture(writer, picture);
}

void findings_write_model(struct writer *writer, const struct gw_model_info *model)
{
	writer_raw(writer, "{\"name\":");
	writer_string(writer, model->name);
	writer_raw(writer, ",\"version\":");
	writer_unsigned(writer, model->version);
	writer_raw(writer, ",\"digest\":");
	writer_string(writer, model->digest);
}

void findings_write(struct writer *writer, const struct gw *gw, const struct gw_result *result)
{
	static void (*const writers[])(
		struct writer *, const struct gw_model_info *, const struct gw_result *) = {
		[GW_TASK_CLASSIFY] = write_classes,
		[GW_TASK_DETECT] = write_objects,
		[GW_TASK_TEXT] = write_objects,
		[GW_TASK_SEGMENT] = write_mask,
		[GW_TASK_RAW] = write_tensors,
		[GW_TASK_READ] = write_lines,
		[GW_TASK_ENHANCE] = write_picture,
	};
	const uint32_t models = atomic_load_explicit(&gw->model_count, memory_order_acquire);

	if (result->task == GW_TASK_PLAN) {
		findings_write_plan(writer, gw->models, models, result);
		return;
	}
	if (result->model >= models || result->task == GW_TASK_NONE) {
		writer_raw(writer, "\"task\":\"none\"");
		return;
	}
	const struct gw_model_info *model = &gw->models[result->model];

	writer_raw(writer, "\"model\":");
	findings_write_model(writer, model);
	writer_raw(writer, "},\"task\":");
	writer_string(writer, gw_task_name(result->task));
	writers[result->task](writer, model, result);
}
