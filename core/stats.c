#include "core/stats.h"

#include <stdlib.h>

struct gw_stage_stats *gw_stage_stats_create(const char *stage, uint32_t camera_count)
{
	struct gw_stage_stats *stats = calloc(
		1, sizeof(*stats) + (camera_count + 1) * sizeof(struct gw_camera_stats));

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
