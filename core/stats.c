#include "core/stats.h"

#include <stdlib.h>
#include <sys/mman.h>

/* Every counter but these is a sum that goes on: they tell what was last, or how much is held. */
static bool is_sum(const struct gw_camera_stats *stats, const struct gw_counter *counter)
{
	return counter != &stats->last_frame && counter != &stats->size &&
		counter != &stats->clock && counter != &stats->clock_told &&
		counter != &stats->clock_offset && counter != &stats->clock_drift &&
		counter != &stats->jitter && counter != &stats->lost_ppm &&
		counter != &stats->results_waiting && counter != &stats->samples_held &&
		counter != &stats->samples_beside && counter != &stats->results_spooled &&
		counter != &stats->samples_spooled;
}

struct gw_lane_stats *gw_lane_stats_create(void)
{
	struct gw_lane_stats *stats = mmap(NULL, sizeof(*stats), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return stats == MAP_FAILED ? NULL : stats;
}

void gw_lane_stats_destroy(struct gw_lane_stats *stats)
{
	if (stats)
		munmap(stats, sizeof(*stats));
}

void gw_lane_stats_retire(struct gw_lane_stats *stats, uint32_t camera)
{
	struct gw_camera_stats *from = &stats->camera[camera], *to = &stats->camera[GW_REMOVED];
	struct gw_counter *source = (struct gw_counter *)from, *sum = (struct gw_counter *)to;

	for (size_t i = 0; i < sizeof(*from) / sizeof(*source); i++) {
		const uint64_t value = gw_counter_get(&source[i]);

		if (value == 0)
			continue;
		if (is_sum(from, &source[i]))
			gw_counter_add(&sum[i], value);
		gw_counter_set(&source[i], 0);
	}
}
