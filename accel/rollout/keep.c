/* What runs is kept, sooner or later, and forgotten with its route. */
#include <stdio.h>
#include <string.h>

#include "accel/rollout/own.h"
#include "accel/stage.h"
#include "core/clock.h"
#include "core/log.h"

/* What runs and could not be written down is written again after so long. */
#define KEEP_AGAIN_NS (10 * GW_NS_PER_S)

void rollout_keep(struct gw_stage *stage, const struct route *route, struct rollout *rollout)
{
	struct gw_error error;

	rollout->keep_at = 0;
	if (stage->gw->replay ||
		rollout_state_save(stage->gw->config->accel->repository, route->name,
			&rollout->state, &error) == 0) {
		if (rollout->unsaved[0])
			gw_info("accel", "model %s: which version runs is kept now", route->name);
		rollout->unsaved[0] = '\0';
		return;
	}
	/* The same again is no news. */
	if (strcmp(rollout->unsaved, error.text) == 0)
		return;
	snprintf(rollout->unsaved, sizeof(rollout->unsaved), "%s", error.text);
	gw_warn("accel",
		"model %s: which version runs is not kept, a restart would undo the change; it is "
		"tried again every %d s: %s",
		route->name, (int)(KEEP_AGAIN_NS / GW_NS_PER_S), error.text);
}

void rollout_keep_again(
	struct gw_stage *stage, const struct route *route, struct rollout *rollout, int64_t now)
{
	if (!rollout->unsaved[0])
		return;
	if (rollout->keep_at == 0)
		rollout->keep_at = now + KEEP_AGAIN_NS;
	else if (now >= rollout->keep_at)
		rollout_keep(stage, route, rollout);
}

bool rollout_may_end(struct gw_stage *stage, const struct route *route)
{
	const struct rollout *rollout = rollout_of(stage, route);

	return rollout->phase == ROLLOUT_NONE && !rollout->unsaved[0];
}

void rollout_forget(struct gw_stage *stage, const struct route *route)
{
	memset(rollout_of(stage, route), 0, sizeof(struct rollout));
}

void rollouts_end(struct gw_stage *stage)
{
	struct accel *accel = stage->state;

	for (uint32_t i = 0; i < stage->gw->route_count; i++) {
		struct rollout *rollout = rollout_of(stage, &accel->routes[i]);

		if (rollout->unsaved[0])
			rollout_keep(stage, &accel->routes[i], rollout);
	}
}
