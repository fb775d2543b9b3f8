#include "accel/engine_plans/plans.h"

#include <errno.h>
#include <stdlib.h>

uint32_t engine_plans_number(const struct engine_plans *plans, uint32_t pictures)
{
	return plans->ports.fixed ? 0 : pictures - 1;
}

uint32_t engine_plans_pictures(const struct engine_plans *plans, uint32_t number)
{
	return plans->ports.fixed ? plans->ports.fixed : number + 1;
}

static int make(struct engine_plans *plans, const char *engine, struct infer_spec *spec,
	struct gw_error *error)
{
	struct graph_shape shapes[PORTS_INPUTS];
	int status = 0;

	plans->count = plans->ports.fixed ? 1 : spec->max_batch;
	plans->plan = calloc(plans->count, sizeof(plans->plan[0]));
	if (!plans->plan)
		return gw_error_set(error, -ENOMEM, "model %s: out of memory", spec->name);
	/* The largest first: its memory is what may be too much. */
	for (uint32_t i = plans->count; i-- > 0 && status == 0;) {
		ports_shapes(&plans->ports, spec, engine_plans_pictures(plans, i), shapes);
		status = graph_plan_make(&plans->graph, shapes, &plans->plan[i], error);
		if (status != 0)
			gw_error_prefix(error, "model %s: engine \"%s\": ", spec->name, engine);
	}
	for (uint32_t i = 0; i < plans->count && status == 0; i++)
		graph_plan_settle(&plans->plan[i], plans->graph.weights_count);
	const uint32_t last = plans->count - 1;

	return status == 0 ? ports_settle(&plans->ports, &plans->plan[last],
				     engine_plans_pictures(plans, last), spec, error)
			   : status;
}

int engine_plans_open(struct engine_plans *plans, const char *engine, struct infer_spec *spec,
	struct gw_error *error)
{
	int status = graph_open(&plans->graph, spec->path, error);

	if (status != 0)
		gw_error_prefix(error, "model %s: engine \"%s\": ", spec->name, engine);
	if (status == 0)
		status = ports_find(&plans->ports, engine, &plans->graph, spec, error);
	return status == 0 ? make(plans, engine, spec, error) : status;
}

void engine_plans_drop_graph(struct engine_plans *plans)
{
	graph_free(&plans->graph);
	plans->graph = (struct graph){0};
}

void engine_plans_close(struct engine_plans *plans)
{
	for (uint32_t i = 0; plans->plan && i < plans->count; i++)
		graph_plan_free(&plans->plan[i]);
	free(plans->plan);
	graph_free(&plans->graph);
	*plans = (struct engine_plans){0};
}
