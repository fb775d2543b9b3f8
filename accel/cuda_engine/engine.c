/* Models by our own kernels on an NVIDIA GPU. One stream and one thread per model. The processor
 * prepares the pictures of the host's memory, and a batch goes to the GPU in one copy.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "accel/cuda_engine/machine.h"
#include "accel/engine_plans/plans.h"
#include "accel/engine_plans/warm_up.h"
#include "accel/infer.h"
#include "accel/input/host_memory.h"
#include "accel/repository/model.h"
#include "accel/runner.h"
#include "core/config/config.h"
#include "core/log.h"

struct cuda_engine {
	struct host_memory host;
	const struct infer_spec *spec;
	struct cuda_api api;
	struct engine_plans plans;
	struct cuda_machine *machine;
	struct runner *runner;
	uint32_t pinned; /* pieces of the batches' memory, in the order of each_piece() */
};

static int open_machine(
	struct cuda_engine *engine, const struct infer_spec *spec, struct gw_error *error)
{
	struct cuda_device device;
	int status = cuda_library_open(&engine->api, error);

	if (status == 0)
		status = cuda_device_find(&engine->api, spec->config->device, &device, error);
	if (status == 0)
		engine->machine = cuda_machine_open(&engine->api, &device, &engine->plans.graph,
			engine->plans.plan, engine->plans.count, &status, error);
	if (status != 0)
		gw_error_prefix(error, "model %s: ", spec->name);
	else
		gw_debug("accel", "model %s runs on CUDA: %s", spec->name, device.name);
	return status;
}

/* Piece `index` of what goes up or comes down. NULL: there are no more. */
static void *piece(const struct infer_spec *spec, uint32_t index, size_t *size)
{
	const uint32_t each = spec->output_count + 1;
	const struct infer_batch *batch = &spec->batches[index / each];

	if (index / each == spec->batch_count)
		return NULL;
	if (index % each == 0) {
		*size = spec->max_batch * model_picture_size(spec->picture);
		return batch->input;
	}
	*size = (size_t)spec->max_batch * infer_tensor_elements(&spec->output[index % each - 1]) *
		sizeof(float);
	return batch->output[index % each - 1];
}

static void pin(struct cuda_engine *engine)
{
	size_t size;
	void *memory;

	while ((memory = piece(engine->spec, engine->pinned, &size)) != NULL) {
		if (!cuda_machine_pin(engine->machine, memory, size)) {
			gw_debug("accel",
				"model %s: CUDA does not reach the batches' memory itself: copies "
				"are slower",
				engine->spec->name);
			return;
		}
		engine->pinned++;
	}
}

static void unpin(struct cuda_engine *engine)
{
	size_t size;

	while (engine->pinned > 0)
		if (!cuda_machine_unpin(
			    engine->machine, piece(engine->spec, --engine->pinned, &size)))
			gw_debug("accel", "model %s: CUDA keeps memory of its batches pinned",
				engine->spec->name);
}

/* The runner's function. */
static void run_batch(void *state, struct infer_batch *batch)
{
	struct cuda_engine *engine = state;
	const struct infer_spec *spec = engine->spec;
	const struct ports *ports = &engine->plans.ports;
	const uint32_t number = engine_plans_number(&engine->plans, batch->count);
	const uint32_t count = engine_plans_pictures(&engine->plans, number);
	const struct graph_plan *plan = &engine->plans.plan[number];
	struct cuda_machine_copy in[PORTS_INPUTS], out[INFER_OUTPUTS];
	struct gw_error error;

	in[0] = (struct cuda_machine_copy){.at = plan->input[ports->input[0]].at,
		.size = count * model_picture_size(spec->picture),
		.host = batch->input};
	if (ports->inputs > 1)
		in[1] = (struct cuda_machine_copy){.at = plan->input[ports->input[1]].at,
			.size = count * 2 * sizeof(float),
			.host = batch->size};
	for (uint32_t k = 0; k < spec->output_count; k++) {
		out[k] = (struct cuda_machine_copy){.at = plan->output[ports->output[k]].at,
			.size = (size_t)count * infer_tensor_elements(&spec->output[k]) *
				sizeof(float),
			.host = batch->output[k]};
		batch->rows[k] = spec->output[k].dims[0];
	}
	batch->status = cuda_machine_run(
		engine->machine, number, in, ports->inputs, out, spec->output_count, &error);
	if (batch->status != 0)
		snprintf(batch->error, sizeof(batch->error), "%.300s", error.text);
}

