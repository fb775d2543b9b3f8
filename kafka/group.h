/* A consumer and its group: partitions that come and go, and what is committed of them. For
 * kafka/consumer.c alone, on the source's lane but for joining.
 */
#pragma once

#include "kafka/consumer.h"

/* Brokers need not be there. Returns 0, or -EINVAL and the error line. */
int group_join(struct consumer *consumer, struct gw_error *error);

/* Partitions that come, or that are to go. Takes the event. While there is no memory for all that
 * come, the library is not told to read them: nobody else has them, and nothing of them is lost. */
void group_rebalance(struct consumer *consumer, rd_kafka_event_t *event, int64_t now);

/* Tries again what there was no memory for. Lets those go that are to, when nothing of them is on
 * its way any more or it took too long. Every turn. */
void group_turn(struct consumer *consumer, int64_t now);

/* Asks the brokers to remember what came back. They answer by an event.
 *
 * Only while the group is at rest. A broker does not look at what follows a request to join until
 * that is answered, and then the group is another generation: librdkafka takes the refusal of a
 * commit for the loss of all partitions, and what is on its way would come twice. */
void group_commit(struct consumer *consumer);

/* Asks them once more what they remember already: the answer shows whether they still would, and
 * that is whether topic and group may be read. As group_commit(). */
void group_prove(struct consumer *consumer);

/* What they answered. The event stays the caller's. */
void group_committed(struct consumer *consumer, rd_kafka_event_t *event);

/* Leaves the group and joins it again: where a partition begins is found out anew. */
void group_rejoin(struct consumer *consumer);

/* Lets all partitions go, without a word to the brokers. */
void group_forget(struct consumer *consumer);

/* The client has failed for good: the same, and asks for none any more. */
void group_give_up(struct consumer *consumer);

/* Begins to leave: partitions are to go, by events. */
void group_leave(struct consumer *consumer);
