/* A batcher over an engine that the test drives by hand, and the jobs that go through it. */
#pragma once

#include "core/test.h"

#include "accel/batcher.h"
#include "accel/test_engine.h"
#include "core/clock.h"

#define FRAMES 64
#define LABELS TEST_LABELS
#define MS GW_NS_PER_MS

extern struct test_engine hand;
extern struct gw_device device;

struct fixture {
	struct batcher *batcher;
	struct gw_frame frame; /* of all jobs */
	struct job jobs[FRAMES];
	struct gw_surface surfaces[FRAMES];
	uint8_t pixels[FRAMES][TEST_LABELS];
	struct job *out[FRAMES + 1];
	uint32_t out_count;
};

/* Batches of up to four, and a deadline of 20 ms. cmocka's setup and teardown. */
int open_fixture(void **state);
int close_fixture(void **state);

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)

/* Adds jobs number `from` to `to`, whose brightest pixel is that of their number; one with a
 * region. */
void add(struct fixture *f, uint32_t from, uint32_t to, int64_t now);
void add_one(struct fixture *f, uint32_t i, const struct gw_region *region, int64_t now);

/* Turns until nothing moves. */
void settle(struct fixture *f, int64_t now);

/* Takes what is done; or says what it must be, in that order. */
void take(struct fixture *f);
void assert_out(struct fixture *f, uint32_t from, uint32_t to);

/* Pictures of the batch that was submitted last. */
uint32_t last_batch(void);

/* The oldest batch is done. */
void end_batch(int status, int64_t run_ns);
