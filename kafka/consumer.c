#include "kafka/consumer.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/thread.h"
#include "kafka/consumer_settings.h"
#include "kafka/group.h"

#define SUBJECT "source"
#define CLOSE_NS (250 * GW_NS_PER_MS)
#define EVENTS_PER_POLL 64

void consumer_fail(struct consumer *consumer, const char *text)
{
	snprintf(consumer->last_error, sizeof(consumer->last_error), "%s", text);
}

int consumer_open(struct consumer *consumer, const struct gw *gw, struct gw_error *error)
{
	rd_kafka_conf_t *conf = consumer_settings_make(gw, error);
	struct client *client = &consumer->client;
	struct gw_inherit before;
	char text[256];

	pthread_mutex_init(&consumer->lock, NULL);
	consumer->gw = gw;
	consumer->config = gw->config->kafka->source;
	consumer->opened = gw_now();
	assignment_open(&consumer->assignment);
	if (!conf)
		return -EINVAL;
	gw_inherit_begin(&before);
	client->handle = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof(text));
	gw_inherit_end(&before);
	if (!client->handle) {
		rd_kafka_conf_destroy(conf);
		return gw_error_set(error, -EINVAL, "source: %s", text);
	}
	rd_kafka_poll_set_consumer(client->handle);
	client->events = rd_kafka_queue_get_consumer(client->handle);
	client->logs = rd_kafka_queue_new(client->handle);
	rd_kafka_set_log_queue(client->handle, client->logs);
	return group_join(consumer, error);
}

void consumer_close(struct consumer *consumer)
{
	if (!consumer->gw)
		return;
	if (consumer->revoked)
		rd_kafka_event_destroy(consumer->revoked);
	assignment_close(&consumer->assignment);
	if (!client_close(&consumer->client, gw_now() + CLOSE_NS))
		gw_warn(SUBJECT, "%s: the client does not come to its end: left behind",
			consumer->config->topic);
	pthread_mutex_destroy(&consumer->lock);
}

static void hear_error(struct consumer *consumer, rd_kafka_resp_err_t error, const char *text)
{
	switch (error) {
	case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
		/* It follows the reason of the last one: the reason helps more. */
		if (consumer->last_error[0] == '\0')
			consumer_fail(consumer, text);
		consumer->state = CONSUMER_DOWN;
		return;
	case RD_KAFKA_RESP_ERR__FATAL:
		consumer->fatal = true;
		break;
	case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
	case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
		consumer->unknown_topic = true;
		break;
	default:
		break;
	}
	consumer_fail(consumer, text);
}

/* Five times a second (STATISTICS.md of librdkafka): the moment to commit. */
static void hear_statistics(struct consumer *consumer, const char *statistics)
{
	json_t *root = json_loads(statistics, 0, NULL), *broker;
	const char *name,
		*joining = json_string_value(
			json_object_get(json_object_get(root, "cgrp"), "join_state"));

	json_object_foreach(json_object_get(root, "brokers"), name, broker) {
		const char *state = json_string_value(json_object_get(broker, "state"));

		if (state && strcmp(state, "UP") == 0)
			consumer->state = CONSUMER_UP;
	}
	if (joining && strcmp(joining, "steady") == 0 && !consumer->closing)
		group_commit(consumer);
	if (consumer->assignment.count > 0)
		consumer->unknown_topic = false;
	json_decref(root);
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
			consumer->fatal = true;
			consumer_fail(consumer, "a record came by the wrong queue");
			break;
		case RD_KAFKA_EVENT_STATS:
			hear_statistics(consumer, rd_kafka_event_stats(event));
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
		hear_error(consumer, message->err, rd_kafka_message_errstr(message));
		drop_next(partition);
	}
	return NULL;
}

uint64_t consumer_depart(struct consumer *consumer, struct partition *partition)
{
	const uint64_t receipt = assignment_depart(
		&consumer->assignment, partition, partition->batch[partition->next]->offset);

	gw_counter_add(&consumer->consumed, 1);
	drop_next(partition);
	return receipt;
}

void consumer_pass(struct consumer *consumer, struct partition *partition)
{
	const uint64_t receipt = consumer_depart(consumer, partition);

	assignment_return(&consumer->assignment, receipt, GW_DROP_NONE);
}

/* Records of a partition that are not confirmed yet, as far as the client has heard. */
static int64_t lag_of(const struct consumer *consumer, const struct partition *partition)
{
	const int64_t at = partition->confirmed >= 0 ? partition->confirmed
		: partition->oldest                  ? partition->oldest->offset
						     : -1;
	int64_t low = -1, high = -1;

	if (rd_kafka_get_watermark_offsets(consumer->client.handle, consumer->config->topic,
		    partition->number, &low, &high) != RD_KAFKA_RESP_ERR_NO_ERROR ||
		high < 0)
		return -1;
	/* Of a partition that nobody has read from, only that there is nothing is sure. */
	if (at < 0)
		return high == low ? 0 : -1;
	return high > at ? high - at : 0;
}

static void look(struct consumer *consumer)
{
	struct consumer_facts facts = {
		.state = consumer->state,
		.unknown_topic = consumer->unknown_topic,
		.fatal = consumer->fatal,
		.partitions = consumer->assignment.count,
		.in_flight = consumer->assignment.out,
		.lag_known = consumer->assignment.count > 0,
	};

	memcpy(facts.last_error, consumer->last_error, sizeof(facts.last_error));
	for (uint32_t i = 0; i < consumer->assignment.count; i++) {
		const struct partition *partition = consumer->assignment.partitions[i];
		const bool waiting = partition->next < partition->count;
		const int64_t lag = lag_of(consumer, partition);

		facts.waiting += waiting;
		facts.lag += lag > 0 ? lag : 0;
		facts.lag_known &= lag >= 0;
		if (i >= CONSUMER_SHOWN)
			continue;
		facts.partition[i].number = partition->number;
		facts.partition[i].lag = lag;
		facts.partition[i].committed = partition->committed;
		facts.partition[i].in_flight = partition->in_flight;
		facts.partition[i].waiting = waiting;
	}
	/* Whoever reads them makes the lane wait for no longer than a copy takes. */
	pthread_mutex_lock(&consumer->lock);
	consumer->facts = facts;
	pthread_mutex_unlock(&consumer->lock);
}

void consumer_housekeeping(struct consumer *consumer, int64_t now)
{
	client_log(&consumer->client, consumer->config->topic, &consumer->words, false);
	if (now >= consumer->facts_at) {
		look(consumer);
		consumer->facts_at = now + GW_NS_PER_S / 4;
	}
}

bool consumer_leave(struct consumer *consumer, int64_t now)
{
	if (!consumer->closing) {
		consumer->closing = true;
		group_leave(consumer);
	}
	consumer_poll(consumer, now);
	return rd_kafka_consumer_closed(consumer->client.handle) != 0;
}
