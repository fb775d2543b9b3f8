#include "accel/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "accel/combine.h"
#include "accel/job.h"
#include "accel/stage.h"

/* The stable version: the others of a route are of the same task and labels. */
static const struct gw_model_info *model_of(
	const struct gw *gw, const struct plan_step *step, uint32_t i)
{
	return &gw->models[atomic_load_explicit(&step->route[i]->stable, memory_order_acquire)];
}

/* The models of an ensemble must mean the same by their answers. */
static int check_ensemble(const struct gw *gw, const struct gw_step_config *config,
	const struct plan_step *step, struct gw_error *error)
{
	const struct gw_model_info *first = model_of(gw, step, 0);

	if (step->model_count > 1 && !combine_can(first->task))
		return gw_error_set(error, -EINVAL,
			"step \"%s\": answers of models that %s cannot be made one: an ensemble "
			"classifies or detects",
			gw_step_name(config), gw_task_name(first->task));
	for (uint32_t i = 1; i < step->model_count; i++) {
		const struct gw_model_info *other = model_of(gw, step, i);
		bool same = other->task == first->task && other->label_count == first->label_count;

		for (uint32_t k = 0; same && k < first->label_count; k++)
			same = strcmp(first->labels[k], other->labels[k]) == 0;
		if (!same)
			return gw_error_set(error, -EINVAL,
				"step \"%s\": models %s and %s do not have the same task and "
				"labels, as "
				"those of an ensemble must",
				gw_step_name(config), first->name, other->name);
	}
	return 0;
}

static int open_models(struct gw_stage *stage, const struct gw_step_config *config,
	struct plan_step *step, struct gw_error *error)
{
	step->model_count = gw_step_models(config);
	for (uint32_t i = 0; i < step->model_count; i++) {
		step->route[i] = accel_route_open(stage, gw_step_model(config, i), error);
		if (!step->route[i])
			return -EINVAL;
	}
	return check_ensemble(stage->gw, config, step, error);
}

/* Marks the labels that are wanted of the step before. */
static int find_labels(const struct gw *gw, const struct gw_step_config *config,
	const struct plan_step *from, struct plan_step *step, struct gw_error *error)
{
	const struct gw_model_info *info = model_of(gw, from, 0);

	if (config->only_count == 0)
		return 0;
	step->only = calloc(info->label_count + 1, sizeof(step->only[0]));
	if (!step->only)
		return gw_error_set(error, -ENOMEM, "accel: out of memory");
	for (uint32_t i = 0; i < config->only_count; i++) {
		uint32_t k = 0;

		while (k < info->label_count && strcmp(info->labels[k], config->only[i]) != 0)
			k++;
		if (k == info->label_count)
			return gw_error_set(error, -EINVAL,
				"step \"%s\": `only` names \"%s\", which is no label of model %s",
				gw_step_name(config), config->only[i], info->name);
		step->only[k] = true;
	}
	return 0;
}

static int make_step(struct gw_stage *stage, const struct gw_camera_config *config, uint32_t index,
	struct plan *plan, struct gw_error *error)
{
	const struct gw_step_config *is = &config->plan[index];
	struct plan_step *step = &plan->step[index];

	*step = (struct plan_step){.from = gw_plan_from(config->plan, index),
		.combine = is->combine,
		.least = is->least,
		.margin = is->margin,
		.most = is->most,
		.every = is->every};
	int status = open_models(stage, is, step, error);

	if (status != 0 || step->from < 0)
		return status;
	const struct plan_step *from = &plan->step[step->from];
	const enum gw_task task = model_of(stage->gw, from, 0)->task;

	if (task != GW_TASK_DETECT && task != GW_TASK_TEXT)
		return gw_error_set(error, -EINVAL,
			"step \"%s\": step \"%s\" finds no boxes to look at: its model's task is "
			"%s",
			gw_step_name(is), is->from, gw_task_name(task));
	return find_labels(stage->gw, is, from, step, error);
}

