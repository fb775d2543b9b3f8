#include "kafka/consumer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "kafka/consumer_renewal.h"
#include "kafka/group.h"

#define SUBJECT "source"
#define CLOSE_NS (250 * GW_NS_PER_MS)
#define EVENTS_PER_POLL 64

void consumer_fail(struct consumer *consumer, const char *text)
{
	/* What ended it is told for ever. */
	if (consumer->fatal)
		return;
	snprintf(consumer->last_error, sizeof(consumer->last_error), "%s", text);
	consumer->failed_at = gw_now();
}

/* The library tells of an offset that was not there in its log alone. */
static void hear_log(void *arg, const char *facility, const char *text)
{
	struct consumer *consumer = arg;
	struct partition *partition;
	int32_t number;
	int64_t offset;

	if (strcmp(facility, "OFFSET") != 0 || !skips_read(text, &number, &offset))
		return;
	partition = assignment_find(&consumer->assignment, number);
	if (partition)
		skips_heard(&consumer->skips, &partition->skip, offset, gw_now());
}

int consumer_open(struct consumer *consumer, const struct gw *gw, struct gw_error *error)
{
	pthread_mutex_init(&consumer->lock, NULL);
	consumer->gw = gw;
	consumer->config = gw->config->kafka->source;
	consumer->opened = gw_now();
	consumer->restless = consumer->opened;
	consumer->words.heard = hear_log;
	consumer->words.arg = consumer;
	assignment_open(&consumer->assignment);
	property_watch_begin(
		&consumer->watch, consumer->config->properties, consumer->config->properties_count);
	if (consumer_client(&consumer->client, gw, error) != 0)
		return -EINVAL;
	return group_join(consumer, error);
}

void consumer_close(struct consumer *consumer)
{
	if (!consumer->gw)
		return;
	if (consumer->assigned)
		rd_kafka_event_destroy(consumer->assigned);
	if (consumer->revoked)
		rd_kafka_event_destroy(consumer->revoked);
	assignment_close(&consumer->assignment);
	client_close(&consumer->next, gw_now() + CLOSE_NS);
	if (!client_close(&consumer->client, gw_now() + CLOSE_NS))
		gw_warn(SUBJECT, "%s: the client does not come to its end: left behind",
			consumer->config->topic);
	pthread_mutex_destroy(&consumer->lock);
}

/* What is said of the consumer as a whole. */
static void hear_error(struct consumer *consumer, rd_kafka_resp_err_t error, const char *text)
{
	const enum hindrance kind = hindrance_of(error);

	if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
		/* It follows the reason of the last one: the reason helps more. */
		if (consumer->last_error[0] == '\0')
			consumer_fail(consumer, text);
		consumer->state = CONSUMER_DOWN;
		return;
	}
	consumer_fail(consumer, text);
	if (kind == HINDRANCE_TOPIC || kind == HINDRANCE_GROUP || kind == HINDRANCE_UNKNOWN)
		consumer->hindered[kind] = true;
}

/* What comes in place of a record. */
static void hear_partition(
	struct consumer *consumer, struct partition *partition, const rd_kafka_message_t *message)
{
	const enum hindrance hindrance = hindrance_of(message->err);

	consumer_fail(consumer, rd_kafka_message_errstr(message));
	if (hindrance != HINDRANCE_NONE)
		partition->hindrance = hindrance;
}

/* Its partitions are for others from now on. */
static void give_up(struct consumer *consumer, rd_kafka_resp_err_t error, const char *text)
{
	consumer_fail(consumer, text);
	consumer->fenced =
		error == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID || error == RD_KAFKA_RESP_ERR__FENCED;
	consumer->fatal = true;
	gw_error_log(SUBJECT, "%s: no record is read any more: %s", consumer->config->topic, text);
	group_give_up(consumer);
}

/* Of a failure for good there is not always an event. */
static void look_for_the_end(struct consumer *consumer)
{
	char text[CONSUMER_ERROR];
	const rd_kafka_resp_err_t error =
		rd_kafka_fatal_error(consumer->client.handle, text, sizeof(text));

	if (error != RD_KAFKA_RESP_ERR_NO_ERROR && !consumer->fatal)
		give_up(consumer, error, text);
}

