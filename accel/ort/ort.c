/* ONNX Runtime: one session and one thread per model.
 *
 * The tensors stand over the batches' own memory and are made once, one for every possible number
 * of pictures, so that a run neither copies nor allocates on our side.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accel/infer.h"
#include "accel/input/host_memory.h"
#include "accel/ort/inputs.h"
#include "accel/ort/library.h"
#include "accel/ort/outputs.h"
#include "accel/ort/shape.h"
#include "accel/ort/weights.h"
#include "accel/repository/model.h"
#include "accel/runner.h"
#include "core/clock.h"
#include "core/config/config.h"
#include "core/log.h"
#include "core/thread.h"

struct ort_engine {
	struct host_memory host;
	const struct infer_spec *spec;
	const struct gw_device *device;
	struct ort_library library;
	OrtSession *session;
	OrtRunOptions *run_options;
	OrtMemoryInfo *memory;
	struct ort_model model;
	struct ort_inputs inputs;
	struct ort_outputs outputs;
	struct runner *runner;
};

/* Turns a status into the one line that a user sees. */
static int check(struct ort_engine *engine, OrtStatus *status, struct gw_error *error)
{
	char line[300];
	int result = ort_library_check(&engine->library, status, line, sizeof(line));

	if (result == 0)
		return 0;
	return gw_error_set(error, result, "model %s: ONNX Runtime %s cannot use %s: %s",
		engine->spec->name, engine->library.version, engine->spec->path, line);
}

static int create_session(struct ort_engine *engine, struct gw_error *error)
{
	const OrtApi *api = engine->library.api;
	const struct infer_spec *spec = engine->spec;
	const struct gw_device *device = engine->device;
	const uint32_t threads = device->threads > 0 ? device->threads : spec->config->threads;
	OrtSessionOptions *options = NULL;
	struct ort_weights weights = {0};
	struct gw_inherit before;
	int status = ort_weights_open(&weights, spec->path, error);

	if (status != 0)
		gw_error_prefix(error, "model %s: ", spec->name);
	if (status == 0)
		status = check(engine, api->CreateSessionOptions(&options), error);
	if (status == 0)
		status =
			check(engine, ort_weights_give(&weights, &engine->library, options), error);
	if (status == 0)
		status = check(engine,
			api->SetIntraOpNumThreads(options, threads > 0 ? (int)threads : 1), error);
	if (status == 0)
		status = check(engine, api->SetInterOpNumThreads(options, 1), error);
	if (status == 0)
		status = check(engine,
			api->SetSessionGraphOptimizationLevel(options, ORT_ENABLE_ALL), error);
	if (status == 0)
		status = check(engine,
			api->AddSessionConfigEntry(options, "session.intra_op.allow_spinning", "0"),
			error);
	if (status == 0) {
		/* The session makes its threads here, all but the one that will call it. */
		gw_inherit_begin(&before, device->pinned ? &device->cores : NULL);
		status = check(engine,
			api->CreateSession(
				engine->library.env, spec->path, options, &engine->session),
			error);
		gw_inherit_end(&before);
	}
	if (status == 0)
		status = check(engine, api->CreateRunOptions(&engine->run_options), error);
	if (status == 0)
		status = check(engine,
			api->CreateCpuMemoryInfo(
				OrtArenaAllocator, OrtMemTypeDefault, &engine->memory),
			error);
	if (options)
		api->ReleaseSessionOptions(options);
	ort_weights_close(&weights);
	return status;
}

static int open_inputs(struct ort_engine *engine, struct gw_error *error)
{
	const struct infer_spec *spec = engine->spec;

	engine->model = (struct ort_model){
		.library = &engine->library,
		.session = engine->session,
		.name = spec->name,
		.max_batch = spec->max_batch,
	};
	return ort_inputs_open(&engine->inputs, &engine->model, spec, engine->memory, error);
}

static int open_outputs(struct ort_engine *engine, struct infer_spec *spec, struct gw_error *error)
{
	int status = ort_outputs_open(
		&engine->outputs, &engine->model, spec, engine->memory, &engine->inputs, error);

	if (status == 0)
		status = host_memory_outputs(&engine->host, error);
	if (status == 0)
		status = ort_outputs_prepare(
			&engine->outputs, ort_inputs_fixed(&engine->inputs), error);
	return status;
}

