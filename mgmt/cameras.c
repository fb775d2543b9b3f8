#include "mgmt/cameras.h"

#include <errno.h>
#include <jansson.h>

#include "core/clock.h"
#include "core/config/address.h"
#include "core/config/rtsp_url.h"
#include "mgmt/facts.h"
#include "mgmt/rates.h"
#include "mgmt/state.h"

static const char *model_name(const struct gw *gw, const struct gw_camera *camera)
{
	if (camera->config->plan_count > 0)
		return NULL;
	return camera->config->model;
}

/* What its steps are called; NULL: it has no plan. */
static json_t *plan_facts(const struct gw_camera_config *config)
{
	json_t *names = config->plan_count > 0 ? json_array() : NULL;

	for (uint32_t i = 0; names && i < config->plan_count; i++)
		json_array_append_new(names, json_string(gw_step_name(&config->plan[i])));
	return names;
}

/* How its packets come now; NULL: none of the network do. */
static const char *transport_name(const struct gw_camera_config *config)
{
	if (!gw_camera_has_media(config))
		return NULL;
	if (config->is_within)
		return "tcp";
	return gw_address_is_group(&config->destination_address) ? "multicast" : "udp";
}

static json_t *number_or_null(bool is_known, double number)
{
	return is_known ? json_real(facts_rounded(number)) : json_null();
}

/* Signed figures are counted as what they are modulo 2^64. */
static double signed_count(const struct gw_stage *stage, uint32_t camera, size_t counter)
{
	return (double)(int64_t)gw_stage_count(stage, camera, counter);
}

#define SIGNED_COUNT(stage, camera, member) \
	signed_count(stage, camera, offsetof(struct gw_camera_stats, member))

/* Whose clock the pictures have, and how well their packets come. */
static void add_timing(json_t *facts, const struct gw_stage *stage, uint32_t camera)
{
	static const char *const clocks[] = {
#define X(NAME, name) [GW_CLOCK_##NAME] = name,
		GW_CLOCKS(X)
#undef X
	};
	const uint64_t clock = GW_COUNT(stage, camera, clock);
	const uint64_t told = GW_COUNT(stage, camera, clock_told);

	json_object_set_new(facts, "clock_source",
		clock > 0 && clock <= GW_CLOCK_COUNT ? json_string(clocks[clock - 1])
						     : json_null());
	json_object_set_new(facts, "clock_offset_ms",
		number_or_null(told & GW_CLOCK_TOLD_OFFSET,
			SIGNED_COUNT(stage, camera, clock_offset) / 1e6));
	json_object_set_new(facts, "clock_drift_ppm",
		number_or_null(told & GW_CLOCK_TOLD_DRIFT,
			SIGNED_COUNT(stage, camera, clock_drift) / 1e3));
	json_object_set_new(facts, "jitter_ms",
		json_real(facts_rounded((double)GW_COUNT(stage, camera, jitter) / 1e6)));
	json_object_set_new(
		facts, "lost_share", json_real((double)GW_COUNT(stage, camera, lost_ppm) / 1e6));
	json_object_set_new(
		facts, "rtcp_packets", json_integer((json_int_t)GW_COUNT(stage, camera, reports)));
}

json_t *cameras_facts(
	const struct mgmt *mgmt, const struct gw_camera *camera, const uint32_t *in_use)
{
	const struct gw *gw = mgmt->gw;
	const struct gw_camera_config *config = camera->config;
	struct camera_rates rates = rates_camera(mgmt->rates, camera->id, gw_now());
	const enum gw_stage_index from =
		gw_camera_is_of_records(config) ? GW_STAGE_SOURCE : GW_STAGE_RX;
	uint64_t size = GW_COUNT(&gw->stages[from], camera->id, size);
	struct tally tally;
	char url[GW_URL];

	if (config->url)
		gw_rtsp_url_show(config->url, url);
	tally_read(gw, camera->id, in_use, &tally);
	/* What the last frame was, or else what the configuration says it will be. */
	json_int_t width = (json_int_t)(size >> 16), height = (json_int_t)(size & 0xffff);
	if (size == 0) {
		width = config->width;
		height = config->height;
	}
	/* In one go: thousands are listed. */
	json_t *facts = json_pack("{s:s, s:s?, s:s?, s:i, s:s?, s:b, s:s?, s:s?, s:s, s:I, s:I, "
				  "s:f, s:f, s:f, s:f, s:I, s:I, "
				  "s:I, s:I, s:o, s:o, s:o, s:o*}",
		"name", config->name, "source", config->source, "destination", config->destination,
		"port", (int)config->port, "transport", transport_name(config), "encrypted",
		config->srtp_key.is_set || config->srtp, "url", config->url ? url : NULL, "model",
		model_name(gw, camera), "state", camera_state_name(rates.state), "width", width,
		"height", height, "fps", facts_rounded(rates.fps), "mbps",
		facts_rounded(rates.mbps), "packets_per_s", facts_rounded(rates.packets_per_s),
		"dropped_per_s", facts_rounded(rates.dropped_per_s), "packets",
		(json_int_t)tally.packets, "packets_lost",
		(json_int_t)tally.events[GW_EVENT_SEQUENCE_GAP], "bytes", (json_int_t)tally.bytes,
		"quota", (json_int_t)config->quota, "frames", facts_flow(&tally, GW_FRAME),
		"samples", facts_flow(&tally, GW_SAMPLE), "last_frame_age_ms",
		rates.last_frame_age_ms < 0 ? json_null() : json_integer(rates.last_frame_age_ms),
		"plan", plan_facts(config));

	if (facts)
		add_timing(facts, &gw->stages[from], camera->id);
	return facts;
}

int cameras_missing(const struct gw *gw, const char *name, struct gw_error *error)
{
	if (gw_camera_is_leaving(gw, name))
		return gw_error_set(error, -EBUSY,
			"camera %s is being removed, and some of its frames are still on the way",
			name);
	return gw_error_set(error, -ENOENT, "there is no camera '%s'", name);
}

int api_cameras(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	const struct mgmt *mgmt = owner;
	uint32_t in_use[GW_CAMERAS] = {0};
	json_t *list = json_array();

	gw_pool_count(mgmt->gw->pool, in_use, GW_CAMERAS);
	gw_cameras_hold(mgmt->gw);
	for (uint32_t i = 0; i < gw_camera_high(mgmt->gw); i++) {
		const struct gw_camera *camera = gw_camera_now(mgmt->gw, i);

		if (camera && gw_request_may_see(request, camera->config->name))
			json_array_append_new(list, cameras_facts(mgmt, camera, in_use));
	}
	gw_cameras_release(mgmt->gw);
	reply->json = json_pack("{s:o}", "cameras", list);
	return 200;
}

int api_camera(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	const struct mgmt *mgmt = owner;

	int status = 200;

	gw_cameras_hold(mgmt->gw);
	const uint32_t id = gw_camera_find(mgmt->gw, request->name);

	if (id != GW_NO_CAMERA)
		reply->json = cameras_facts(mgmt, gw_camera_now(mgmt->gw, id), NULL);
	else
		status = cameras_missing(mgmt->gw, request->name, error);
	gw_cameras_release(mgmt->gw);
	return status;
}