uint32_t consumer_poll(struct consumer *consumer, int64_t now)
{
	rd_kafka_event_t *event;
	uint32_t count = 0;

	group_turn(consumer, now);
	while (count < EVENTS_PER_POLL &&
		(event = rd_kafka_queue_poll(consumer->client.events, 0)) != NULL) {
		bool keep = false;

		count++;
		switch (rd_kafka_event_type(event)) {
		case RD_KAFKA_EVENT_REBALANCE:
			group_rebalance(consumer, event, now);
			keep = true;
			break;
		case RD_KAFKA_EVENT_OFFSET_COMMIT:
			group_committed(consumer, event);
			break;
		case RD_KAFKA_EVENT_ERROR:
			hear_error(consumer, rd_kafka_event_error(event),
				rd_kafka_event_error_string(event));
			break;
		case RD_KAFKA_EVENT_FETCH:
			/* Never, for every partition has a queue of its own; what came here would
			 * be lost. */
			if (!consumer->fatal)
				give_up(consumer, RD_KAFKA_RESP_ERR__FATAL,
					"a record came by the wrong queue");
			break;
		case RD_KAFKA_EVENT_STATS:
			consumer_statistics(consumer, rd_kafka_event_stats(event), now);
			break;
		default:
			break;
		}
		if (!keep)
			rd_kafka_event_destroy(event);
	}
	return count;
}

/* Fetches the next of a partition's records, without waiting. */
static void fill_batch(struct consumer *consumer, struct partition *partition)
{
	const ssize_t count = rd_kafka_consume_batch_queue(
		partition->queue, 0, partition->batch, PARTITION_BATCH);

	partition->next = 0;
	partition->count = count > 0 ? (uint32_t)count : 0;
	if (partition->count > 0)
		consumer->state = CONSUMER_UP;
}

static void drop_next(struct partition *partition)
{
	rd_kafka_message_destroy(partition->batch[partition->next++]);
	partition->looked = false;
}

const rd_kafka_message_t *consumer_peek(struct consumer *consumer, struct partition *partition)
{
	if (partition->leaving || !partition->queue || consumer->fatal)
		return NULL;
	if (partition->next == partition->count)
		fill_batch(consumer, partition);
	while (partition->next < partition->count) {
		const rd_kafka_message_t *message = partition->batch[partition->next];

		if (!message->err)
			return message;
		hear_partition(consumer, partition, message);
		drop_next(partition);
	}
	return NULL;
}

static uint64_t depart(struct consumer *consumer, struct partition *partition)
{
	const int64_t offset = partition->batch[partition->next]->offset;

	skips_taken(&consumer->skips, &partition->skip, partition->taken, offset);
	/* Records that came before the right was taken away show nothing. */
	if (partition->hindrance != HINDRANCE_TOPIC)
		partition->hindrance = HINDRANCE_NONE;
	gw_counter_add(&consumer->consumed, 1);
	drop_next(partition);
	return assignment_depart(&consumer->assignment, partition, offset);
}

uint64_t consumer_depart(struct consumer *consumer, struct partition *partition)
{
	intake_used(&consumer->intake);
	return depart(consumer, partition);
}

void consumer_refuse(struct consumer *consumer, struct partition *partition, enum gw_drop reason)
{
	intake_refused(&consumer->intake, reason);
	assignment_return(&consumer->assignment, depart(consumer, partition), GW_DROP_NONE);
}

void consumer_housekeeping(struct consumer *consumer, int64_t now)
{
	client_log(&consumer->client, consumer->config->topic, &consumer->words, false);
	look_for_the_end(consumer);
	consumer_renewal_step(consumer, now);
	if (now >= consumer->facts_at) {
		consumer_look(consumer, now);
		consumer->facts_at = now + GW_NS_PER_S / 4;
	}
}

bool consumer_leave(struct consumer *consumer, int64_t now)
{
	/* It has left already. */
	if (consumer->fatal)
		return true;
	if (!consumer->closing) {
		consumer->closing = true;
		/* Or it does so already. */
		if (!consumer_is_renewing(consumer))
			group_leave(consumer);
	}
	consumer_poll(consumer, now);
	return rd_kafka_consumer_closed(consumer->client.handle) != 0;
}