/* The runner's function. */
static void run_batch(void *state, struct infer_batch *batch)
{
	struct ort_engine *engine = state;
	const struct infer_spec *spec = engine->spec;
	const uint32_t number = (uint32_t)(batch - spec->batches);
	const uint32_t count = ort_inputs_run_count(&engine->inputs, batch->count);
	const OrtValue *inputs[ORT_INPUTS];
	OrtValue *values[INFER_OUTPUTS];
	const char *input_names[ORT_INPUTS], *names[INFER_OUTPUTS];

	ort_inputs_of(&engine->inputs, number, count, input_names, inputs);
	ort_outputs_of(&engine->outputs, number, count, names, values);
	batch->status = ort_library_check(&engine->library,
		engine->library.api->Run(engine->session, engine->run_options, input_names, inputs,
			engine->inputs.count, names, spec->output_count, values),
		batch->error, sizeof(batch->error));
	if (batch->status == 0)
		batch->status = ort_outputs_take(&engine->outputs, batch, values);
}

/* Runs the smallest and the largest batch, so that the first frame finds memory reserved, and a
 * model that loads but does not run is found out now. */
static int warm_up(struct ort_engine *engine, struct infer_spec *spec, struct gw_error *error)
{
	struct infer_batch *batch = &spec->batches[0];
	const uint32_t counts[] = {1, spec->max_batch};

	for (int i = 0; i < 2; i++) {
		const int64_t begin = gw_now();

		batch->count = counts[i];
		run_batch(engine, batch);
		spec->warm_ns = gw_now() - begin;
		if (batch->status != 0)
			return gw_error_set(error, batch->status,
				"model %s: does not run on a batch of %u (%s): correct model.yaml, "
				"or "
				"export %s again",
				spec->name, batch->count, batch->error, spec->path);
	}
	return 0;
}

static void ort_close(void *state)
{
	struct ort_engine *engine = state;

	if (!engine)
		return;
	const OrtApi *api = engine->library.api;

	/* A run that is going on ends at its next operator. */
	if (engine->runner)
		ort_library_check(&engine->library,
			api->RunOptionsSetTerminate(engine->run_options), (char[1]){0}, 1);
	runner_stop(engine->runner);
	ort_outputs_close(&engine->outputs);
	ort_inputs_close(&engine->inputs);
	if (engine->memory)
		api->ReleaseMemoryInfo(engine->memory);
	if (engine->run_options)
		api->ReleaseRunOptions(engine->run_options);
	if (engine->session)
		api->ReleaseSession(engine->session);
	ort_library_close(&engine->library);
	host_memory_close(&engine->host);
	free(engine);
}

static int ort_open(
	struct infer_spec *spec, struct gw_device *device, void **state, struct gw_error *error)
{
	struct ort_engine *engine = calloc(1, sizeof(*engine));
	int status;

	if (!engine)
		return gw_error_set(error, -ENOMEM, "model %s: out of memory", spec->name);
	engine->spec = spec;
	engine->device = device;
	status = host_memory_open(&engine->host, spec, error);
	if (status == 0)
		status = ort_library_open(&engine->library, spec->config->library, error);
	if (status == 0)
		status = create_session(engine, error);
	if (status == 0)
		status = open_inputs(engine, error);
	if (status == 0)
		status = open_outputs(engine, spec, error);
	if (status == 0)
		status = warm_up(engine, spec, error);
	if (status == 0) {
		engine->runner = runner_start(spec, device, run_batch, engine, error);
		status = engine->runner ? 0 : -EAGAIN;
	}
	if (status != 0) {
		ort_close(engine);
		return status;
	}
	gw_debug("accel", "model %s runs on ONNX Runtime %s", spec->name, engine->library.version);
	*state = engine;
	return 0;
}

static void ort_place(void *state, struct infer_batch *batch, uint32_t index,
	const struct gw_surface *surface, const struct geometry *geometry)
{
	host_memory_place(&((struct ort_engine *)state)->host, batch, index, surface, geometry);
}

static void ort_submit(void *state, struct infer_batch *batch)
{
	runner_submit(((struct ort_engine *)state)->runner, batch);
}

static uint32_t ort_poll(void *state, struct infer_batch **batches, uint32_t count)
{
	return runner_poll(((struct ort_engine *)state)->runner, batches, count);
}

static int ort_probe(
	const struct gw_accel_config *config, char version[INFER_VERSION], struct gw_error *error)
{
	struct ort_library library;
	const int status = ort_library_find(&library, config->library, error);

	if (status == 0)
		snprintf(version, INFER_VERSION, "%s", library.version);
	return status;
}

const struct infer_ops infer_ort = {
	.name = "ort",
	.memory = GW_MEM_HOST,
	.max_batch = MODEL_BATCH_MAX,
	.open = ort_open,
	.place = ort_place,
	.submit = ort_submit,
	.poll = ort_poll,
	.close = ort_close,
	.probe = ort_probe,
};
