/* The result of a plan: one flat list of what several models found. */
#include "sink/finding.h"
#include "sink/findings.h"

size_t findings_model_name(char name[FINDINGS_MODEL_NAME], const struct gw_model_info *model)
{
	struct writer text;

	writer_begin(&text, name, FINDINGS_MODEL_NAME);
	writer_raw(&text, model->name);
	writer_raw(&text, ":");
	writer_unsigned(&text, model->version);
	return text.size;
}

static void write_rest(struct writer *writer, const struct gw_model_info *model,
	const struct gw_result *result, const struct gw_finding *finding)
{
	const void *rest = gw_result_rest(result, finding);

	writer_raw(writer, ",");
	switch (model->task) {
	case GW_TASK_DETECT:
	case GW_TASK_TEXT:
		finding_write_entry(writer, model, finding);
		finding_write_bbox(writer, finding);
		if (rest)
			finding_write_rest(writer, model, model->task, finding, rest);
		break;
	case GW_TASK_SEGMENT:
		finding_write_mask(writer, model, finding, rest);
		break;
	case GW_TASK_RAW:
		writer_raw(writer, "\"tensor\":");
		finding_write_tensor(writer, model, finding, rest);
		break;
	case GW_TASK_READ:
		finding_write_line(writer, result, finding);
		break;
	case GW_TASK_ENHANCE:
		finding_write_picture(writer, rest);
		break;
	default:
		finding_write_entry(writer, model, finding);
	}
}

static void write_finding(struct writer *writer, const struct gw_model_info *model,
	const struct gw_result *result, uint16_t i)
{
	static const char *const kinds[] = {
		[GW_TASK_CLASSIFY] = "class",
		[GW_TASK_DETECT] = "object",
		[GW_TASK_TEXT] = "text",
		[GW_TASK_SEGMENT] = "mask",
		[GW_TASK_RAW] = "tensor",
		[GW_TASK_READ] = "read",
		[GW_TASK_ENHANCE] = "picture",
	};
	const struct gw_finding *finding = &result->findings[i];
	char name[FINDINGS_MODEL_NAME];

	writer_raw(writer, "{\"id\":\"");
	writer_unsigned(writer, i);
	writer_raw(writer, "\",\"kind\":");
	writer_string(writer, kinds[model->task]);
	writer_raw(writer, ",\"model\":");
	writer_text(writer, name, findings_model_name(name, model));
	if (finding->parent != GW_NO_FINDING) {
		writer_raw(writer, ",\"parent\":\"");
		writer_unsigned(writer, finding->parent);
		writer_raw(writer, "\"");
	}
	write_rest(writer, model, result, finding);
	writer_raw(writer, "}");
}

bool findings_looked_before(const struct gw_result *result, uint16_t i)
{
	for (uint16_t k = 0; k < i; k++)
		if (result->runs[k] == result->runs[i])
			return true;
	return false;
}

static void write_models(struct writer *writer, const struct gw_model_info *models, uint32_t count,
	const struct gw_result *result)
{
	const char *comma = "";

	writer_raw(writer, ",\"models\":[");
	for (uint16_t i = 0; i < result->run_count; i++) {
		if (result->runs[i] >= count || findings_looked_before(result, i))
			continue;
		writer_raw(writer, comma);
		findings_write_model(writer, &models[result->runs[i]]);
		writer_raw(writer, ",\"task\":");
		writer_string(writer, gw_task_name(models[result->runs[i]].task));
		writer_raw(writer, "}");
		comma = ",";
	}
	writer_raw(writer, "]");
}

bool findings_is_whole(const struct gw_model_info *model, const struct gw_finding *finding)
{
	const enum gw_task task = model->task;

	return finding->extra_size > 0 ||
		(task != GW_TASK_SEGMENT && task != GW_TASK_RAW && task != GW_TASK_ENHANCE);
}

void findings_write_plan(struct writer *writer, const struct gw_model_info *models, uint32_t count,
	const struct gw_result *result)
{
	const char *comma = "";

	writer_raw(writer, "\"task\":\"plan\"");
	write_models(writer, models, count, result);
	if (result->disagreement >= 0) {
		writer_raw(writer, ",\"disagreement\":");
		writer_fixed(writer, result->disagreement < 1 ? result->disagreement : 1, 4);
	}
	writer_raw(writer, result->truncated ? ",\"truncated\":true" : ",\"truncated\":false");
	writer_raw(writer, ",\"findings\":[");
	for (uint16_t i = 0; i < result->count && i < GW_FINDINGS; i++) {
		const struct gw_finding *finding = &result->findings[i];

		if (finding->model >= count || !findings_is_whole(&models[finding->model], finding))
			continue;
		writer_raw(writer, comma);
		write_finding(writer, &models[finding->model], result, i);
		comma = ",";
	}
	writer_raw(writer, "]");
}
