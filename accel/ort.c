/* ONNX Runtime: one session and one thread per model.
 *
 * The tensors stand over the batches' own memory and are made once, one for every possible number
 * of pictures, so that a run neither copies nor allocates on our side.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "accel/host_memory.h"
#include "accel/infer.h"
#include "accel/model.h"
#include "accel/ort_library.h"
#include "accel/ort_outputs.h"
#include "accel/ort_shape.h"
#include "accel/runner.h"
#include "core/config/config.h"
#include "core/log.h"
#include "core/thread.h"

/* The input tensors of one batch, for 1 .. max_batch pictures. */
struct ort_tensors {
	OrtValue *input[MODEL_BATCH_MAX];
};

struct ort_engine {
	struct host_memory host;
	const struct infer_spec *spec;
	struct ort_library library;
	OrtSession *session;
	OrtRunOptions *run_options;
	OrtMemoryInfo *memory;
	struct ort_shape input_shape;
	struct ort_model model;
	struct ort_outputs outputs;
	struct ort_tensors *tensors; /* one per batch */
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
	int threads = spec->config->threads ? (int)spec->config->threads : 1;
	OrtSessionOptions *options = NULL;
	struct gw_inherit before;
	int status;

	status = check(engine, api->CreateSessionOptions(&options), error);
	if (status == 0)
		status = check(engine, api->SetIntraOpNumThreads(options, threads), error);
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
		/* The session makes its threads here. */
		gw_inherit_begin(&before);
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
	return status;
}

static int check_input(struct ort_engine *engine, struct gw_error *error)
{
	const struct infer_spec *spec = engine->spec;

	engine->model = (struct ort_model){
		.library = &engine->library,
		.session = engine->session,
		.name = spec->name,
		.max_batch = spec->max_batch,
	};
	return ort_shape_input(&engine->model, &spec->input, &engine->input_shape, error);
}

static int create_tensor(struct ort_engine *engine, const struct infer_tensor *tensor,
	struct ort_shape shape, float *data, uint32_t count, OrtValue **value,
	struct gw_error *error)
{
	size_t size = (size_t)count * infer_tensor_elements(tensor) * sizeof(float);

	shape.dims[0] = count;
	return check(engine,
		engine->library.api->CreateTensorWithDataAsOrtValue(engine->memory, data, size,
			shape.dims, shape.rank, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, value),
		error);
}

/* Pictures that a run takes for a batch of `count`: all that there is room for when the model's own
 * batch dimension is fixed. */
static uint32_t run_count(const struct ort_engine *engine, uint32_t count)
{
	return engine->input_shape.dims[0] > 0 ? (uint32_t)engine->input_shape.dims[0] : count;
}

static int create_inputs(struct ort_engine *engine, struct gw_error *error)
{
	const struct infer_spec *spec = engine->spec;
	int status = 0;

	engine->tensors = calloc(spec->batch_count, sizeof(engine->tensors[0]));
	if (!engine->tensors)
		return gw_error_set(error, -ENOMEM, "model %s: out of memory", spec->name);
	for (uint32_t i = 0; i < spec->batch_count; i++) {
		struct infer_batch *batch = &spec->batches[i];
		struct ort_tensors *tensors = &engine->tensors[i];

		for (uint32_t n = 1; status == 0 && n <= spec->max_batch; n++) {
			if (run_count(engine, n) != n)
				continue;
			status = create_tensor(engine, &spec->input, engine->input_shape,
				batch->input, n, &tensors->input[n - 1], error);
		}
	}
	return status;
}

static int open_outputs(struct ort_engine *engine, struct infer_spec *spec, struct gw_error *error)
{
	const uint32_t one = run_count(engine, 1);
	int status = ort_outputs_open(&engine->outputs, &engine->model, spec, engine->memory,
		engine->tensors[0].input[one - 1], error);

	if (status == 0)
		status = host_memory_outputs(&engine->host, error);
	if (status == 0)
		status = ort_outputs_prepare(
			&engine->outputs, (uint32_t)engine->input_shape.dims[0], error);
	return status;
}

/* The runner's function. */
static void run_batch(void *state, struct infer_batch *batch)
{
	struct ort_engine *engine = state;
	const struct infer_spec *spec = engine->spec;
	const uint32_t number = (uint32_t)(batch - spec->batches);
	const uint32_t count = run_count(engine, batch->count);
	const OrtValue *input = engine->tensors[number].input[count - 1];
	OrtValue *values[INFER_OUTPUTS];
	const char *names[INFER_OUTPUTS];

	ort_outputs_of(&engine->outputs, number, count, names, values);
	batch->status = ort_library_check(&engine->library,
		engine->library.api->Run(engine->session, engine->run_options, &spec->input.name,
			&input, 1, names, spec->output_count, values),
		batch->error, sizeof(batch->error));
	if (batch->status == 0)
		batch->status = ort_outputs_take(&engine->outputs, batch, values);
}

/* Runs the smallest and the largest batch, so that the first frame finds memory reserved, and a
 * model that loads but does not run is found out now. */
static int warm_up(struct ort_engine *engine, struct gw_error *error)
{
	const struct infer_spec *spec = engine->spec;
	struct infer_batch *batch = &spec->batches[0];
	const uint32_t counts[] = {1, spec->max_batch};

	for (int i = 0; i < 2; i++) {
		batch->count = counts[i];
		run_batch(engine, batch);
		if (batch->status != 0)
			return gw_error_set(error, batch->status,
				"model %s: does not run on a batch of %u (%s): correct model.yaml, "
				"or "
				"export %s again",
				spec->name, batch->count, batch->error, spec->path);
	}
	return 0;
}

static void release_tensors(struct ort_engine *engine)
{
	const OrtApi *api = engine->library.api;

	for (uint32_t i = 0; engine->tensors && i < engine->spec->batch_count; i++) {
		for (uint32_t n = 0; n < MODEL_BATCH_MAX; n++) {
			if (engine->tensors[i].input[n])
				api->ReleaseValue(engine->tensors[i].input[n]);
		}
	}
	free(engine->tensors);
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
	release_tensors(engine);
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
	status = host_memory_open(&engine->host, spec, error);
	if (status == 0)
		status = ort_library_open(&engine->library, spec->config->library, error);
	if (status == 0)
		status = create_session(engine, error);
	if (status == 0)
		status = check_input(engine, error);
	if (status == 0)
		status = create_inputs(engine, error);
	if (status == 0)
		status = open_outputs(engine, spec, error);
	if (status == 0)
		status = warm_up(engine, error);
	if (status == 0) {
		engine->runner = runner_start(spec, run_batch, engine, error);
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

const struct infer_ops infer_ort = {
	.name = "ort",
	.memory = GW_MEM_HOST,
	.max_batch = MODEL_BATCH_MAX,
	.open = ort_open,
	.place = ort_place,
	.submit = ort_submit,
	.poll = ort_poll,
	.close = ort_close,
};
