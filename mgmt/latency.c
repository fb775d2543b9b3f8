#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/gateway.h"
#include "mgmt/recent.h"
#include "mgmt/state.h"

static json_t *quantiles(const char *kind, const char *name, const struct gw_histogram *histogram)
{
	uint64_t count = gw_counter_get(&histogram->count);
	uint64_t sum = gw_counter_get(&histogram->sum_us);

	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I}", kind, name, "count",
		(json_int_t)count, "mean_us", (json_int_t)(count ? sum / count : 0), "p50_us",
		(json_int_t)gw_histogram_quantile(histogram, 0.50), "p90_us",
		(json_int_t)gw_histogram_quantile(histogram, 0.90), "p99_us",
		(json_int_t)gw_histogram_quantile(histogram, 0.99), "max_us",
		(json_int_t)gw_counter_get(&histogram->max_us));
}

static json_t *with_meaning(json_t *line, const char *meaning)
{
	json_object_set_new(line, "meaning", json_string(meaning));
	return line;
}

/* Of one camera, in all lanes of the sink. */
static json_t *of_camera(const struct gw *gw, uint32_t id, struct gw_histogram *sum)
{
	memset(sum, 0, sizeof(*sum));
	for (uint32_t i = 0; i < gw->stages[GW_STAGE_SINK].lane_count; i++)
		gw_histogram_add(sum, &gw->latency[i]->camera[id]);
	return quantiles("camera", gw->cameras->slot[id].name, sum);
}

/* Since the start, and within the last minute. */
static void add_parts(const struct mgmt *mgmt, uint32_t part, const char *name, const char *meaning,
	json_t *stages, json_t *recent, struct gw_histogram *sum)
{
	recent_total(mgmt->gw, part, sum);
	json_array_append_new(stages, with_meaning(quantiles("stage", name, sum), meaning));
	recent_read(mgmt->recent, part, sum);
	json_array_append_new(recent, with_meaning(quantiles("stage", name, sum), meaning));
}

int api_latency(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	const struct mgmt *mgmt = owner;
	const struct gw *gw = mgmt->gw;
	struct gw_histogram *sum = calloc(1, sizeof(*sum));
	json_t *stages = json_array(), *cameras = json_array(), *recent = json_array();

	for (uint32_t i = 0; sum && i < GW_SEGMENT_COUNT; i++)
		add_parts(
			mgmt, i, gw_segments[i].name, gw_segments[i].meaning, stages, recent, sum);
	if (sum)
		add_parts(mgmt, GW_SEGMENT_COUNT, "acknowledge",
			"From the record to the back-end's confirmation.", stages, recent, sum);
	gw_cameras_hold(gw);
	for (uint32_t i = 0; sum && i < gw_camera_high(gw); i++)
		if (gw_camera_now(gw, i))
			json_array_append_new(cameras, of_camera(gw, i, sum));
	gw_cameras_release(gw);
	reply->json = json_pack(
		"{s:o, s:o, s:o}", "stages", stages, "last_minute", recent, "cameras", cameras);
	free(sum);
	return 200;
}
