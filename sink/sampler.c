#include "sink/sampler.h"

#include <string.h>

#include "core/clock.h"
#include "core/gateway.h"

bool sampler_due(struct sampler *sampler, uint32_t every, bool now)
{
	if (every == 0)
		return now;
	if (sampler->since == 0 || sampler->since >= every) {
		sampler->since = 1;
		return true;
	}
	sampler->since++;
	return now;
}

bool sampler_timely(struct sampler *sampler, uint32_t seconds, int64_t now)
{
	const int64_t step = seconds * GW_NS_PER_S;

	/* The second one: a time that was set when there were more seconds. */
	if (now < sampler->again && sampler->again - now <= step)
		return false;
	/* From the one before on, so that frames that come a little late make no slower beat. */
	sampler->again = now - sampler->again < step ? sampler->again + step : now + step;
	return true;
}

/* Whose finding it is; NULL: one without label and confidence, or another class than the first of a
 * classification. */
static const struct gw_model_info *named_by(
	const struct gw *gw, const struct gw_result *result, uint16_t i)
{
	const bool plan = result->task == GW_TASK_PLAN;
	const struct gw_finding *finding = &result->findings[i];
	const uint16_t number = plan ? finding->model : result->model;
	const struct gw_model_info *model = number < gw->model_count ? &gw->models[number] : NULL;

	if (!model)
		return NULL;
	switch (plan ? model->task : result->task) {
	case GW_TASK_DETECT:
	case GW_TASK_TEXT:
		return model;
	case GW_TASK_CLASSIFY:
		if (i == 0 ||
			(plan &&
				(finding[-1].model != finding->model ||
					finding[-1].parent != finding->parent)))
			return model;
		return NULL;
	default:
		return NULL;
	}
}

static bool is_wanted(const char *label, const struct gw_frames_topic_config *frames)
{
	for (uint32_t i = 0; i < frames->classes_count; i++)
		if (strcmp(label, frames->classes[i]) == 0)
			return true;
	return false;
}

bool sampler_shows(const struct gw *gw, const struct gw_result *result,
	const struct gw_frames_topic_config *frames)
{
	for (uint16_t i = 0; frames->classes_count > 0 && i < result->count; i++) {
		const struct gw_model_info *model = named_by(gw, result, i);
		const uint16_t index = result->findings[i].index;

		if (model && index < model->label_count && is_wanted(model->labels[index], frames))
			return true;
	}
	return false;
}

bool sampler_unsure(const struct gw *gw, const struct gw_result *result, float least)
{
	for (uint16_t i = 0; least > 0 && i < result->count; i++)
		if (result->findings[i].confidence < least && named_by(gw, result, i))
			return true;
	return false;
}

bool sampler_affords(struct sampler *sampler, uint32_t rate, int64_t now)
{
	if (rate == 0) {
		sampler->credit = sampler->credited = 0;
		return true;
	}
	const double earned = (double)(now - sampler->credited) * rate / GW_NS_PER_S;

	/* What was not used is kept for a second. */
	if (sampler->credited == 0 || earned >= (double)(rate - sampler->credit)) {
		sampler->credit = rate;
		sampler->credited = now;
	} else {
		/* Whole bytes; the rest of the time counts for the next one. */
		sampler->credit += (int64_t)earned;
		sampler->credited += (int64_t)((double)(int64_t)earned * GW_NS_PER_S / rate);
	}
	return sampler->credit > 0;
}
