#include <jansson.h>
#include <stddef.h>
#include <stdlib.h>

#include "mgmt/state.h"

#include "core/gateway.h"

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

/* What all lanes of the sink have of one histogram, which lies at that place in each. */
static json_t *of_all_lanes(const struct gw *gw, const char *kind, const char *name, size_t place)
{
	struct gw_histogram *sum = calloc(1, sizeof(*sum));
	json_t *line;

	if (!sum)
		return json_object();
	for (uint32_t i = 0; i < gw->stages[GW_STAGE_SINK].lane_count; i++)
		gw_histogram_add(
			sum, (const struct gw_histogram *)((const char *)gw->latency[i] + place));
	line = quantiles(kind, name, sum);
	free(sum);
	return line;
}

int api_latency(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	const struct gw *gw = ((const struct mgmt *)owner)->gw;
	json_t *stages = json_array(), *cameras = json_array();

	for (int i = 0; i < GW_SEGMENT_COUNT; i++)
		json_array_append_new(stages,
			with_meaning(of_all_lanes(gw, "stage", gw_segments[i].name,
					     offsetof(struct gw_latency, segment[i])),
				gw_segments[i].meaning));
	json_array_append_new(stages,
		with_meaning(of_all_lanes(gw, "stage", "acknowledge",
				     offsetof(struct gw_latency, acknowledge)),
			"From the record to the back-end's confirmation."));
	gw_cameras_hold(gw);
	for (uint32_t i = 0; i < gw_camera_high(gw); i++)
		if (gw_camera_now(gw, i))
			json_array_append_new(cameras,
				of_all_lanes(gw, "camera", gw->cameras->slot[i].name,
					offsetof(struct gw_latency, camera[i])));
	gw_cameras_release(gw);
	reply->json = json_pack("{s:o, s:o}", "stages", stages, "cameras", cameras);
	return 200;
}
