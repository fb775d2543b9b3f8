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

/* The model's index among those that are loaded, or -1; "name" and "name:version" may be the same
 * model, so only the references that cameras gave before are compared. */
static int find_loaded(const struct gw *gw, const char *reference)
{
	for (uint32_t i = 0; i < gw_camera_high(gw); i++) {
		const struct gw_camera *camera = gw_camera_now(gw, i);

		if (camera && camera->config->model &&
			strcmp(camera->config->model, reference) == 0)
			return camera->model;
	}
	return -1;
}

static int open_batchers(struct gw_stage *stage, uint16_t index, struct gw_error *error)
{
	struct accel *accel = stage->state;
	const struct batcher_options options = {
		.engine = accel->engine,
		.model = accel->models[index],
		.model_index = index,
		.config = stage->gw->config->accel,
		.frames = gw_pool_size(stage->gw->pool),
	};

	for (uint32_t i = 0; i < stage->lane_count; i++) {
		struct accel_lane *lane = stage->lanes[i].state;

		lane->batchers[index] = batcher_open(&options, error);
		if (!lane->batchers[index])
			return -EINVAL;
	}
	return 0;
}

static void describe(struct gw_model_info *info, const struct model *model)
{
	strcpy(info->name, model->name);
	strcpy(info->digest, model->digest);
	info->version = model->version;
	info->task = model->description->task;
	info->label_count = model->description->labels_count;
	info->labels = (const char *const *)model->description->labels;
}

/* Takes back what a model that could not be opened left in the lanes. */
static void close_batchers(struct gw_stage *stage, uint16_t index)
{
	for (uint32_t i = 0; i < stage->lane_count; i++) {
		struct accel_lane *lane = stage->lanes[i].state;

		if (!lane)
			continue;
		batcher_close(lane->batchers[index]);
		lane->batchers[index] = NULL;
	}
}

static int find_engine(struct gw_stage *stage, struct gw_error *error)
{
	struct accel *accel = stage->state;

	if (accel->engine)
		return 0;
	accel->engine = engine_find(stage->gw->config->accel->backend, error);
	if (!accel->engine)
		return -ENOENT;
	/* All decoders write the host's memory so far. */
	return engine_check_memory(accel->engine, GW_MEM_HOST, error);
}

/* Loads the model and opens it in every lane; lanes see it when it is counted. */
static int load_model(
	struct gw_stage *stage, const char *reference, uint16_t *index, struct gw_error *error)
{
	struct accel *accel = stage->state;
	struct gw *gw = stage->gw;
	const uint32_t count = gw->model_count;
	struct model *model;
	int status = repository_load(gw->config->accel->repository, reference, &model, error);

	if (status != 0)
		return status;
	for (uint32_t i = 0; i < count; i++) {
		if (strcmp(accel->models[i]->name, model->name) == 0 &&
			accel->models[i]->version == model->version) {
			model_free(model);
			*index = (uint16_t)i;
			return 0;
		}
	}
	if (count == GW_MODELS) {
		model_free(model);
		return gw_error_set(error, -ENOSPC,
			"the cameras name more than %d models: use fewer", GW_MODELS);
	}
	*index = (uint16_t)count;
	accel->models[count] = model;
	describe(&gw->models[count], model);
	status = find_engine(stage, error);
	if (status == 0)
		status = open_batchers(stage, *index, error);
	if (status != 0) {
		close_batchers(stage, *index);
		model_free(model);
		accel->models[count] = NULL;
		return status;
	}
	gw_info("accel", "model %s:%u (%s, %ux%u, batches of up to %u) on %s", model->name,
		model->version, gw_task_name(model->description->task),
		model->description->input.width, model->description->input.height,
		model->description->batch->max, accel->engine->name);
	atomic_store_explicit(&gw->model_count, count + 1, memory_order_release);
	return 0;
}

static int accel_camera_prepare(struct gw_stage *stage, struct gw_camera *is,
	const struct gw_camera *was, struct gw_error *error)
{
	const struct accel *accel = stage->state;
	const char *reference = is->config->model;

	if (!reference)
		return 0;
	const int loaded = find_loaded(stage->gw, reference);
	int status = 0;

	if (loaded >= 0)
		is->model = (uint16_t)loaded;
	else
		status = load_model(stage, reference, &is->model, error);
	if (status != 0)
		return status;
	const struct model_input *input = &accel->models[is->model]->description->input;

	is->input_width = input->width;
	is->input_height = input->height;
	is->input_gray = input->channels == 1;
	return 0;
}

/* Asked before any stage is open: no library has made a thread yet. */
static int accel_check(struct gw_stage *stage, struct gw_error *error)
{
	engines_keep_quiet();
	return 0;
}

static int accel_open(struct gw_stage *stage, struct gw_error *error)
{
	stage->state = calloc(1, sizeof(struct accel));
	return stage->state ? 0 : gw_error_set(error, -ENOMEM, "accel: out of memory");
}

