#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "accel/accel.h"
#include "accel/engines.h"
#include "accel/repository.h"
#include "accel/stage.h"
#include "core/clock.h"
#include "core/log.h"

#define COMPLAINT_NS (10 * GW_NS_PER_S)

/* The camera before this one that names the same, or NULL. */
static const struct gw_camera *find_like(const struct gw *gw, const struct gw_camera *camera)
{
	for (const struct gw_camera *other = gw->cameras; other < camera; other++)
		if (other->config->model &&
			strcmp(other->config->model, camera->config->model) == 0)
			return other;
	return NULL;
}

/* The model's index; "name" and "name:version" may be the same model. */
static int load_model(
	struct gw_stage *stage, const char *reference, uint16_t *index, struct gw_error *error)
{
	struct accel *accel = stage->state;
	struct model *model;
	int status =
		repository_load(stage->gw->config->accel->repository, reference, &model, error);

	if (status != 0)
		return status;
	for (uint32_t i = 0; i < accel->model_count; i++) {
		if (strcmp(accel->models[i]->name, model->name) == 0 &&
			accel->models[i]->version == model->version) {
			model_free(model);
			*index = (uint16_t)i;
			return 0;
		}
	}
	if (accel->model_count == GW_MODELS) {
		model_free(model);
		return gw_error_set(error, -ENOSPC,
			"the cameras name more than %d models: use fewer", GW_MODELS);
	}
	*index = (uint16_t)accel->model_count;
	accel->models[accel->model_count++] = model;
	return 0;
}

static int load_models(struct gw_stage *stage, struct gw_error *error)
{
	struct accel *accel = stage->state;
	struct gw *gw = stage->gw;

	for (uint32_t i = 0; i < gw->camera_count; i++) {
		struct gw_camera *camera = &gw->cameras[i];

		if (!camera->config->model)
			continue;
		const struct gw_camera *like = find_like(gw, camera);
		int status = 0;

		if (like)
			camera->model = like->model;
		else
			status = load_model(stage, camera->config->model, &camera->model, error);
		if (status != 0) {
			gw_error_prefix(error, "camera %s: ", camera->config->name);
			return status;
		}
		const struct model_input *input = &accel->models[camera->model]->description->input;

		camera->input_width = input->width;
		camera->input_height = input->height;
		camera->input_gray = input->channels == 1;
	}
	for (uint32_t i = 0; i < accel->model_count; i++) {
		const struct model *model = accel->models[i];
		struct gw_model_info *info = &gw->models[i];

		strcpy(info->name, model->name);
		strcpy(info->digest, model->digest);
		info->version = model->version;
		info->task = model->description->task;
		info->label_count = model->description->labels_count;
		info->labels = (const char *const *)model->description->labels;
	}
	gw->model_count = accel->model_count;
	return 0;
}

static int open_batcher(struct gw_stage *stage, uint16_t index, struct gw_error *error)
{
	struct accel *accel = stage->state;
	struct gw *gw = stage->gw;
	const struct gw_camera_config **cameras = calloc(gw->camera_count, sizeof(cameras[0]));

	if (!cameras)
		return gw_error_set(error, -ENOMEM, "accel: out of memory");
	for (uint32_t i = 0; i < gw->camera_count; i++)
		cameras[i] = gw->cameras[i].model == index ? gw->cameras[i].config : NULL;
	const struct batcher_options options = {
		.engine = accel->engine,
		.model = accel->models[index],
		.model_index = index,
		.config = gw->config->accel,
		.cameras = cameras,
		.camera_count = gw->camera_count,
		.frames = gw_pool_size(gw->pool),
	};

	accel->batchers[index] = batcher_open(&options, error);
	free(cameras);
	return accel->batchers[index] ? 0 : -EINVAL;
}

/* Asked before any stage is open: no library has made a thread yet. */
static int accel_check(struct gw_stage *stage, struct gw_error *error)
{
	engines_keep_quiet();
	return 0;
}

static int accel_open(struct gw_stage *stage, struct gw_error *error)
{
	struct accel *accel = stage->state = calloc(1, sizeof(*accel));

	if (!accel)
		return gw_error_set(error, -ENOMEM, "accel: out of memory");
	int status = load_models(stage, error);

	if (status != 0 || accel->model_count == 0)
		return status;
	accel->engine = engine_find(stage->gw->config->accel->backend, error);
	if (!accel->engine)
		return -ENOENT;
	/* All decoders write the host's memory so far. */
	status = engine_check_memory(accel->engine, GW_MEM_HOST, error);
	for (uint16_t i = 0; status == 0 && i < accel->model_count; i++) {
		const struct model *model = accel->models[i];

		status = open_batcher(stage, i, error);
		if (status == 0)
			gw_info("accel", "model %s:%u (%s, %ux%u, batches of up to %u) on %s",
				model->name, model->version, gw_task_name(model->description->task),
				model->description->input.width, model->description->input.height,
				model->description->batch->max, accel->engine->name);
	}
	return status;
}

