#include "core/stats.h"

#include <stdlib.h>

#include "core/gateway.h"

struct gw_stage_stats *gw_stage_stats_create(const char *stage, uint32_t camera_count)
{
	struct gw_stage_stats *stats =
		calloc(1, sizeof(*stats) + (camera_count + 1) * sizeof(struct gw_camera_stats));

	if (!stats)
		return NULL;
	stats->stage = stage;
	stats->camera_count = camera_count;
	return stats;
}

void gw_stage_stats_destroy(struct gw_stage_stats *stats)
{
	free(stats);
}

uint64_t gw_total_drops(const struct gw *gw, uint32_t camera, enum gw_drop drop)
{
	uint64_t total = 0;

	for (int i = 0; i < GW_STAGES; i++)
		total += gw_counter_get(&gw->stages[i].stats->camera[camera].drops[drop]);
	return total;
}

uint64_t gw_total_events(const struct gw *gw, uint32_t camera, enum gw_event event)
{
	uint64_t total = 0;

	for (int i = 0; i < GW_STAGES; i++)
		total += gw_counter_get(&gw->stages[i].stats->camera[camera].events[event]);
	return total;
}
