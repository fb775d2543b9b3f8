#include <jansson.h>

#include "core/gateway.h"
#include "mgmt/facts.h"
#include "mgmt/rates.h"
#include "mgmt/state.h"

/* One thread of a stage. */
static json_t *lane_facts(const struct gw_lane *lane)
{
	return json_pack("{s:s, s:b, s:o?, s:I, s:I, s:I}", "lane", lane->name, "running",
		atomic_load(&lane->running) && !atomic_load(&lane->ended), "core",
		lane->core >= 0 ? json_integer(lane->core) : NULL, "turns",
		(json_int_t)gw_counter_get(&lane->stats->turns), "busy_turns",
		(json_int_t)gw_counter_get(&lane->stats->busy_turns), "waiting",
		(json_int_t)gw_lane_waiting(lane));
}

static json_t *stage_facts(const struct mgmt *mgmt, enum gw_stage_index which)
{
	struct gw_stage *stage = &mgmt->gw->stages[which];
	uint64_t in = 0, out = 0, turns = 0, waiting = 0;
	json_t *lanes = json_array();
	bool running = stage->lane_count > 0;

	for (uint32_t i = 0; i < gw_camera_high(mgmt->gw); i++) {
		in += GW_COUNT(stage, i, frames_in);
		out += GW_COUNT(stage, i, frames_out);
	}
	in += GW_COUNT(stage, GW_REMOVED, frames_in);
	out += GW_COUNT(stage, GW_REMOVED, frames_out);
	for (uint32_t i = 0; i < stage->lane_count; i++) {
		const struct gw_lane *lane = &stage->lanes[i];

		running = running && atomic_load(&lane->running);
		turns += gw_counter_get(&lane->stats->turns);
		waiting += gw_lane_waiting(lane);
		json_array_append_new(lanes, lane_facts(lane));
	}
	json_t *said =
		stage->lane_count > 0 && stage->ops->describe ? stage->ops->describe(stage) : NULL;
	double cpu = rates_processor(mgmt->rates, which);
	/* A thread that spins takes a whole processor, and one that sleeps makes few turns: for
	 * each policy the other figure tells how much there is to do. */
	double busy = mgmt->gw->config->gateway->idle == GW_IDLE_SPIN
		? rates_busy(mgmt->rates, which)
		: cpu;

	return json_pack("{s:s, s:b, s:f, s:f, s:I, s:I, s:I, s:I, s:o, s:o}", "stage",
		stage->ops->name, "running", running, "busy", facts_rounded(busy), "cpu",
		facts_rounded(cpu), "turns", (json_int_t)turns, "frames_in", (json_int_t)in,
		"frames_out", (json_int_t)out, "waiting", (json_int_t)waiting, "lanes", lanes,
		"facts", said ? said : json_object());
}

int api_stages(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	const struct mgmt *mgmt = owner;
	json_t *list = json_array();

	for (int i = 0; i < GW_STAGES; i++)
		if (mgmt->gw->stages[i].ops)
			json_array_append_new(list, stage_facts(mgmt, (enum gw_stage_index)i));
	reply->json = json_pack("{s:o}", "stages", list);
	return 200;
}
