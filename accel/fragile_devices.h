/* A batcher over several devices of which some fail. The engine runs on threads of its own and does
 * what the test tells each device to do. */
#pragma once

#include "core/test.h"

#include "accel/batcher.h"
#include "accel/test_engine.h"
#include "core/clock.h"
#include "core/config/config.h"

#define DEVICES 3
#define JOBS_OF_A_TEST 60
#define RUN_NS (2 * GW_NS_PER_MS)
#define SLOW_NS (1300 * GW_NS_PER_MS) /* longer than one that is quick may be away */
#define SECOND GW_NS_PER_S

enum mood { WELL, NO_MEMORY, NO_LAUNCH, LOST, BAD_INPUT };

struct fragile {
	struct test_engine engine;
	_Atomic int mood;
	_Atomic bool closing;
	_Atomic uint32_t ran;
};

extern struct fragile engines[DEVICES];
extern int64_t run_ns; /* of every batch; only RUN_NS is known from the opening on */
extern struct gw_device devices[DEVICES];

struct fixture {
	struct gw_accel_config config;
	struct batcher *batcher;
	struct gw_device host;
	struct gw_frame frames[DEVICES]; /* of as many cameras */
	struct job_pool *pool;
	struct gw_surface surfaces[JOBS_OF_A_TEST];
	uint8_t pixels[JOBS_OF_A_TEST][TEST_LABELS];
	uint32_t well, failed; /* jobs that came out */
};

void open_devices(struct fixture *f, uint32_t count, uint32_t locality_wait);

/* Whatever became of its batches, nothing of them is a device's any more. */
void close_devices(struct fixture *f);

/* A job with a picture of its own, which label number % TEST_LABELS is right for. */
void add_since(struct fixture *f, uint32_t number, uint32_t camera, int64_t arrival);
void add(struct fixture *f, uint32_t number, uint32_t camera);
void add_many(struct fixture *f, uint32_t count);

/* Turns until so many jobs are done. Returns how long it took. */
int64_t run_until(struct fixture *f, uint32_t jobs, int64_t most_ns);
void turn_for(struct fixture *f, int64_t ns);
