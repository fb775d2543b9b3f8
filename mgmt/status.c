#include <jansson.h>

#include "core/clock.h"
#include "mgmt/facts.h"
#include "mgmt/handlers.h"
#include "mgmt/rates.h"

/* What the sink says of itself, without the members that only its own route shows. */
static json_t *kafka_facts(const struct gw *gw)
{
	const struct gw_stage *sink = &gw->stages[GW_STAGE_SINK];
	const struct gw_kafka_config *config = gw->config->kafka;
	json_t *said = sink->ops->describe ? sink->ops->describe((struct gw_stage *)sink) : NULL;
	json_t *backend = json_object_get(said, "backend");
	json_t *state = json_object_get(said, "state");
	json_t *facts = json_pack("{s:O?, s:O?, s:s?}", "backend", backend, "state", state,
		"brokers", config ? config->brokers : NULL);

	json_decref(said);
	return facts;
}

int api_status(const struct api *api, const char *name, json_t **reply, struct gw_error *error)
{
	const struct gw *gw = api->gw;
	int64_t now = gw_now();
	struct tally total = {0}, tally;
	uint32_t live = 0;
	double fps = 0, mbps = 0;

	for (uint32_t i = 0; i < gw->camera_count; i++) {
		struct camera_rates rates = rates_camera(api->rates, i, now);

		live += rates.state == CAMERA_LIVE;
		fps += rates.fps;
		mbps += rates.mbps;
		tally_read(gw, i, &tally);
		tally_add(&total, &tally);
	}
	*reply = json_pack("{s:s, s:s, s:s, s:f, s:s, s:b, s:I, s:I, s:f, s:f, s:o, s:o, s:o}",
		"name", gw->config->gateway->name, "version", GW_VERSION, "boot_id", gw->boot_id,
		"uptime_s", (double)(now - gw->start) / 1e9, "mode",
		gw->lossless ? "lossless" : "realtime", "ready",
		atomic_load_explicit(&gw->ready, memory_order_acquire), "cameras",
		(json_int_t)gw->camera_count, "cameras_live", (json_int_t)live, "fps",
		facts_rounded(fps), "mbps", facts_rounded(mbps), "frames",
		facts_flow(&total, GW_FRAME), "samples", facts_flow(&total, GW_SAMPLE), "kafka",
		kafka_facts(gw));
	return 200;
}
