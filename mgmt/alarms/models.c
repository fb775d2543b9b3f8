#include "mgmt/alarms/models.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"

/* One picture now and then that fails does not make it fail. */
#define LATELY_NS (10 * GW_NS_PER_S)

struct model {
	char subject[GW_ALARM_SUBJECT]; /* "NAME:VERSION"; empty: free */
	uint64_t frames, failed; /* sums when it was looked at first, or LATELY_NS ago */
	int64_t from;
	uint64_t lately_frames, lately_failed;
	bool there;
};

struct alarm_models {
	struct gw *gw;
	struct model model[GW_MODELS];
};

struct alarm_models *alarm_models_open(struct gw *gw)
{
	struct alarm_models *models = calloc(1, sizeof(*models));

	if (models)
		models->gw = gw;
	return models;
}

void alarm_models_close(struct alarm_models *models)
{
	free(models);
}

static struct model *find(struct alarm_models *models, const char *subject)
{
	struct model *free_one = NULL;

	for (int i = 0; i < GW_MODELS; i++) {
		if (strcmp(models->model[i].subject, subject) == 0)
			return &models->model[i];
		if (!free_one && models->model[i].subject[0] == '\0')
			free_one = &models->model[i];
	}
	if (free_one)
		snprintf(free_one->subject, sizeof(free_one->subject), "%s", subject);
	return free_one;
}

static uint64_t number(const json_t *object, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(object, key));
}

static void look(struct alarm_models *models, const json_t *said, int64_t now)
{
	char subject[GW_ALARM_SUBJECT];
	const uint64_t frames = number(said, "frames"), failed = number(said, "failed");

	snprintf(subject, sizeof(subject), "%s:%lu",
		json_string_value(json_object_get(said, "name")), number(said, "version"));
	struct model *model = find(models, subject);

	if (!model)
		return;
	model->there = true;
	/* A version that was loaded again counts from 0. */
	if (model->from == 0 || failed < model->failed || frames < model->frames) {
		model->frames = frames;
		model->failed = failed;
		model->from = now;
		model->lately_frames = model->lately_failed = 0;
	}
	if (now - model->from < LATELY_NS)
		return;
	model->lately_frames = frames - model->frames;
	model->lately_failed = failed - model->failed;
	model->frames = frames;
	model->failed = failed;
	model->from = now;
}

void alarm_models_say(struct alarm_models *models, struct gw_alarm_patience patience, int64_t now)
{
	struct gw_stage *accel = &models->gw->stages[GW_STAGE_ACCEL];
	json_t *said = accel->ops && accel->ops->describe ? accel->ops->describe(accel) : NULL;
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(said, "models"), i, one)
		look(models, one, now);
	json_decref(said);
	for (int k = 0; k < GW_MODELS; k++) {
		struct model *model = &models->model[k];

		if (!model->there)
			*model = (struct model){.from = 0};
		else if (model->lately_failed > 0)
			gw_alarms_say(models->gw->alarms, GW_ALARM_MODEL_FAILING, model->subject,
				model->lately_frames > 0 ? GW_DEGRADED : GW_FAILED, patience,
				"model %s gave %lu pictures back undone in the last %lld s",
				model->subject, model->lately_failed,
				(long long)(LATELY_NS / GW_NS_PER_S));
		model->there = false;
	}
}
