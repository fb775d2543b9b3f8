#include <jansson.h>

#include "core/clock.h"
#include "core/log.h"
#include "mgmt/facts.h"
#include "mgmt/rates.h"
#include "mgmt/state.h"
#include "mgmt/watch.h"

static double seconds(int64_t ns)
{
	return ns > 0 ? facts_rounded((double)ns / GW_NS_PER_S) : 0;
}

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

static json_t *trouble_facts(const struct gw_health *health, int64_t now)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < health->count; i++) {
		const struct gw_trouble *trouble = &health->trouble[i];

		json_array_append_new(list,
			json_pack("{s:s, s:s, s:s, s:f}", "id", trouble->id, "severity",
				gw_severity_name(trouble->severity), "text", trouble->text,
				"since_s", seconds(now - trouble->since)));
	}
	return list;
}

int api_status(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	const struct mgmt *mgmt = owner;
	const struct gw *gw = mgmt->gw;
	int64_t now = gw_now();
	struct tally total = {0}, tally;
	uint32_t live = 0, subjects[GW_SUBJECTS], in_use[GW_CAMERAS] = {0};
	const uint32_t count = tally_subjects(gw, subjects);
	double fps = 0, mbps = 0;
	struct gw_health health;

	gw_pool_count(gw->pool, in_use, GW_CAMERAS);
	for (uint32_t i = 0; i < count; i++) {
		tally_read(gw, subjects[i], in_use, &tally);
		tally_add(&total, &tally);
		if (!tally_is_camera(gw, subjects[i]))
			continue;
		struct camera_rates rates = rates_camera(mgmt->rates, subjects[i], now);

		live += rates.state == CAMERA_LIVE;
		fps += rates.fps;
		mbps += rates.mbps;
	}
	reply->json = json_pack("{s:s, s:s, s:s, s:f, s:s, s:b, s:I, s:I, s:f, s:f, s:o, s:o, s:o}",
		"name", gw->config->gateway->name, "version", GW_VERSION, "boot_id", gw->boot_id,
		"uptime_s", (double)(now - gw->start) / 1e9, "mode",
		gw->lossless ? "lossless" : "realtime", "ready",
		atomic_load_explicit(&gw->ready, memory_order_acquire), "cameras",
		(json_int_t)atomic_load(&gw->cameras->count), "cameras_live", (json_int_t)live,
		"fps", facts_rounded(fps), "mbps", facts_rounded(mbps), "frames",
		facts_flow(&total, GW_FRAME), "samples", facts_flow(&total, GW_SAMPLE), "kafka",
		kafka_facts(gw));
	watch_read(mgmt->watch, &health);
	/* What did not fit may be worse than what did. */
	json_object_set_new(reply->json, "well",
		json_boolean(gw_health_worst(&health) == GW_NOTICE && health.left_out == 0));
	json_object_set_new(reply->json, "troubles", trouble_facts(&health, now));
	json_object_set_new(reply->json, "troubles_left_out", json_integer(health.left_out));
	json_object_set_new(reply->json, "log_lost", json_integer((json_int_t)gw_log_lost()));
	return 200;
}
