#include "core/config/plan.h"

#include <stdlib.h>
#include <string.h>

static bool copy_text(char **text)
{
	if (!*text)
		return true;
	*text = strdup(*text);
	return *text != NULL;
}

static bool copy_list(char ***list, uint32_t *count)
{
	char **texts = *count > 0 ? calloc(*count, sizeof(texts[0])) : NULL;
	bool whole = texts || *count == 0;

	for (uint32_t i = 0; texts && i < *count; i++) {
		texts[i] = (*list)[i];
		whole &= copy_text(&texts[i]);
	}
	*list = texts;
	if (!texts)
		*count = 0;
	return whole;
}

/* All of it, whatever fails, so that nothing is left that belongs to the original. */
static bool copy_step(struct gw_step_config *step)
{
	bool whole = copy_text(&step->name);

	whole &= copy_text(&step->model);
	whole &= copy_text(&step->from);
	whole &= copy_list(&step->models, &step->models_count);
	whole &= copy_list(&step->only, &step->only_count);
	return whole;
}

static void free_list(char **list, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		free(list[i]);
	free(list);
}

static void free_plan(struct gw_step_config *plan, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		free(plan[i].name);
		free(plan[i].model);
		free(plan[i].from);
		free_list(plan[i].models, plan[i].models_count);
		free_list(plan[i].only, plan[i].only_count);
	}
	free(plan);
}

struct gw_step_config *gw_plan_copy(const struct gw_step_config *plan, uint32_t count)
{
	struct gw_step_config *copy = count > 0 ? malloc(count * sizeof(*copy)) : NULL;
	bool whole = true;

	if (!copy)
		return NULL;
	memcpy(copy, plan, count * sizeof(*copy));
	for (uint32_t i = 0; i < count; i++)
		whole &= copy_step(&copy[i]);
	if (whole)
		return copy;
	free_plan(copy, count);
	return NULL;
}

int gw_plan_from(const struct gw_step_config *plan, uint32_t i)
{
	for (int k = 0; plan[i].from && k < (int)i; k++)
		if (strcmp(gw_step_name(&plan[k]), plan[i].from) == 0)
			return k;
	return -1;
}
