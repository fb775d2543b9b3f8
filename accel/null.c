/* An engine that computes nothing: tests of the rest, and measurements without a model.
 *
 * Its answers depend on the picture alone: output value i is input value i (from the start again
 * when the input is shorter; of an input that is not float32, byte i), squashed into -1 .. 1 by
 * x / (1 + |x|).
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "accel/infer.h"
#include "accel/input/host_memory.h"
#include "accel/repository/model.h"
#include "accel/runner.h"

struct null_engine {
	struct host_memory host;
	const struct infer_spec *spec;
	uint32_t input_size; /* values that a picture has to answer from */
	uint32_t output_size[INFER_OUTPUTS];
	struct runner *runner;
};

/* Value i of what lies in a batch. */
static float value_of(const struct null_engine *engine, const void *input, size_t i)
{
	return engine->spec->picture->type == MODEL_FLOAT32 ? ((const float *)input)[i]
							    : ((const uint8_t *)input)[i];
}

static void answer(const struct null_engine *engine, const struct infer_batch *batch,
	uint32_t place, uint32_t k)
{
	const size_t begin = (size_t)place * engine->input_size;
	float *output = batch->output[k] + (size_t)place * engine->output_size[k];

	for (uint32_t i = 0, from = 0; i < engine->output_size[k]; i++) {
		const float value = value_of(engine, batch->input, begin + from);

		output[i] = value / (1 + fabsf(value));
		if (++from == engine->input_size)
			from = 0;
	}
}

static void null_place(void *state, struct infer_batch *batch, uint32_t index,
	const struct gw_surface *surface, const struct geometry *geometry)
{
	host_memory_place(&((struct null_engine *)state)->host, batch, index, surface, geometry);
}

/* The runner's function. */
static void null_run(void *state, struct infer_batch *batch)
{
	struct null_engine *engine = state;

	for (uint32_t k = 0; k < engine->spec->output_count; k++)
		batch->rows[k] = engine->spec->output[k].dims[0];
	for (uint32_t i = 0; i < batch->count; i++) {
		for (uint32_t k = 0; k < engine->spec->output_count; k++)
			answer(engine, batch, i, k);
	}
}

static void null_close(void *state)
{
	struct null_engine *engine = state;

	if (!engine)
		return;
	runner_stop(engine->runner);
	host_memory_close(&engine->host);
	free(engine);
}

static int null_open(
	struct infer_spec *spec, struct gw_device *device, void **state, struct gw_error *error)
{
	struct null_engine *engine = calloc(1, sizeof(*engine));

	if (!engine)
		return gw_error_set(error, -ENOMEM, "model %s: out of memory", spec->name);
	engine->spec = spec;
	engine->input_size = (uint32_t)model_picture_size(spec->picture);
	if (spec->picture->type == MODEL_FLOAT32)
		engine->input_size /= sizeof(float);
	for (uint32_t k = 0; k < spec->output_count; k++)
		engine->output_size[k] = infer_tensor_elements(&spec->output[k]);
	int status = host_memory_open(&engine->host, spec, error);

	if (status == 0)
		status = host_memory_outputs(&engine->host, error);
	if (status == 0) {
		engine->runner = runner_start(spec, device, null_run, engine, error);
		status = engine->runner ? 0 : -EAGAIN;
	}
	if (status != 0)
		null_close(engine);
	else
		*state = engine;
	return status;
}

static void null_submit(void *state, struct infer_batch *batch)
{
	runner_submit(((struct null_engine *)state)->runner, batch);
}

static uint32_t null_poll(void *state, struct infer_batch **batches, uint32_t count)
{
	return runner_poll(((struct null_engine *)state)->runner, batches, count);
}

const struct infer_ops infer_null = {
	.name = "null",
	.memory = GW_MEM_HOST,
	.max_batch = MODEL_BATCH_MAX,
	.open = null_open,
	.place = null_place,
	.submit = null_submit,
	.poll = null_poll,
	.close = null_close,
};
