#include "core/test.h"

#include "accel/test_engine.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static float zero[] = {0}, per_255[] = {1 / 255.0f};
static char *labels[TEST_LABELS] = {"a", "b", "c", "d"};
static struct model_classify classify = {.tensor = "out", .top_k = 1};

struct model_batch test_batch = {.max = 4, .deadline_ms = 5};

struct model_description test_description = {
	.task = GW_TASK_CLASSIFY,
	.labels = labels,
	.labels_count = TEST_LABELS,
	.input = {.tensor = "in",
		.width = TEST_SIDE,
		.height = TEST_SIDE,
		.channels = 1,
		.mean = zero,
		.scale = per_255,
		.mean_count = 1,
		.scale_count = 1},
	.classify = &classify,
	.batch = &test_batch,
};

const struct model test_model = {
	.name = "test", .version = 1, .path = "none", .description = &test_description};

int test_engine_open(struct test_engine *engine, struct infer_spec *spec,
	const struct gw_device *device, runner_fn *run, struct gw_error *error)
{
	*engine = (struct test_engine){.spec = spec};
	/* The model says how large it is. */
	if (spec->output[0].free) {
		spec->output[0].rank = 1;
		spec->output[0].dims[0] = TEST_LABELS;
	}
	int status = host_memory_open(&engine->host, spec, error);

	if (status == 0)
		status = host_memory_outputs(&engine->host, error);
	if (status == 0 && run) {
		engine->runner = runner_start(spec, device, run, engine, error);
		status = engine->runner ? 0 : -EAGAIN;
	}
	return status;
}

void test_engine_place(void *engine, struct infer_batch *batch, uint32_t index,
	const struct gw_surface *surface, const struct geometry *geometry)
{
	host_memory_place(&((struct test_engine *)engine)->host, batch, index, surface, geometry);
}

void test_engine_submit(void *state, struct infer_batch *batch)
{
	struct test_engine *engine = state;

	if (engine->runner) {
		runner_submit(engine->runner, batch);
		return;
	}
	assert_true(engine->submitted - engine->polled < engine->spec->batch_count);
	engine->ring[engine->submitted++ % TEST_RING] = batch;
	engine->spec->prepare(engine->spec->owner, batch);
}

uint32_t test_engine_poll(void *state, struct infer_batch **batches, uint32_t count)
{
	struct test_engine *engine = state;
	uint32_t n = 0;

	if (engine->runner)
		return runner_poll(engine->runner, batches, count);
	while (n < count && engine->polled < engine->ended)
		batches[n++] = engine->ring[engine->polled++ % TEST_RING];
	return n;
}

void test_engine_close(void *state)
{
	struct test_engine *engine = state;

	if (!engine)
		return;
	runner_stop(engine->runner);
	host_memory_close(&engine->host);
}

void test_engine_answer(struct infer_batch *batch)
{
	memcpy(batch->output[0], batch->input, batch->count * TEST_LABELS * sizeof(float));
}

void test_engine_end(struct test_engine *engine, int status, int64_t run_ns)
{
	struct infer_batch *batch = engine->ring[engine->ended++ % TEST_RING];

	assert_true(engine->ended <= engine->submitted);
	test_engine_answer(batch);
	batch->status = status;
	snprintf(batch->error, sizeof(batch->error), "the engine is on fire");
	batch->started = 1000;
	batch->ended = 1000 + run_ns;
	engine->spec->finish(engine->spec->owner, batch);
}

struct gw_surface test_picture(
	struct gw_device *device, uint8_t pixels[TEST_LABELS], uint32_t number)
{
	memset(pixels, 10, TEST_LABELS);
	pixels[number % TEST_LABELS] = 255;
	return (struct gw_surface){.device = device,
		.format = GW_FORMAT_GRAY,
		.width = TEST_SIDE,
		.height = TEST_SIDE,
		.pitch = {TEST_SIDE},
		.plane = {pixels}};
}
