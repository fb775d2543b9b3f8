#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accel/engines.h"
#include "accel/repository/repository.h"
#include "accel/stage.h"
#include "core/log.h"

static bool same(const struct model *a, const struct model *b)
{
	return a->version == b->version && strcmp(a->name, b->name) == 0;
}

/* GW_MODELS when it is not there. */
static uint32_t find(const struct accel *accel, const struct model *model)
{
	for (uint32_t i = 0; i < GW_MODELS; i++)
		if (accel->use[i].phase == ACCEL_LIVE && same(accel_model(accel, i)->model, model))
			return i;
	return GW_MODELS;
}

static uint32_t free_index(const struct accel *accel)
{
	for (uint32_t i = 0; i < GW_MODELS; i++) {
		const uint32_t index = (accel->next_index + i) % GW_MODELS;

		if (accel->use[index].phase == ACCEL_FREE)
			return index;
	}
	return GW_MODELS;
}

/* What the indices of findings stand for. */
static void describe_labels(struct gw_model_info *info, const struct model_description *d)
{
	static const char *const text[] = {"text"};

	if (d->task == GW_TASK_RAW) {
		info->label_count = d->raw->tensors_count;
		info->labels = (const char *const *)d->raw->tensors;
	} else if (d->task == GW_TASK_TEXT && d->labels_count == 0) {
		info->label_count = 1;
		info->labels = text;
	} else {
		info->label_count = d->labels_count;
		info->labels = (const char *const *)d->labels;
	}
	if (d->detect && d->detect->keypoints) {
		info->keypoint_count = d->detect->keypoints->names_count;
		info->keypoints = (const char *const *)d->detect->keypoints->names;
	}
}

static void describe(struct gw_model_info *info, const struct model *model)
{
	const struct model_input *input = &model->description->input;

	strcpy(info->name, model->name);
	strcpy(info->digest, model->digest);
	info->version = model->version;
	info->task = model->description->task;
	describe_labels(info, model->description);
	info->input_width = input->width;
	info->input_height = input->height;
	info->input_fit = input->fit;
	info->input_resize = input->resize;
	info->input_antialias = input->antialias;
	info->input_gray = input->channels == 1;
}

void accel_model_free(struct accel_model *opened)
{
	if (opened)
		model_free(opened->model);
	free(opened);
}

static int open_batchers(
	struct gw_stage *stage, struct accel_model *opened, uint32_t index, struct gw_error *error)
{
	struct gw *gw = stage->gw;
	const struct gw_accel_config *config = gw->config->accel;
	struct berth_options options = {
		.device = gw->devices,
		.device_count = gw->device_count,
		.model = opened->model,
		.model_index = (uint16_t)index,
		.config = config,
		.trace = &gw->trace,
	};

	for (uint32_t i = 0; i < stage->lane_count; i++) {
		struct accel_lane *lane = stage->lanes[i].state;
		/* All lanes use the engine that the first one found. */
		const char *backend = i == 0 ? config->backend : opened->engine->name;

		options.lane = i;
		options.bell = &stage->lanes[i].bell;
		lane->batchers[index] = engines_open(backend, &options, error);
		opened->engine = options.engine;
		if (!lane->batchers[index])
			return -EINVAL;
	}
	return 0;
}

/* Takes back what a model that could not be opened left in the lanes. */
static void close_batchers(struct gw_stage *stage, uint32_t index)
{
	for (uint32_t i = 0; i < stage->lane_count; i++) {
		struct accel_lane *lane = stage->lanes[i].state;

		batcher_close(lane->batchers[index]);
		lane->batchers[index] = NULL;
	}
}

/* Everything that takes long, before anybody knows of the model, which it takes over. */
static struct accel_model *prepare(
	struct gw_stage *stage, struct model *model, uint32_t index, struct gw_error *error)
{
	struct accel_model *opened = calloc(1, sizeof(*opened));

	if (!opened) {
		gw_error_set(error, -ENOMEM, "accel: out of memory");
		model_free(model);
		return NULL;
	}
	opened->model = model;
	if (open_batchers(stage, opened, index, error) == 0)
		return opened;
	close_batchers(stage, index);
	accel_model_free(opened);
	return NULL;
}

static uint32_t batch_of(const struct gw_stage *stage, uint32_t index)
{
	return batcher_max(((struct accel_lane *)stage->lanes[0].state)->batchers[index]);
}

/* In each lane and on each device a batch that runs and one that follows at once. */
uint32_t accel_model_enough(const struct gw_stage *stage, uint32_t index)
{
	return 2 * batch_of(stage, index) * stage->lane_count * stage->gw->device_count;
}

static void publish(struct gw_stage *stage, struct accel_model *opened, uint32_t index)
{
	struct accel *accel = stage->state;
	struct gw *gw = stage->gw;

	pthread_mutex_lock(&gw->models_lock);
	describe(&gw->models[index], opened->model);
	pthread_mutex_unlock(&gw->models_lock);
	accel->use[index].phase = ACCEL_LIVE;
	accel->next_index = (index + 1) % GW_MODELS;
	atomic_store_explicit(&accel->models[index], opened, memory_order_release);
	if (index >= gw->model_count)
		atomic_store_explicit(&gw->model_count, index + 1, memory_order_release);
}

static int open_new(
	struct gw_stage *stage, struct model *model, uint32_t index, struct gw_error *error)
{
	if (index == GW_MODELS) {
		model_free(model);
		return gw_error_set(error, -ENOSPC,
			"more than %d models are in use, or were until a moment ago: use fewer, or "
			"try again",
			GW_MODELS);
	}
	struct accel_model *opened = prepare(stage, model, index, error);

	if (!opened)
		return -EINVAL;
	publish(stage, opened, index);
	gw_info("accel", "model %s:%u (%s, %ux%u, batches of up to %u) on %s", model->name,
		model->version, gw_task_name(model->description->task),
		model->description->input.width, model->description->input.height,
		batch_of(stage, index), opened->engine->name);
	return 0;
}

uint32_t accel_model_open(struct gw_stage *stage, const char *name, struct gw_error *error)
{
	struct model *model;

	if (repository_load(stage->gw->config->accel->repository, name, &model, error) != 0)
		return GW_MODELS;
	const uint32_t found = find(stage->state, model);

	if (found < GW_MODELS) {
		model_free(model);
		return found;
	}
	const uint32_t index = free_index(stage->state);

	return open_new(stage, model, index, error) == 0 ? index : GW_MODELS;
}

void accel_models_free(struct accel *accel)
{
	for (uint32_t i = 0; i < GW_MODELS; i++) {
		accel_model_free(accel_model(accel, i));
		accel_model_free(accel->use[i].closed);
		free(accel->use[i].mark);
	}
}