static void want(struct plan *plan, const struct gw_camera_config *config,
	const struct gw_model_info *info, const struct route *route, uint32_t every)
{
	struct gw_want *want = &plan->wants[plan->want_count];

	*want = (struct gw_want){.route = route->index,
		.width = info->input_width,
		.height = info->input_height,
		.fit = info->input_fit,
		.resize = info->input_resize,
		.antialias = info->input_antialias,
		.gray = info->input_gray,
		.every = every,
		.region = config->region};
	if (plan->want_count++ > 0)
		want[-1].next = want;
}

/* What the decoder has to give. */
static void find_wants(
	const struct gw *gw, const struct gw_camera_config *config, struct plan *plan)
{
	bool gray = true, full = false;

	for (uint32_t i = 0; i < plan->step_count; i++) {
		const struct plan_step *step = &plan->step[i];

		full |= step->from >= 0;
		for (uint32_t k = 0; k < step->model_count; k++) {
			const uint16_t canary = route_canary(step->route[k]);
			const struct gw_model_info *info = model_of(gw, step, k);

			gray &= info->input_gray;
			if (step->from < 0)
				want(plan, config, info, step->route[k], step->every);
			if (canary == GW_NO_MODEL)
				continue;
			gray &= gw->models[canary].input_gray;
			if (step->from < 0)
				want(plan, config, &gw->models[canary], step->route[k],
					step->every);
		}
	}
	for (uint32_t i = 0; i < plan->want_count; i++) {
		plan->wants[i].gray = gray;
		plan->wants[i].full = full;
	}
}

static int count_jobs(struct plan *plan, struct gw_error *error)
{
	for (uint32_t i = 0; i < plan->step_count; i++) {
		const struct plan_step *step = &plan->step[i];
		const uint32_t each = step->model_count > 1 ? step->model_count + 1 : 1;

		plan->jobs_most += each * (step->from < 0 ? 1 : step->most);
	}
	if (plan->jobs_most <= JOBS)
		return 0;
	return gw_error_set(error, -E2BIG,
		"the plan may look %u times at one picture, and %d is the most: lower `most`",
		plan->jobs_most, JOBS);
}

/* `model:` is a plan of one step. */
static int make_single(struct gw_stage *stage, const struct gw_camera_config *config,
	struct plan *plan, struct gw_error *error)
{
	plan->step[0] = (struct plan_step){.model_count = 1, .from = -1, .every = 1};
	plan->step_count = 1;
	plan->single = true;
	plan->step[0].route[0] = accel_route_open(stage, config->model, error);
	return plan->step[0].route[0] ? 0 : -EINVAL;
}

static int make_steps(struct gw_stage *stage, const struct gw_camera_config *config,
	struct plan *plan, struct gw_error *error)
{
	int status = 0;

	for (uint32_t i = 0; status == 0 && i < config->plan_count; i++) {
		plan->step_count++;
		status = make_step(stage, config, i, plan, error);
	}
	return status;
}

struct plan *plan_make(struct gw_stage *stage, const struct gw_camera_config *config, int *status,
	struct gw_error *error)
{
	*status = 0;
	if (!config->model && config->plan_count == 0)
		return NULL;
	struct plan *plan = calloc(1, sizeof(*plan));

	if (!plan) {
		*status = gw_error_set(error, -ENOMEM, "accel: out of memory");
		return NULL;
	}
	*status = config->model ? make_single(stage, config, plan, error)
				: make_steps(stage, config, plan, error);
	if (*status == 0)
		*status = count_jobs(plan, error);
	if (*status == 0) {
		find_wants(stage->gw, config, plan);
		return plan;
	}
	plan_free(stage, plan);
	return NULL;
}

bool plan_leads(const struct plan *plan, const struct route *route)
{
	for (uint32_t i = 0; plan && i < plan->step_count; i++)
		for (uint32_t k = 0; k < plan->step[i].model_count; k++)
			if (plan->step[i].route[k] == route)
				return true;
	return false;
}

void plan_free(struct gw_stage *stage, struct plan *plan)
{
	for (uint32_t i = 0; plan && i < plan->step_count; i++) {
		struct plan_step *step = &plan->step[i];

		for (uint32_t k = 0; k < step->model_count; k++)
			if (step->route[k])
				accel_route_close(stage, step->route[k]);
		free(step->only);
	}
	free(plan);
}
