#include <jansson.h>

#include "core/gateway.h"
#include "mgmt/facts.h"
#include "mgmt/rates.h"
#include "mgmt/state.h"

static json_t *stage_facts(const struct mgmt *mgmt, enum gw_stage_index which)
{
	struct gw_stage *stage = &mgmt->gw->stages[which];
	uint64_t in = 0, out = 0;

	for (uint32_t i = 0; i < mgmt->gw->camera_count; i++) {
		in += gw_counter_get(&stage->stats->camera[i].frames_in);
		out += gw_counter_get(&stage->stats->camera[i].frames_out);
	}
	json_t *said = stage->ops->describe ? stage->ops->describe(stage) : NULL;
	double cpu = rates_processor(mgmt->rates, which);
	/* A thread that spins takes a whole processor, and one that sleeps makes few turns: for
	 * each policy the other figure tells how much there is to do. */
	double busy = mgmt->gw->config->gateway->idle == GW_IDLE_SPIN
		? rates_busy(mgmt->rates, which)
		: cpu;

	return json_pack("{s:s, s:b, s:f, s:f, s:I, s:I, s:I, s:I, s:o?, s:o}", "stage",
		stage->ops->name, "running", stage->running, "busy", facts_rounded(busy), "cpu",
		facts_rounded(cpu), "turns", (json_int_t)gw_counter_get(&stage->stats->turns),
		"frames_in", (json_int_t)in, "frames_out", (json_int_t)out, "waiting",
		(json_int_t)(stage->in ? gw_link_count(stage->in) : 0), "core",
		stage->core >= 0 ? json_integer(stage->core) : NULL, "facts",
		said ? said : json_object());
}

int api_stages(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	const struct mgmt *mgmt = owner;
	json_t *list = json_array();

	for (int i = 0; i < GW_STAGES; i++)
		json_array_append_new(list, stage_facts(mgmt, (enum gw_stage_index)i));
	reply->json = json_pack("{s:o}", "stages", list);
	return 200;
}
