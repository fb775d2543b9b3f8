#include "accel/figures.h"

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

void figures_forget(struct figures *figures, uint32_t model)
{
	struct figures_model *of = &figures->model[model];

	gw_counter_set(&of->looked, 0);
	gw_counter_set(&of->failed, 0);
	gw_counter_set(&of->took_us.count, 0);
	gw_counter_set(&of->took_us.sum_us, 0);
	gw_counter_set(&of->took_us.max_us, 0);
	for (uint32_t i = 0; i < GW_HISTOGRAM_BUCKETS; i++)
		gw_counter_set(&of->took_us.bucket[i], 0);
}

void figures_forget_route(struct figures *figures, uint32_t route)
{
	gw_counter_set(&figures->route[route].compared, 0);
	gw_counter_set(&figures->route[route].differed, 0);
}

void figures_compare(struct figures *figures, uint32_t route, float difference)
{
	gw_counter_add(&figures->route[route].compared, 1);
	gw_counter_add(
		&figures->route[route].differed, (uint64_t)((double)difference * FIGURES_ALL));
}

void figures_add(
	struct figures_sum *sum, const struct figures *figures, uint32_t model, uint32_t route)
{
	const struct figures_model *of = &figures->model[model];

	sum->looked += gw_counter_get(&of->looked);
	sum->failed += gw_counter_get(&of->failed);
	gw_histogram_add(&sum->took_us, &of->took_us);
	sum->compared += gw_counter_get(&figures->route[route].compared);
	sum->differed += gw_counter_get(&figures->route[route].differed);
}

static void take_away(struct gw_counter *from, const struct gw_counter *what)
{
	gw_counter_set(from, gw_counter_get(from) - gw_counter_get(what));
}

void figures_subtract(struct figures_sum *sum, const struct figures_sum *before)
{
	sum->looked -= before->looked;
	sum->failed -= before->failed;
	sum->compared -= before->compared;
	sum->differed -= before->differed;
	take_away(&sum->took_us.count, &before->took_us.count);
	take_away(&sum->took_us.sum_us, &before->took_us.sum_us);
	for (uint32_t i = 0; i < GW_HISTOGRAM_BUCKETS; i++)
		take_away(&sum->took_us.bucket[i], &before->took_us.bucket[i]);
}
