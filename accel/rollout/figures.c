/* What the versions of a rollout have done since a step began. */
#include <string.h>

#include "accel/rollout/own.h"
#include "accel/stage.h"

static void sum_up(const struct gw_stage *stage, const struct route *route, uint32_t model,
	struct figures_sum *sum)
{
	memset(sum, 0, sizeof(*sum));
	for (uint32_t i = 0; i < stage->lane_count; i++) {
		const struct accel_lane *lane = stage->lanes[i].state;

		figures_add(sum, visits_figures(lane->visits), model, route->index);
	}
}

static struct judge_side side_of(const struct figures_sum *sum)
{
	return (struct judge_side){.looked = sum->looked,
		.failed = sum->failed,
		.took_us = gw_histogram_quantile(&sum->took_us, 0.9)};
}

void rollout_sum(
	struct gw_stage *stage, const struct route *route, uint16_t model, struct judge_side *side)
{
	struct accel *accel = stage->state;

	sum_up(stage, route, model, &accel->rollouts->sum);
	*side = side_of(&accel->rollouts->sum);
}

void rollout_begin_figures(
	struct gw_stage *stage, const struct route *route, struct rollout *rollout)
{
	sum_up(stage, route, atomic_load(&route->canary), &rollout->canary_before);
	sum_up(stage, route, route_stable(route), &rollout->stable_before);
	memset(&rollout->figures, 0, sizeof(rollout->figures));
}

void rollout_read_figures(
	struct gw_stage *stage, const struct route *route, struct rollout *rollout)
{
	struct accel *accel = stage->state;
	struct figures_sum *sum = &accel->rollouts->sum;
	struct judge_figures *figures = &rollout->figures;

	sum_up(stage, route, atomic_load(&route->canary), sum);
	figures_subtract(sum, &rollout->canary_before);
	figures->canary = side_of(sum);
	figures->compared = sum->compared;
	figures->differed =
		sum->compared > 0 ? (double)sum->differed / FIGURES_ALL / (double)sum->compared : 0;
	sum_up(stage, route, route_stable(route), sum);
	figures_subtract(sum, &rollout->stable_before);
	figures->stable = side_of(sum);
	/* What it took when most of the load was its own counts, too. */
	if (figures->stable.looked >= rollout->state.plan.least &&
		figures->stable.took_us > rollout->state.stable_us)
		rollout->state.stable_us = figures->stable.took_us;
	figures->stable.took_us = rollout->state.stable_us;
}
