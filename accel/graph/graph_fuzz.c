/* Any bytes: a graph whose plans stay within their memory, or a line. */
#include <stdlib.h>
#include <string.h>

#include "accel/graph/plan.h"

/* What is run as well, so that a sanitizer sees where kernels read and write. */
#define RUN_MEMORY (1u << 16)
#define RUN_ITEMS 20000u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void require_line(const struct gw_error *error)
{
	require(error->text[0] != '\0' && !strchr(error->text, '\n'));
}

static bool is_quick(const struct graph *graph, const struct graph_plan *plan)
{
	uint64_t items = 0;

	for (uint32_t i = 0; i < plan->steps; i++) {
		const struct graph_step *step = &plan->step[i];
		const struct op_pool *pool = &plan->job[i].pool;
		uint64_t own = (uint64_t)step->items[0] * step->items[1];

		if (own > RUN_ITEMS || step->items[2] > RUN_ITEMS)
			return false;
		own *= step->items[2];
		if (step->kernel == OPERATORS_POOL)
			own *= (uint64_t)pool->kernel_width * pool->kernel_height;
		items += own;
	}
	return items < RUN_ITEMS && graph->weights_count < RUN_MEMORY && plan->arena < RUN_MEMORY;
}

static void run(const struct graph *graph, const struct graph_plan *plan)
{
	float *memory =
		calloc((size_t)graph->weights_count + plan->arena + OP_SLACK, sizeof(float));

	if (!memory)
		return;
	if (graph->weights_count > 0)
		memcpy(memory, graph->weights, graph->weights_count * sizeof(float));
	graph_plan_run(plan, memory);
	free(memory);
}

static void plan(struct graph *graph, uint32_t batch)
{
	struct graph_shape *shapes = calloc(graph->inputs + 1, sizeof(shapes[0]));
	struct graph_plan made;
	struct gw_error error = {""};

	if (!shapes)
		return;
	for (uint32_t i = 0; i < graph->inputs; i++) {
		shapes[i] = graph->value[graph->input[i].value].shape;
		for (uint32_t k = 0; k < shapes[i].rank; k++)
			if (shapes[i].dims[k] == 0)
				shapes[i].dims[k] = k == 0 ? batch : 2;
	}
	if (graph_plan_make(graph, shapes, &made, &error) == 0) {
		graph_plan_settle(&made, graph->weights_count);
		for (uint32_t i = 0; i < made.outputs; i++)
			require(made.output[i].at + graph_elements(&made.output[i].shape) <=
				(uint64_t)graph->weights_count + made.arena);
		if (is_quick(graph, &made))
			run(graph, &made);
	} else {
		require_line(&error);
	}
	graph_plan_free(&made);
	free(shapes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct graph graph;
	struct gw_error error = {""};

	if (graph_read(&graph, data, size, NULL, &error) == 0) {
		plan(&graph, 2);
		plan(&graph, 1);
	} else {
		require_line(&error);
	}
	graph_free(&graph);
	return 0;
}
