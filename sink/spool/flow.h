/* What a lane of the sink and the spool's thread give each other, for one kind of record.
 *
 * A record goes from the lane over `in` to the thread, which writes it, and stays in the ring's
 * memory: there the lane takes it from to hand it to the brokers' clients, who copy it. While these
 * take no more, the lane lets go of records that are on the disk; the thread reads them again, over
 * `out`, when the lane asks for it. Records go to the clients in the order of their numbers, `next`
 * first, wherever they come from: no record overtakes another one.
 *
 * A record that the disk did not take stays in the ring until a client has it: as long as there is
 * no spool, all is as without one.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/counter.h"
#include "sink/lane.h"
#include "sink/sink.h"
#include "sink/spool/format.h"
#include "sink/spool/ring.h"

#define FLOW_NOTHING UINT64_MAX
/* Records that may wait on the disk for one lane. */
#define FLOW_BACKLOG (1u << 24)
/* Records that may be with a client, or done with and not told to the thread yet. */
#define FLOW_OUT (1u << 18)

/* Of `in`. */
struct flow_entry {
	struct ring_entry ring;
	uint32_t segment; /* that it is in; 0: the disk did not take it. The thread writes. */
	struct gw_frame *frame; /* that a picture lies in; NULL: it was let go of */
	const void *value; /* of a picture; a result's value follows its words */
	uint64_t receipt;
	struct spool_record record; /* and its words */
};

/* Of `out`. */
struct flow_again {
	struct ring_entry ring;
	uint32_t segment; /* 0: no record: all before `record.order` was given or is gone */
	struct spool_record record; /* and its words, and its value */
};

struct flow {
	struct spool *spool;
	struct sink *sink;
	enum sink_kind kind;
	uint32_t lane;

	struct ring in, out;
	/* Numbers of records that are done with: segment << 32 | index. */
	uint64_t *done;
	_Atomic uint32_t done_head, done_tail; /* the lane writes, the thread writes */
	_Atomic uint64_t want; /* the lane: what it needs from the disk; or FLOW_NOTHING */
	/* The thread: what it has given of the lane's own records, and what is gone for good. */
	_Atomic uint64_t given, gone;

	/* The lane's. */
	uint64_t order; /* of the next new record */
	uint64_t next; /* of the next record for a client */
	uint64_t kept; /* order of the entry at in.tail */
	uint64_t next_place; /* in `in`: of `next`, or where to look for it */
	uint64_t seen_place; /* in `in`: what was counted as written */
	uint64_t counted; /* what is gone was counted up to here */
	uint16_t *cameras; /* of records that are on the disk, by order */
	uint64_t *receipts; /* the same; NULL: nobody asks */
	uint32_t out_now; /* records with a client */
	uint32_t by_reference; /* ... that lie in slots */
	struct gw_frame *stand_in; /* for records whose frame is gone */
	struct gw_counter former_delivered, former_lost; /* records of an earlier start */
	bool ending; /* what comes back undelivered stays in the spool */

	/* The thread's. */
	uint64_t written; /* order after the last one that is on the disk */
	uint64_t pushed; /* order after the last one that was given, while it is fed */
	bool feeding;
};

/* -ENOMEM. Close accepts one that was never opened. */
int flow_open(struct flow *flow, struct spool *spool, struct sink *sink, enum sink_kind kind,
	uint32_t lane);
void flow_close(struct flow *flow);

/* As sink_ops->submit. The lane. */
enum gw_drop flow_submit(struct flow *flow, const struct sink_record *record);

/* Counts what is on the disk now, and hands to the clients what they take. Returns how much. */
uint32_t flow_step(struct flow *flow);

/* Counts what the spool had to give up. The lane, in housekeeping. */
void flow_count_gone(struct flow *flow);

/* A client's report. The lane. */
void flow_hear(struct flow *flow, const struct sink_report *report);

/* Whether the thread has taken all that was submitted. The lane. */
bool flow_is_written(const struct flow *flow);
