/* The spool: results and sampled pictures lie on the disk from when they were accepted until the
 * brokers have them. A thread of its own writes, syncs, reads again and removes; lanes never wait
 * for it. Others take sink/sink.h: the spool is a back-end that wraps the one for Kafka.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"
#include "core/gateway.h"
#include "sink/sink.h"

struct gw_health;
struct flow;
struct spool;

/* Opens the directory and looks at what an earlier start has left; `inner` is what gets the
 * records. On failure one line that says what to do. Main thread. */
struct spool *spool_open(
	const struct gw *gw, const struct sink_ops *inner, uint32_t lanes, struct gw_error *error);

/* Adds a lane, with the state of its inner back-end; after the last one the thread starts. Returns
 * 0 or a negative errno. Main thread. */
int spool_add_lane(struct spool *spool, uint32_t lane, struct sink *sink, void *inner_state,
	struct gw_error *error);

/* Writes what is left, ends the thread and frees all, at the first lane's end: the others' follow.
 * A thread that hangs with the disk is left behind. Main thread. */
void spool_close(struct spool *spool);

struct flow *spool_flow(const struct spool *spool, uint32_t lane, enum sink_kind kind);
const struct sink_ops *spool_inner(const struct spool *spool);
void *spool_inner_state(const struct spool *spool, uint32_t lane);

/* The number of this start's first file: what is below is of an earlier one. */
uint32_t spool_first(const struct spool *spool, enum sink_kind kind);

/* Whether all records of an earlier start are done with: only then newer ones may follow. Any
 * thread. */
bool spool_former_is_over(const struct spool *spool, enum sink_kind kind);

/* Whether sources that can wait should. Any thread. */
bool spool_is_full(const struct spool *spool);

/* Any thread. */
void spool_health(const struct spool *spool, struct gw_health *health);
struct json_t *spool_describe(const struct spool *spool);
