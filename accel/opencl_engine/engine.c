/* Models by our own kernels on an OpenCL device, of whatever kind. One queue and one thread per
 * model. A picture that lies in the device's memory is placed there by the device; one of the
 * host's is prepared by the processor, whose code for it is faster, and copied with the batch.
 */
#include "accel/opencl_engine/engine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accel/repository/model.h"
#include "accel/runner.h"
#include "core/clock.h"
#include "core/config/config.h"
#include "core/log.h"

/* A run may take so many times what the first one took, and at least so long. */
#define PATIENCE_TIMES 20
#define PATIENCE_LEAST_NS (10 * GW_NS_PER_S)

static uint32_t count_of(const struct opencl_engine *engine, uint32_t number)
{
	return engine->ports.fixed ? engine->ports.fixed : number + 1;
}

static int make_plans(struct opencl_engine *engine, struct graph *graph, struct infer_spec *spec,
	struct gw_error *error)
{
	struct graph_shape shapes[PORTS_INPUTS];
	int status = 0;

	engine->plan_count = engine->ports.fixed ? 1 : spec->max_batch;
	engine->plans = calloc(engine->plan_count, sizeof(engine->plans[0]));
	if (!engine->plans)
		return gw_error_set(error, -ENOMEM, "model %s: out of memory", spec->name);
	/* The largest first: its memory is what may be too much. */
	for (uint32_t i = engine->plan_count; i-- > 0 && status == 0;) {
		ports_shapes(&engine->ports, spec, count_of(engine, i), shapes);
		status = graph_plan_make(graph, shapes, &engine->plans[i], error);
		if (status != 0)
			gw_error_prefix(error, "model %s: engine \"opencl\": ", spec->name);
	}
	for (uint32_t i = 0; i < engine->plan_count && status == 0; i++)
		graph_plan_settle(&engine->plans[i], graph->weights_count);
	const uint32_t last = engine->plan_count - 1;

	return status == 0 ? ports_settle(&engine->ports, &engine->plans[last],
				     count_of(engine, last), spec, error)
			   : status;
}

static int open_machine(struct opencl_engine *engine, const struct graph *graph,
	const struct infer_spec *spec, struct gw_error *error)
{
	struct opencl_device device;
	int status = opencl_library_open(&engine->api, error);

	if (status == 0)
		status = opencl_device_find(&engine->api, spec->config->device, &device, error);
	if (status == 0)
		engine->machine = machine_open(&engine->api, &device, graph, engine->plans,
			engine->plan_count, &status, error);
	if (status == 0)
		engine->inputs = inputs_open(&engine->api, &device, machine_queue(engine->machine),
			spec, &status, error);
	if (status != 0)
		gw_error_prefix(error, "model %s: ", spec->name);
	else
		gw_debug("accel", "model %s runs on OpenCL: %s", spec->name, device.name);
	return status;
}

static int open_graph(struct opencl_engine *engine, struct infer_spec *spec, struct gw_error *error)
{
	struct graph graph;
	int status = graph_open(&graph, spec->path, error);

	if (status != 0)
		gw_error_prefix(error, "model %s: engine \"opencl\": ", spec->name);
	if (status == 0)
		status = ports_find(&engine->ports, &graph, spec, error);
	if (status == 0)
		status = make_plans(engine, &graph, spec, error);
	if (status == 0)
		status = open_machine(engine, &graph, spec, error);
	graph_free(&graph);
	return status;
}

/* Where the pictures of a batch come from: neighbours that lie together go in one copy. Returns how
 * many. */
static uint32_t copies_in(const struct opencl_engine *engine, const struct infer_batch *batch,
	uint32_t count, uint32_t at, struct machine_copy in[MODEL_BATCH_MAX])
{
	const struct infer_spec *spec = engine->spec;
	const uint32_t number = (uint32_t)(batch - spec->batches);
	const size_t size = model_picture_size(spec->picture);
	uint32_t copies = 0;

	for (uint32_t i = 0; i < count; i++) {
		cl_mem there = i < batch->count ? inputs_tensor(engine->inputs, number, i) : NULL;

		if (copies > 0 && in[copies - 1].there == there) {
			in[copies - 1].size += size;
			continue;
		}
		in[copies++] =
			(struct machine_copy){.at = at + (uint32_t)(i * size / sizeof(float)),
				.size = size,
				.host = (uint8_t *)batch->input + i * size,
				.there = there,
				.from = i * size};
	}
	return copies;
}

/* A batch is no better than its pictures. */
static void end_inputs(
	struct opencl_engine *engine, struct infer_batch *batch, struct gw_error *error)
{
	struct gw_error placing;
	const int status =
		inputs_end(engine->inputs, (uint32_t)(batch - engine->spec->batches), &placing);

	if (batch->status != 0 || status == 0)
		return;
	batch->status = status;
	*error = placing;
}

