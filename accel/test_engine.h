/* What tests of batches run in place of a model: a classifier of pictures of 2x2 whose label i has
 * the value of pixel i, and the parts of an engine for it, which a test puts together.
 *
 * By hand: a batch that was submitted waits until test_engine_end() ends it. Or on a thread of its
 * own, by a function of the test's.
 */
#pragma once

#include "accel/infer.h"
#include "accel/input/host_memory.h"
#include "accel/repository/model.h"
#include "accel/runner.h"

#define TEST_SIDE 2
#define TEST_LABELS (TEST_SIDE * TEST_SIDE)
#define TEST_RING 16

extern struct model_batch test_batch; /* a test may change how long a batch is */
extern struct model_description test_description;
extern const struct model test_model;

struct test_engine {
	struct host_memory host;
	const struct infer_spec *spec;
	struct runner *runner; /* NULL: by hand */
	struct infer_batch *ring[TEST_RING];
	uint32_t submitted, ended, polled;
};

/* Begins with `engine`, all of it; `run` NULL: by hand. For `open` of struct infer_ops. */
int test_engine_open(struct test_engine *engine, struct infer_spec *spec,
	const struct gw_device *device, runner_fn *run, struct gw_error *error);

/* Members of struct infer_ops; the engine is a struct test_engine, or begins with one. */
void test_engine_place(void *engine, struct infer_batch *batch, uint32_t index,
	const struct gw_surface *surface, const struct geometry *geometry);
void test_engine_submit(void *state, struct infer_batch *batch);
uint32_t test_engine_poll(void *state, struct infer_batch **batches, uint32_t count);
void test_engine_close(void *state);

/* Writes the answers. */
void test_engine_answer(struct infer_batch *batch);

/* By hand: the oldest batch is done. */
void test_engine_end(struct test_engine *engine, int status, int64_t run_ns);

/* A picture in the device's memory whose brightest pixel is number `number` modulo TEST_LABELS. */
struct gw_surface test_picture(
	struct gw_device *device, uint8_t pixels[TEST_LABELS], uint32_t number);
