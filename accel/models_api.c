#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "accel/devices_api.h"
#include "accel/stage.h"

static bool has(const struct plan *plan, uint16_t model)
{
	for (uint32_t i = 0; plan && i < plan->step_count; i++)
		for (uint32_t k = 0; k < plan->step[i].model_count; k++)
			if (route_leads_to(plan->step[i].route[k], model))
				return true;
	return false;
}

static json_t *cameras_of(const struct gw *gw, uint16_t model)
{
	json_t *cameras = json_array();

	gw_cameras_hold(gw);
	for (uint32_t i = 0; i < gw_camera_high(gw); i++) {
		const struct gw_camera *camera = gw_camera_now(gw, i);

		if (camera && has(camera->of[GW_STAGE_ACCEL], model))
			json_array_append_new(cameras, json_string(camera->config->name));
	}
	gw_cameras_release(gw);
	return cameras;
}

static json_t *describe_model(const struct gw *gw, const struct accel *accel, uint16_t index)
{
	const struct gw_model_info *info = &gw->models[index];
	const struct gw_stage *stage = &gw->stages[GW_STAGE_ACCEL];
	struct gw_histogram *run_us = calloc(1, sizeof(*run_us));
	uint64_t batches = 0, frames = 0;

	for (uint32_t i = 0; i < stage->lane_count; i++) {
		const struct accel_lane *lane = stage->lanes[i].state;
		const struct berth_stats *stats = batcher_stats(lane->batchers[index]);

		batches += gw_counter_get(&stats->batches);
		frames += gw_counter_get(&stats->jobs);
		if (run_us)
			gw_histogram_add(run_us, &stats->run_us);
	}

	json_t *facts = json_pack("{s:s, s:I, s:s, s:s, s:s, s:o, s:I, s:I, s:f, s:I, s:I}", "name",
		info->name, "version", (json_int_t)info->version, "task", gw_task_name(info->task),
		"backend", accel_model(accel, index)->engine->name, "digest", info->digest,
		"cameras", cameras_of(gw, index), "batches", (json_int_t)batches, "frames",
		(json_int_t)frames, "mean_batch",
		batches > 0 ? (double)frames / (double)batches : 0.0, "run_p50_us",
		(json_int_t)(run_us ? gw_histogram_quantile(run_us, 0.5) : 0), "run_p99_us",
		(json_int_t)(run_us ? gw_histogram_quantile(run_us, 0.99) : 0));

	free(run_us);
	return facts;
}

static int get_models(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	const struct gw_stage *stage = owner;
	struct accel *accel = stage->state;
	json_t *models = json_array();

	pthread_rwlock_rdlock(&accel->shown);
	for (uint32_t i = 0; i < stage->gw->model_count; i++)
		if (accel_model(accel, i))
			json_array_append_new(
				models, describe_model(stage->gw, accel, (uint16_t)i));
	pthread_rwlock_unlock(&accel->shown);
	reply->json = json_pack("{s:o}", "models", models);
	return 200;
}

/* All versions that are in use at a time have the same ones. */
static json_t *describe_labels(const struct gw_model_info *info)
{
	json_t *labels = json_array();

	for (uint32_t i = 0; i < info->label_count; i++)
		json_array_append_new(labels, json_string(info->labels[i]));
	return json_pack("{s:s, s:s, s:o}", "name", info->name, "task", gw_task_name(info->task),
		"labels", labels);
}

static int get_labels(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	const struct gw_stage *stage = owner;
	const struct gw *gw = stage->gw;
	struct accel *accel = stage->state;

	/* Their labels stay while it is held. */
	pthread_rwlock_rdlock(&accel->shown);
	for (uint32_t i = 0; i < gw->model_count && !reply->json; i++)
		if (accel_model(accel, i) && strcmp(gw->models[i].name, request->name) == 0)
			reply->json = describe_labels(&gw->models[i]);
	pthread_rwlock_unlock(&accel->shown);
	if (reply->json)
		return 200;
	return gw_error_set(error, -ENOENT, "no camera has a model '%s' look at it", request->name);
}

const struct gw_api_route accel_routes[] = {
	{GW_ROLE_VIEWER, "GET", "models/{name}/labels", "What a model can say that it sees",
		.handle = get_labels},
	{GW_ROLE_VIEWER, "GET", "models", "The models in use and how fast they run",
		.handle = get_models},
	{GW_ROLE_VIEWER, "GET", "models/routes",
		"Which versions look at pictures, and how rollouts go", .handle = rollout_api_list},
	{GW_ROLE_VIEWER, "GET", "models/{name}/rollout",
		"The versions of one model, and its rollout", .handle = rollout_api_show},
	{GW_ROLE_OPERATOR, "POST", "models/{name}/rollout",
		"Roll out another version, step by step", .handle = rollout_api_begin, .slow = true,
		.body = true},
	{GW_ROLE_OPERATOR, "POST", "models/{name}/rollback",
		"Go back to the version before, at once", .handle = rollout_api_back, .slow = true},
	{GW_ROLE_VIEWER, "GET", "accel/list", "What models can run on, and what is missing",
		.handle = accel_list, .slow = true},
	{GW_ROLE_VIEWER, "GET", "accel/balance", "How devices share the work",
		.handle = accel_balance},
	{0},
};
