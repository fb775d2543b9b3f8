/* A gateway that is the sink stage with a spool, librdkafka's mock cluster, and a disk that fails
 * as told: for the spool's tests. */
#pragma once

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "core/clock.h"
#include "core/test.h"
#include "sink/fixture.h"
#include "sink/sink.h"

#define PATIENCE_NS (60 * GW_NS_PER_S)
#define FOREVER UINT32_MAX
#define MOST 60000 /* numbers that frames may have */
#define PARTITIONS 3 /* of each topic */

struct world {
	rd_kafka_t *client;
	rd_kafka_mock_cluster_t *mock;
	char directory[64];
	uint32_t starts;
	bool any_order; /* what is read need not be in order */
	uint64_t sequence; /* of camera 0, where the last start ended */
	uint16_t seen[2][MOST]; /* how often each number came, by kind */
};

#define NO_PICTURES "  frames: {every: 0}\n"

int world_set_up(void **state);
int world_tear_down(void **state);

/* Starts a gateway on the world's spool; its frame numbers go on, so that all can be told apart. */
struct fixture *world_start(struct world *world, const char *spool, const char *more);
void world_stop(struct world *world, struct fixture *f);
/* Fails to start one, with these words. */
void world_refused(struct world *world, const char *words);

void world_broker(struct world *world, bool up);

uint64_t world_spooled(struct fixture *f);

/* A figure that the spool tells of itself, perhaps of what an earlier start left. */
uint64_t world_figure(struct fixture *f, const char *part, const char *name);
void world_turn_until_figure(struct fixture *f, const char *part, const char *name, uint64_t value);
bool world_has_state(struct fixture *f, const char *state);

/* Whether the stage has a trouble of that name. */
bool world_has_trouble(struct fixture *f, const char *id);

/* Reads the whole topic. Returns how many numbers came; fails when a new one is out of order. */
uint32_t world_read_all(struct world *world, enum sink_kind kind);

/* How many files the spool has, but for its lock; the path of the first one. */
uint32_t world_files(const struct world *world, char path[512]);

/* Waits for the disk before the next picture: the producers keep half of the budget. */
void world_send_at_leisure(struct fixture *f, uint32_t count, uint32_t budget);

/* Leaves so many results in the spool. */
void world_leave(struct world *world, uint32_t count);

/* Starts again: `whole` of the results are still there, and are sent. */
void world_send_what_is_left(struct world *world, uint32_t whole);