static int warm_up(struct cuda_engine *engine, struct infer_spec *spec, struct gw_error *error)
{
	int64_t patience;
	const int status = engine_warm_up(spec, run_batch, engine, &patience, error);

	if (status == 0)
		cuda_machine_set_patience(engine->machine, patience);
	return status;
}

static void engine_close(void *state)
{
	struct cuda_engine *engine = state;

	if (!engine)
		return;
	runner_stop(engine->runner);
	/* A GPU that was given up may still write to the batches. */
	if (engine->machine && cuda_machine_is_given_up(engine->machine))
		return;
	unpin(engine);
	cuda_machine_close(engine->machine);
	engine_plans_close(&engine->plans);
	host_memory_close(&engine->host);
	free(engine);
}

static int open_all(struct cuda_engine *engine, struct infer_spec *spec, struct gw_device *device,
	struct gw_error *error)
{
	int status = host_memory_open(&engine->host, spec, error);

	if (status == 0)
		status = engine_plans_open(&engine->plans, "cuda", spec, error);
	if (status == 0)
		status = open_machine(engine, spec, error);
	engine_plans_drop_graph(&engine->plans);
	if (status == 0)
		status = host_memory_outputs(&engine->host, error);
	if (status != 0)
		return status;
	pin(engine);
	status = warm_up(engine, spec, error);
	if (status != 0)
		return status;
	engine->runner = runner_start(spec, device, run_batch, engine, error);
	return engine->runner ? 0 : -EAGAIN;
}

static int engine_open(
	struct infer_spec *spec, struct gw_device *device, void **state, struct gw_error *error)
{
	struct cuda_engine *engine = calloc(1, sizeof(*engine));

	if (!engine)
		return gw_error_set(error, -ENOMEM, "model %s: out of memory", spec->name);
	engine->spec = spec;
	const int status = open_all(engine, spec, device, error);

	if (status != 0)
		engine_close(engine);
	else
		*state = engine;
	return status;
}

static void engine_place(void *state, struct infer_batch *batch, uint32_t index,
	const struct gw_surface *surface, const struct geometry *geometry)
{
	host_memory_place(&((struct cuda_engine *)state)->host, batch, index, surface, geometry);
}

static void engine_submit(void *state, struct infer_batch *batch)
{
	runner_submit(((struct cuda_engine *)state)->runner, batch);
}

static uint32_t engine_poll(void *state, struct infer_batch **batches, uint32_t count)
{
	return runner_poll(((struct cuda_engine *)state)->runner, batches, count);
}

static int engine_probe(
	const struct gw_accel_config *config, char version[INFER_VERSION], struct gw_error *error)
{
	struct cuda_device device;
	struct cuda_api api;
	int status = cuda_library_open(&api, error);

	if (status == 0)
		status = cuda_device_find(&api, config->device, &device, error);
	if (status == 0)
		snprintf(version, INFER_VERSION, "%.*s", INFER_VERSION - 1, device.name);
	return status;
}

/* The batches are in the host's memory: that is what it reads. */
const struct infer_ops infer_cuda = {
	.name = "cuda",
	.memory = GW_MEM_HOST,
	.max_batch = MODEL_BATCH_MAX,
	.open = engine_open,
	.place = engine_place,
	.submit = engine_submit,
	.poll = engine_poll,
	.close = engine_close,
	.probe = engine_probe,
};