/* The runner's function. */
static void run_batch(void *state, struct infer_batch *batch)
{
	struct opencl_engine *engine = state;
	const struct infer_spec *spec = engine->spec;
	const uint32_t number = engine->ports.fixed ? 0 : batch->count - 1;
	const uint32_t count = count_of(engine, number);
	const struct graph_plan *plan = &engine->plans[number];
	struct machine_copy in[MACHINE_INS], out[MACHINE_OUTS];
	struct gw_error error;

	uint32_t ins = copies_in(engine, batch, count, plan->input[engine->ports.input[0]].at, in);

	if (engine->ports.inputs > 1)
		in[ins++] = (struct machine_copy){.at = plan->input[engine->ports.input[1]].at,
			.size = count * 2 * sizeof(float),
			.host = batch->size};
	for (uint32_t k = 0; k < spec->output_count; k++) {
		out[k] = (struct machine_copy){.at = plan->output[engine->ports.output[k]].at,
			.size = (size_t)count * infer_tensor_elements(&spec->output[k]) *
				sizeof(float),
			.host = batch->output[k]};
		batch->rows[k] = spec->output[k].dims[0];
	}
	batch->status =
		machine_run(engine->machine, number, in, ins, out, spec->output_count, &error);
	if (machine_is_given_up(engine->machine))
		inputs_give_up(engine->inputs);
	else
		end_inputs(engine, batch, &error);
	if (batch->status != 0)
		snprintf(batch->error, sizeof(batch->error), "%.300s", error.text);
}

/* Runs the smallest and the largest batch: drivers compile a last time when a kernel first runs. */
static int warm_up(struct opencl_engine *engine, struct infer_spec *spec, struct gw_error *error)
{
	const uint32_t counts[] = {1, spec->max_batch};
	struct infer_batch *batch = &spec->batches[0];

	for (int i = 0; i < 2; i++) {
		const int64_t begin = gw_now();

		batch->count = counts[i];
		run_batch(engine, batch);
		spec->warm_ns = gw_now() - begin;
		if (batch->status != 0)
			return gw_error_set(error, batch->status,
				"model %s: does not run on a batch of %u: %s", spec->name,
				batch->count, batch->error);
	}
	const int64_t patience = PATIENCE_TIMES * spec->warm_ns;

	machine_set_patience(
		engine->machine, patience > PATIENCE_LEAST_NS ? patience : PATIENCE_LEAST_NS);
	return 0;
}

static void engine_close(void *state)
{
	struct opencl_engine *engine = state;

	if (!engine)
		return;
	runner_stop(engine->runner);
	/* A device that was given up may still write to the batches. */
	if (!inputs_close(engine->inputs) || !machine_close(engine->machine))
		return;
	for (uint32_t i = 0; engine->plans && i < engine->plan_count; i++)
		graph_plan_free(&engine->plans[i]);
	free(engine->plans);
	host_memory_close(&engine->host);
	free(engine);
}

static int engine_open(
	struct infer_spec *spec, struct gw_device *device, void **state, struct gw_error *error)
{
	struct opencl_engine *engine = calloc(1, sizeof(*engine));

	if (!engine)
		return gw_error_set(error, -ENOMEM, "model %s: out of memory", spec->name);
	engine->spec = spec;
	int status = host_memory_open(&engine->host, spec, error);

	if (status == 0)
		status = open_graph(engine, spec, error);
	if (status == 0)
		status = host_memory_outputs(&engine->host, error);
	if (status == 0)
		status = warm_up(engine, spec, error);
	if (status == 0) {
		engine->runner = runner_start(spec, device, run_batch, engine, error);
		status = engine->runner ? 0 : -EAGAIN;
	}
	if (status != 0)
		engine_close(engine);
	else
		*state = engine;
	return status;
}

static void engine_place(void *state, struct infer_batch *batch, uint32_t index,
	const struct gw_surface *surface, const struct geometry *geometry)
{
	struct opencl_engine *engine = state;
	const uint32_t number = (uint32_t)(batch - engine->spec->batches);
	struct gw_error error;

	if (surface->device->memory == GW_MEM_HOST) {
		inputs_leave_out(engine->inputs, number, index);
		host_memory_place(&engine->host, batch, index, surface, geometry);
		return;
	}
	if (inputs_place(engine->inputs, number, index, surface, geometry, &error) != 0)
		atomic_fetch_add_explicit(&batch->unplaced, 1, memory_order_release);
	host_memory_put_size(&engine->host, batch, index, geometry);
}

static void engine_submit(void *state, struct infer_batch *batch)
{
	runner_submit(((struct opencl_engine *)state)->runner, batch);
}

static uint32_t engine_poll(void *state, struct infer_batch **batches, uint32_t count)
{
	return runner_poll(((struct opencl_engine *)state)->runner, batches, count);
}

static int engine_probe(
	const struct gw_accel_config *config, char version[INFER_VERSION], struct gw_error *error)
{
	struct opencl_device device;
	struct opencl_api api;
	int status = opencl_library_open(&api, error);

	if (status == 0)
		status = opencl_device_find(&api, config->device, &device, error);
	if (status == 0)
		snprintf(version, INFER_VERSION, "%.*s", INFER_VERSION - 1, device.name);
	return status;
}

const struct infer_ops infer_opencl = {
	.name = "opencl",
	.memory = GW_MEM_OPENCL,
	.max_batch = MODEL_BATCH_MAX,
	.open = engine_open,
	.place = engine_place,
	.submit = engine_submit,
	.poll = engine_poll,
	.close = engine_close,
	.probe = engine_probe,
};
