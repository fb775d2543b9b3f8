#include <jansson.h>

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

int api_latency(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	const struct mgmt *mgmt = owner;
	const struct gw_latency *latency = mgmt->gw->latency;
	json_t *stages = json_array(), *cameras = json_array();

	for (int i = 0; i < GW_SEGMENT_COUNT; i++)
		json_array_append_new(stages,
			with_meaning(quantiles("stage", gw_segments[i].name, &latency->segment[i]),
				gw_segments[i].meaning));
	json_array_append_new(stages,
		with_meaning(quantiles("stage", "acknowledge", &latency->acknowledge),
			"From the record to the back-end's confirmation."));
	for (uint32_t i = 0; i < mgmt->gw->camera_count; i++)
		json_array_append_new(cameras,
			quantiles(
				"camera", mgmt->gw->cameras[i].config->name, &latency->camera[i]));
	reply->json = json_pack("{s:o, s:o}", "stages", stages, "cameras", cameras);
	return 200;
}
