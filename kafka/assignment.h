/* The partitions that a consumer has been assigned, and which of their records are on the way: what
 * may be committed of a partition is what came back up to the first record that did not.
 *
 * The source's lane only.
 */
#pragma once

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/receipt.h"
#include "kafka/hindrance.h"
#include "kafka/picture.h"
#include "kafka/skips.h"

/* Records that are taken out of a partition's queue at a time. */
#define PARTITION_BATCH 16

struct partition {
	int32_t number;
	bool leaving; /* it is being revoked: nothing more of it begins */

	rd_kafka_queue_t *queue; /* its records alone; NULL in tests */
	rd_kafka_message_t *batch[PARTITION_BATCH];
	uint32_t next, count; /* of `batch`; what is left waits */
	bool looked; /* `picture` is what was found in batch[next] */
	struct picture picture;

	/* On their way, in the order of their offsets. NULL: none. */
	struct flight *oldest, *newest;
	uint32_t in_flight;

	/* Offsets as Kafka commits them: the next one to be read. -1: none yet. */
	int64_t taken; /* everything before was taken */
	int64_t confirmed; /* ... and came back */
	int64_t asked; /* ... and the brokers were asked to remember it */
	int64_t committed; /* ... and do */

	enum hindrance hindrance; /* why it stands still; HINDRANCE_NONE: nothing is known */
	int64_t leaderless; /* gw_now() since when it has had no leader; 0: it has one */
	bool gone; /* ... for there is no such partition any more */
	/* It was said to be gone, once: its offsets say nothing of one that is made again. Until it
	 * is assigned anew. */
	bool stale;
	int64_t read_to; /* offset up to which the library has handed all over; -1: not known */
	struct skip skip;
};

/* A record on its way. */
struct flight {
	struct partition *partition; /* NULL: it was let go meanwhile, the record may come again */
	struct flight *after; /* of the partition; of those that are free */
	int64_t offset;
	bool back;
};

struct assignment {
	struct partition **partitions;
	uint32_t count, capacity;
	uint32_t next; /* whose turn it is */
	struct flight flights[GW_RECEIPTS];
	struct flight *free;
	uint32_t out; /* receipts that did not come back */
};

void assignment_open(struct assignment *assignment);
void assignment_close(struct assignment *assignment);

/* NULL: out of memory. */
struct partition *assignment_add(struct assignment *assignment, int32_t number);

/* Receipts of its records are ignored from then on. */
void assignment_remove(struct assignment *assignment, struct partition *partition);

struct partition *assignment_find(const struct assignment *assignment, int32_t number);

/* Whether one more record may be on its way. */
bool assignment_has_room(const struct assignment *assignment);

/* The partition's next record is on its way. There must be room. Returns its receipt. */
uint64_t assignment_depart(
	struct assignment *assignment, struct partition *partition, int64_t offset);

/* It came back: whatever became of it has been counted. One that the end of the gateway cut short
 * stays on its way for ever. */
void assignment_return(struct assignment *assignment, uint64_t receipt, enum gw_drop outcome);

/* Adds what can be committed and was not asked for yet, to a list of `topic`'s partitions. Returns
 * how many. `only` is a partition, or NULL for all. */
uint32_t assignment_ask(struct assignment *assignment, const struct partition *only,
	const char *topic, rd_kafka_topic_partition_list_t *list);

/* Adds what is committed already of the partitions of which nothing new is to be committed: an
 * answer shows that it still could be. Returns how many. */
uint32_t assignment_repeat(const struct assignment *assignment, const char *topic,
	rd_kafka_topic_partition_list_t *list);

/* What the brokers said to either, partition by partition: also that one is hindered, or that it is
 * no more. */
void assignment_answer(struct assignment *assignment, const rd_kafka_topic_partition_list_t *list,
	rd_kafka_resp_err_t error);
