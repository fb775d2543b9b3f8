#include "accel/figures.h"

#include "accel/combine.h"

void figures_note(struct figures *figures, const struct job *job)
{
	struct figures_model *model = &figures->model[job->model];

	gw_counter_add(&model->looked, 1);
	if (job->drop != GW_DROP_NONE)
		gw_counter_add(&model->failed, 1);
	else if (job->ended > job->arrival)
		gw_histogram_record(&model->took_us, (uint64_t)(job->ended - job->arrival) / 1000);
	else
		gw_histogram_record(&model->took_us, 0);
}

float figures_difference(
	const struct gw_result *one, const struct gw_result *other, struct gw_result *room)
{
	const struct gw_result *const both[] = {one, other};

	if (one->task != other->task || !combine_can(one->task))
		return -1;
	combine(GW_COMBINE_MEAN, both, 2, room);
	/* Of two members one always is in the majority. */
	return one->task == GW_TASK_CLASSIFY ? 2 * room->disagreement : room->disagreement;
}

void figures_compare(struct figures *figures, uint32_t route, float difference)
{
	gw_counter_add(&figures->route[route].compared, 1);
	gw_counter_add(
		&figures->route[route].differed, (uint64_t)((double)difference * FIGURES_ALL));
}
