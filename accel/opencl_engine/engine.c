/* Models by our own kernels on an OpenCL device, of whatever kind. One queue and one thread per
 * model. A picture that lies in the device's memory is placed there by the device; one of the
 * host's is prepared by the processor, whose code for it is faster, and copied with the batch.
 */
#include "accel/opencl_engine/engine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accel/engine_plans/warm_up.h"
#include "accel/repository/model.h"
#include "accel/runner.h"
#include "core/config/config.h"
#include "core/log.h"

static int open_machine(
	struct opencl_engine *engine, const struct infer_spec *spec, struct gw_error *error)
{
	struct opencl_device device;
	int status = opencl_library_open(&engine->api, error);

	if (status == 0)
		status = opencl_device_find(&engine->api, spec->config->device, &device, error);
	if (status == 0)
		engine->machine = machine_open(&engine->api, &device, &engine->plans.graph,
			engine->plans.plan, engine->plans.count, &status, error);
	if (status == 0)
		engine->inputs = inputs_open(&engine->api, &device, machine_queue(engine->machine),
			spec, &status, error);
	if (status != 0)
		gw_error_prefix(error, "model %s: ", spec->name);
	else
		gw_debug("accel", "model %s runs on OpenCL: %s", spec->name, device.name);
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
	const struct ports *ports = &engine->plans.ports;
	const uint32_t number = engine_plans_number(&engine->plans, batch->count);
	const uint32_t count = engine_plans_pictures(&engine->plans, number);
	const struct graph_plan *plan = &engine->plans.plan[number];
	struct machine_copy in[MACHINE_INS], out[MACHINE_OUTS];
	struct gw_error error;

	uint32_t ins = copies_in(engine, batch, count, plan->input[ports->input[0]].at, in);

	if (ports->inputs > 1)
		in[ins++] = (struct machine_copy){.at = plan->input[ports->input[1]].at,
			.size = count * 2 * sizeof(float),
			.host = batch->size};
	for (uint32_t k = 0; k < spec->output_count; k++) {
		out[k] = (struct machine_copy){.at = plan->output[ports->output[k]].at,
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

static int warm_up(struct opencl_engine *engine, struct infer_spec *spec, struct gw_error *error)
{
	int64_t patience;
	const int status = engine_warm_up(spec, run_batch, engine, &patience, error);

	if (status == 0)
		machine_set_patience(engine->machine, patience);
	return status;
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
	engine_plans_close(&engine->plans);
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
		status = engine_plans_open(&engine->plans, "opencl", spec, error);
	if (status == 0)
		status = open_machine(engine, spec, error);
	engine_plans_drop_graph(&engine->plans);
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