static void accel_close(struct gw_stage *stage)
{
	struct accel *accel = stage->state;

	if (!accel)
		return;
	for (uint32_t i = 0; i < stage->gw->model_count; i++)
		model_free(accel->models[i]);
	stage->gw->model_count = 0;
	free(accel);
	stage->state = NULL;
}

static int accel_lane_open(struct gw_lane *lane, struct gw_error *error)
{
	lane->state = calloc(1, sizeof(struct accel_lane));
	return lane->state ? 0 : gw_error_set(error, -ENOMEM, "accel: out of memory");
}

static void accel_lane_close(struct gw_lane *lane)
{
	struct accel_lane *accel = lane->state;

	for (uint32_t i = 0; accel && i < GW_MODELS; i++)
		batcher_close(accel->batchers[i]);
	free(accel);
	lane->state = NULL;
}

/* Models that may have frames: more may come between two turns. */
static uint32_t models(const struct gw_lane *lane)
{
	return atomic_load_explicit(&lane->stage->gw->model_count, memory_order_acquire);
}

/* Frames of cameras without a model have nothing to wait for. */
static uint32_t take_in(struct gw_lane *lane, int64_t now)
{
	const struct accel_lane *accel = lane->state;
	struct gw_frame *frames[GW_BURST], *through[GW_BURST];
	uint32_t count = gw_lane_take(lane, frames, GW_BURST), through_count = 0;

	for (uint32_t i = 0; i < count; i++) {
		const uint16_t model = frames[i]->version->model;

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
		gw_lane_give(lane, through, through_count);
	return count;
}

static uint32_t turn(struct gw_lane *lane, int64_t now, bool flush)
{
	const struct accel_lane *accel = lane->state;
	struct gw_frame *frames[GW_BURST];
	uint32_t work = 0;

	for (uint32_t i = 0; i < models(lane); i++) {
		work += batcher_turn(accel->batchers[i], now, flush);
		uint32_t count = batcher_take(accel->batchers[i], frames, GW_BURST);

		if (count > 0)
			gw_lane_give(lane, frames, count);
		work += count;
	}
	return work;
}

static uint32_t accel_poll(struct gw_lane *lane)
{
	const int64_t now = gw_now();

	return take_in(lane, now) + turn(lane, now, false);
}

static bool accel_drain(struct gw_lane *lane)
{
	const struct accel_lane *accel = lane->state;
	uint32_t waiting = 0;

	turn(lane, gw_now(), true);
	for (uint32_t i = 0; i < models(lane); i++)
		waiting += batcher_waiting(accel->batchers[i]);
	return waiting == 0;
}

static void accel_housekeeping(struct gw_lane *lane, int64_t now)
{
	const struct accel *shared = lane->stage->state;
	struct accel_lane *accel = lane->state;

	for (uint32_t i = 0; i < models(lane); i++) {
		if (now < accel->next_complaint[i])
			continue;
		const char *complaint = batcher_complaint(accel->batchers[i]);

		if (!complaint)
			continue;
		gw_warn("accel", "model %s: frames fail: %s", shared->models[i]->name, complaint);
		accel->next_complaint[i] = now + COMPLAINT_NS;
	}
}

/* One model in all lanes. */
static json_t *model_facts(const struct gw_stage *stage, uint32_t index)
{
	const struct accel *accel = stage->state;
	uint64_t waiting = 0, batches = 0, frames = 0, failed = 0;

	for (uint32_t i = 0; i < stage->lane_count; i++) {
		const struct accel_lane *lane = stage->lanes[i].state;
		const struct batcher_stats *stats = batcher_stats(lane->batchers[index]);

		waiting += batcher_waiting(lane->batchers[index]);
		batches += gw_counter_get(&stats->batches);
		frames += gw_counter_get(&stats->frames);
		failed += gw_counter_get(&stats->failed);
	}
	return json_pack("{s:s, s:I, s:I, s:I, s:I}", "name", accel->models[index]->name, "waiting",
		(json_int_t)waiting, "batches", (json_int_t)batches, "frames", (json_int_t)frames,
		"failed", (json_int_t)failed);
}

static json_t *accel_describe(struct gw_stage *stage)
{
	const struct accel *accel = stage->state;
	json_t *list = json_array();

	for (uint32_t i = 0; i < atomic_load(&stage->gw->model_count); i++)
		json_array_append_new(list, model_facts(stage, i));
	return json_pack("{s:s?, s:o}", "backend", accel->engine ? accel->engine->name : NULL,
		"models", list);
}

const struct gw_stage_ops accel_stage = {
	.name = "accel",
	.check = accel_check,
	.open = accel_open,
	.lane_open = accel_lane_open,
	.lane_close = accel_lane_close,
	.close = accel_close,
	.poll = accel_poll,
	.housekeeping = accel_housekeeping,
	.drain = accel_drain,
	.camera_prepare = accel_camera_prepare,
	.describe = accel_describe,
	.routes = accel_routes,
};
