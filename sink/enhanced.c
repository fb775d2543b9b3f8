#include "sink/enhanced.h"

#include <stdatomic.h>

static bool enhances(const struct gw *gw, const struct gw_result *result, uint16_t at)
{
	const uint16_t model = result->findings[at].model;

	if (result->task == GW_TASK_ENHANCE)
		return true;
	return model < atomic_load_explicit(&gw->model_count, memory_order_acquire) &&
		gw->models[model].task == GW_TASK_ENHANCE;
}

const struct gw_picture *enhanced_next(
	const struct gw *gw, const struct gw_result *result, uint16_t *at)
{
	if (result->task != GW_TASK_ENHANCE && result->task != GW_TASK_PLAN)
		*at = result->count;
	for (; *at < result->count; (*at)++) {
		const void *rest = gw_result_rest(result, &result->findings[*at]);

		if (rest && enhances(gw, result, *at))
			return rest;
	}
	return NULL;
}
