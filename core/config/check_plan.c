/* A camera's plan: steps that name each other, and what each of them says. */
#include <stdio.h>
#include <string.h>

#include "core/config/check.h"
#include "core/config/complete.h"

#define MAX_MARGIN 4
#define PLACE 64 /* "kafka.source.template.plan[7]." */

static int check_models(const struct gw_step_config *step, const char *place,
	const struct config_source *source, struct gw_error *error)
{
	char key[32];

	for (uint32_t i = 0; i < step->models_count; i++) {
		snprintf(key, sizeof(key), "models[%u]", i);
		const int status = config_check_model(step->models[i], place, key, source, error);

		if (status != 0)
			return status;
		for (uint32_t k = 0; k < i; k++)
			if (strcmp(step->models[i], step->models[k]) == 0)
				return config_refuse(source, place, key, error,
					"'%s' is in the ensemble already: another model, or "
					"another version of it, has an opinion of its own",
					step->models[i]);
	}
	return 0;
}

static int check_who_looks(const struct gw_step_config *step, const char *place,
	const struct config_source *source, struct gw_error *error)
{
	if (step->model && step->models_count > 0)
		return config_refuse(source, place, "models", error,
			"give `model` or `models`, not both: a step is one model or an ensemble");
	if (!step->model && step->models_count == 0)
		return config_refuse(source, place, "", error,
			"'model' is missing: name the model that looks, or several as `models`");
	if (step->model && step->combine != GW_COMBINE_MEAN)
		return config_refuse(source, place, "combine", error,
			"one model has nobody to vote with: name 2 to %d as `models`, or leave it "
			"out",
			GW_ENSEMBLE);
	if (step->model)
		return config_check_model(step->model, place, "model", source, error);
	if (!step->name)
		return config_refuse(source, place, "", error,
			"'name' is missing: an ensemble needs one, by which others call it");
	return check_models(step, place, source, error);
}

static int find(const struct gw_step_config *plan, uint32_t count, const char *name)
{
	for (uint32_t i = 0; i < count; i++)
		if (gw_step_name(&plan[i]) && strcmp(gw_step_name(&plan[i]), name) == 0)
			return (int)i;
	return -1;
}

static int check_from(const struct gw_step_config *plan, uint32_t count, uint32_t i,
	const char *place, const struct config_source *source, struct gw_error *error)
{
	const char *from = plan[i].from;
	const int earlier = find(plan, i, from);

	if (earlier >= 0)
		return 0;
	if (i == 0)
		return config_refuse(source, place, "from", error,
			"the first step has nothing before it: one that looks at the picture, "
			"without `from`, must come first");
	if (strcmp(gw_step_name(&plan[i]), from) == 0)
		return config_refuse(source, place, "from", error,
			"'%s' is this step itself: name an earlier one", from);
	if (find(plan, count, from) >= 0)
		return config_refuse(source, place, "from", error,
			"'%s' comes later: a step looks at what an earlier one found, so put it "
			"before this one",
			from);
	return config_refuse(source, place, "from", error,
		"there is no step '%s' before this one: `from` is the `name` of an earlier step, "
		"or else its model",
		from);
}

/* What only crops have. */
static int check_without_from(const struct gw_step_config *step, const char *place,
	const struct config_source *source, struct gw_error *error)
{
	const char *key = step->only_count > 0       ? "only"
		: step->least > 0                    ? "least"
		: step->most != CONFIG_DEFAULT_CROPS ? "most"
		: step->margin > 0                   ? "margin"
						     : NULL;

	if (!key)
		return 0;
	return config_refuse(source, place, key, error,
		"is of crops, and this step looks at the picture: say `from` which step they come, "
		"or leave it out");
}

static int check_numbers(const struct gw_step_config *step, const char *place,
	const struct config_source *source, struct gw_error *error)
{
	if (!(step->least >= 0 && step->least <= 1))
		return config_refuse(
			source, place, "least", error, "must be a confidence, from 0 to 1");
	if (step->most > GW_STEP_CROPS)
		return config_refuse(
			source, place, "most", error, "must be at most %d crops", GW_STEP_CROPS);
	if (!(step->margin >= 0 && step->margin <= MAX_MARGIN))
		return config_refuse(source, place, "margin", error,
			"must be from 0 to %d, as a part of the box's sides", MAX_MARGIN);
	return 0;
}

static int check_only(const struct gw_step_config *step, const char *place,
	const struct config_source *source, struct gw_error *error)
{
	char key[32];

	for (uint32_t i = 1; i < step->only_count; i++)
		for (uint32_t k = 0; k < i; k++) {
			if (strcmp(step->only[i], step->only[k]) != 0)
				continue;
			snprintf(key, sizeof(key), "only[%u]", i);
			return config_refuse(source, place, key, error,
				"'%s' is in the list already: leave one of them", step->only[i]);
		}
	return 0;
}

static int check_step(const struct gw_step_config *plan, uint32_t count, uint32_t i,
	const char *place, const struct config_source *source, struct gw_error *error)
{
	const struct gw_step_config *step = &plan[i];
	int status = check_who_looks(step, place, source, error);

	if (status != 0)
		return status;
	const int taken = find(plan, i, gw_step_name(step));

	if (taken >= 0)
		return config_refuse(source, place, step->name ? "name" : "model", error,
			"'%s' is the name of step %d already: give this one a `name` of its own",
			gw_step_name(step), taken + 1);
	status = check_numbers(step, place, source, error);
	if (status == 0)
		status = step->from ? check_from(plan, count, i, place, source, error)
				    : check_without_from(step, place, source, error);
	if (status == 0)
		status = check_only(step, place, source, error);
	return status;
}

int config_check_plan(const struct gw_step_config *plan, uint32_t count, const char *model,
	const char *place, const struct config_source *source, struct gw_error *error)
{
	uint32_t models = 0;
	char step[PLACE];

	if (count > 0 && model)
		return config_refuse(source, place, "plan", error,
			"give `model` or `plan`, not both: a plan names its models");
	for (uint32_t i = 0; i < count; i++) {
		snprintf(step, sizeof(step), "%splan[%u].", place, i);
		const int status = check_step(plan, count, i, step, source, error);

		if (status != 0)
			return status;
		models += gw_step_models(&plan[i]);
	}
	if (models > GW_PLAN_MODELS)
		return config_refuse(source, place, "plan", error,
			"the steps name %u models: at most %d may look at one frame", models,
			GW_PLAN_MODELS);
	return 0;
}
