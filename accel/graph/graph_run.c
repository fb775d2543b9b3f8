/* Runs a graph on numbers, for tests of operators: `graph_run WAY MODEL DIMS...`, where WAY is "c"
 * or "opencl" and DIMS are the shape of its only input, whose float32 values come on stdin; those
 * of its outputs go to stdout, one after the other. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accel/graph/plan.h"
#include "accel/opencl_engine/machine.h"

#define PROGRAM "graph_run: "

struct run {
	struct graph graph;
	struct graph_plan plan;
	struct graph_shape shape;
	float *memory; /* as large as a device's */
};

static int on_host(struct run *run)
{
	graph_plan_run(&run->plan, run->memory);
	return 0;
}

#if HAVE_OPENCL
static int on_device(struct run *run, struct gw_error *error)
{
	struct machine_copy in = {.at = run->plan.input[0].at,
		.size = graph_elements(&run->shape) * sizeof(float),
		.host = run->memory + run->plan.input[0].at};
	struct machine_copy *out = calloc(run->plan.outputs, sizeof(out[0]));
	struct opencl_device device;
	struct opencl_api api;
	int status = opencl_library_open(&api, error);

	for (uint32_t i = 0; out && i < run->plan.outputs; i++)
		out[i] = (struct machine_copy){.at = run->plan.output[i].at,
			.size = graph_elements(&run->plan.output[i].shape) * sizeof(float),
			.host = run->memory + run->plan.output[i].at};
	if (status == 0)
		status = opencl_device_find(&api, NULL, &device, error);
	struct machine *machine = status == 0
		? machine_open(&api, &device, &run->graph, &run->plan, 1, &status, error)
		: NULL;

	if (machine)
		status = machine_run(machine, 0, &in, 1, out, run->plan.outputs, error);
	machine_close(machine);
	free(out);
	return status;
}
#endif

static int open_run(struct run *run, int argc, char **argv, struct gw_error *error)
{
	run->shape.rank = (uint32_t)argc - 3;
	for (uint32_t i = 0; i < run->shape.rank; i++)
		run->shape.dims[i] = (uint32_t)strtoul(argv[3 + i], NULL, 10);
	int status = graph_open(&run->graph, argv[2], error);

	if (status == 0)
		status = graph_plan_make(&run->graph, &run->shape, &run->plan, error);
	if (status != 0)
		return status;
	const uint32_t weights = run->graph.weights_count;
	const size_t count = graph_elements(&run->shape);

	graph_plan_settle(&run->plan, weights);
	run->memory = calloc((size_t)weights + run->plan.arena + OP_SLACK, sizeof(float));
	if (!run->memory ||
		fread(run->memory + run->plan.input[0].at, sizeof(float), count, stdin) != count)
		return gw_error_set(error, -1, "too few values on stdin");
	if (weights > 0)
		memcpy(run->memory, run->graph.weights, weights * sizeof(float));
	return 0;
}

int main(int argc, char **argv)
{
	struct run run = {0};
	struct gw_error error = {""};

	if (argc < 4 || argc > 3 + GRAPH_RANK) {
		fputs("usage: graph_run c|opencl MODEL DIMS... <VALUES >VALUES\n", stderr);
		return 2;
	}
	int status = open_run(&run, argc, argv, &error);

	if (status == 0 && strcmp(argv[1], "c") == 0)
		status = on_host(&run);
#if HAVE_OPENCL
	else if (status == 0)
		status = on_device(&run, &error);
#endif
	for (uint32_t i = 0; status == 0 && i < run.plan.outputs; i++)
		fwrite(run.memory + run.plan.output[i].at, sizeof(float),
			graph_elements(&run.plan.output[i].shape), stdout);
	if (status != 0)
		fprintf(stderr, PROGRAM "%s\n", error.text);
	else
		fprintf(stderr, "%u steps\n", run.plan.steps);
	free(run.memory);
	graph_plan_free(&run.plan);
	graph_free(&run.graph);
	return status == 0 ? 0 : 1;
}