static void accel_close(struct gw_stage *stage)
{
	struct accel *accel = stage->state;

	if (!accel)
		return;
	stage->gw->model_count = 0;
	for (uint32_t i = 0; i < accel->model_count; i++) {
		batcher_close(accel->batchers[i]);
		model_free(accel->models[i]);
	}
	free(accel);
	stage->state = NULL;
}

/* Frames of cameras without a model have nothing to wait for. */
static uint32_t take_in(struct gw_stage *stage, int64_t now)
{
	const struct accel *accel = stage->state;
	struct gw_frame *frames[GW_BURST], *through[GW_BURST];
	uint32_t count = gw_stage_take(stage, frames, GW_BURST), through_count = 0;

	for (uint32_t i = 0; i < count; i++) {
		const uint16_t model = stage->gw->cameras[frames[i]->camera].model;

		if (model != GW_NO_MODEL) {
			batcher_add(accel->batchers[model], frames[i], now);
			continue;
		}
		frames[i]->result.task = GW_TASK_NONE;
		frames[i]->result.model = GW_NO_MODEL;
		frames[i]->result.count = 0;
		through[through_count++] = frames[i];
	}
	if (through_count > 0)
		gw_stage_give(stage, through, through_count);
	return count;
}

static uint32_t turn(struct gw_stage *stage, int64_t now, bool flush)
{
	const struct accel *accel = stage->state;
	struct gw_frame *frames[GW_BURST];
	uint32_t work = 0;

	for (uint32_t i = 0; i < accel->model_count; i++) {
		work += batcher_turn(accel->batchers[i], now, flush);
		uint32_t count = batcher_take(accel->batchers[i], frames, GW_BURST);

		if (count > 0)
			gw_stage_give(stage, frames, count);
		work += count;
	}
	return work;
}

static uint32_t accel_poll(struct gw_stage *stage)
{
	const int64_t now = gw_now();

	return take_in(stage, now) + turn(stage, now, false);
}

static bool accel_drain(struct gw_stage *stage)
{
	const struct accel *accel = stage->state;
	uint32_t waiting = 0;

	turn(stage, gw_now(), true);
	for (uint32_t i = 0; i < accel->model_count; i++)
		waiting += batcher_waiting(accel->batchers[i]);
	return waiting == 0;
}

static void accel_housekeeping(struct gw_stage *stage, int64_t now)
{
	struct accel *accel = stage->state;

	for (uint32_t i = 0; i < accel->model_count; i++) {
		if (now < accel->next_complaint[i])
			continue;
		const char *complaint = batcher_complaint(accel->batchers[i]);

		if (!complaint)
			continue;
		gw_warn("accel", "model %s: frames fail: %s", accel->models[i]->name, complaint);
		accel->next_complaint[i] = now + COMPLAINT_NS;
	}
}

static json_t *accel_describe(struct gw_stage *stage)
{
	const struct accel *accel = stage->state;
	json_t *models = json_array();

	for (uint32_t i = 0; i < accel->model_count; i++) {
		const struct batcher_stats *stats = batcher_stats(accel->batchers[i]);

		json_array_append_new(models,
			json_pack("{s:s, s:I, s:I, s:I, s:I}", "name", accel->models[i]->name,
				"waiting", (json_int_t)batcher_waiting(accel->batchers[i]),
				"batches", (json_int_t)gw_counter_get(&stats->batches), "frames",
				(json_int_t)gw_counter_get(&stats->frames), "failed",
				(json_int_t)gw_counter_get(&stats->failed)));
	}
	return json_pack("{s:s?, s:o}", "backend", accel->engine ? accel->engine->name : NULL,
		"models", models);
}

const struct gw_stage_ops accel_stage = {
	.name = "accel",
	.check = accel_check,
	.open = accel_open,
	.poll = accel_poll,
	.housekeeping = accel_housekeeping,
	.drain = accel_drain,
	.close = accel_close,
	.describe = accel_describe,
	.routes = accel_routes,
};
