#include "kafka/producer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "kafka/message.h"
#include "kafka/refusal.h"

#define SUBJECT "kafka"
/* How long the brokers may take to answer at the start before that is a trouble. */
#define PATIENCE_NS (5 * GW_NS_PER_S)
/* How long a stopped client may take to give its records back: it takes milliseconds, but for one
 * whose threads hang. */
#define STOP_NS (300 * GW_NS_PER_MS)
#define CLOSE_NS (250 * GW_NS_PER_MS)
#define WAIT_MS 10
/* Without NON_BLOCKING the call waits for the library's threads, which may sit in a name lookup. */
#define PURGE_ALL \
	(RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING)
#define FLUSH_MS 10
#define BACKOFF_LEAST (GW_NS_PER_S / 2)
#define BACKOFF_MOST (30 * GW_NS_PER_S)
/* A client that stored records for so long did well: the next one is made at once. */
#define WELL_NS (10 * GW_NS_PER_S)
/* Longer than a patient client takes to give up a topic that is missing (settings.c). */
#define PROBE_NS (15 * GW_NS_PER_S)
#define ALONE_NS (60 * GW_NS_PER_S)
#define EVENTS_PER_POLL 64
#define SENDS_PER_POLL 1024
/* When the user sets no limit to their number. */
#define MOST_RECORDS (1u << 22)

static void gauges(struct producer *producer)
{
	struct vitals *vitals = &producer->vitals;
	const struct ledger *ledger = &producer->ledger;

	gw_counter_set(&vitals->waiting, ledger->count);
	gw_counter_set(&vitals->waiting_bytes, ledger->bytes);
	gw_counter_set(&vitals->oldest, ledger->oldest ? (uint64_t)ledger->oldest->since : 0);
}

static int make_client(struct producer *producer, struct client *client, struct gw_error *error)
{
	const struct settings_mode mode = {
		.patient = producer->tries > 0,
		.alone = producer->alone,
	};

	return client_open(
		client, producer->gw, producer->kind, producer->vitals.topic, mode, error);
}

int producer_open(struct producer *producer, const struct gw *gw, struct sink *sink,
	enum sink_kind kind, struct gw_error *error)
{
	const struct gw_kafka_config *config = gw->config->kafka;
	const char *topic = kind == SINK_RESULT ? config->results->topic : config->frames->topic;
	uint64_t records, bytes;

	producer->gw = gw;
	producer->sink = sink;
	producer->kind = kind;
	producer->opened = producer->began = gw_now();
	memcpy(producer->random, &producer->opened, sizeof(producer->random));
	vitals_open(&producer->vitals, topic, config->brokers, 0, 0);
	if (make_client(producer, &producer->now, error) != 0)
		return -EINVAL;
	records = client_limit(&producer->now, "queue.buffering.max.messages");
	bytes = client_limit(&producer->now, "queue.buffering.max.kbytes") * 1024;
	if (records == 0 || records > MOST_RECORDS)
		records = MOST_RECORDS;
	producer->vitals.most_records = records;
	producer->vitals.most_bytes = bytes;
	if (ledger_open(&producer->ledger, (uint32_t)records) != 0)
		return gw_error_set(error, -ENOMEM, "kafka: out of memory");
	return 0;
}

void producer_close(struct producer *producer)
{
	if (!producer->gw)
		return;
	client_close(&producer->old, gw_now());
	if (!client_close(&producer->now, gw_now() + CLOSE_NS))
		gw_warn(SUBJECT, "%s: the client waits for a name server: left behind",
			producer->vitals.topic);
	ledger_close(&producer->ledger);
	vitals_close(&producer->vitals);
}

/* A record's end: its entry is gone afterwards. */
static void settle(
	struct producer *producer, struct entry *entry, rd_kafka_resp_err_t error, uint64_t bytes)
{
	const struct sink_report report = {
		.kind = producer->kind,
		.camera = entry->camera,
		.frame = entry->frame,
		.drop = message_drop(producer->kind, error),
		.waited_us = (uint64_t)(gw_now() - entry->since) / 1000,
	};

	if (producer->next == entry)
		producer->next = entry->after;
	if (producer->probe == entry)
		producer->probe = NULL;
	ledger_remove(&producer->ledger, entry);
	gauges(producer);
	if (error == RD_KAFKA_RESP_ERR_NO_ERROR)
		vitals_delivered(&producer->vitals, bytes);
	else
		vitals_refused(&producer->vitals, error);
	sink_report(producer->sink, &report);
}

static bool failed_for_good(const struct client *client)
{
	return rd_kafka_fatal_error(client->handle, NULL, 0) != RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* The client sends nothing more and gives back what it has. */
static void stop(struct producer *producer, rd_kafka_resp_err_t error)
{
	char reason[256];
	rd_kafka_resp_err_t fatal =
		rd_kafka_fatal_error(producer->now.handle, reason, sizeof(reason));

	if (producer->flow == PRODUCER_STOPPED)
		return;
	/* "No gaps" is only the consequence: the record that is given up has the cause. */
	if (fatal && fatal != RD_KAFKA_RESP_ERR__GAPLESS_GUARANTEE)
		vitals_code(&producer->vitals, fatal);
	if (!fatal)
		refusal_advice(error, producer->vitals.topic, reason, sizeof(reason));
	gw_log(producer->tries == 0 ? GW_LOG_WARNING : GW_LOG_DEBUG, SUBJECT,
		"%s: the producer stopped (%s): a new one sends %u records again",
		producer->vitals.topic, reason, producer->ledger.count);
	rd_kafka_purge(producer->now.handle, PURGE_ALL);
	producer->flow = PRODUCER_STOPPED;
	producer->stop_until = gw_now() + STOP_NS;
}

/* Half a second to half a minute, and some more, so that the gateways of a site do not all come at
 * once; nothing after a client that did well. */
static int64_t next_delay(struct producer *producer, int64_t now)
{
	int64_t delay;

	if (producer->proven && now - producer->began > WELL_NS)
		producer->backoff = 0;
	delay = producer->backoff +
		(int64_t)((double)producer->backoff / 2 * erand48(producer->random));
	producer->backoff *= 2;
	if (producer->backoff < BACKOFF_LEAST)
		producer->backoff = BACKOFF_LEAST;
	if (producer->backoff > BACKOFF_MOST)
		producer->backoff = BACKOFF_MOST;
	return delay < BACKOFF_MOST ? delay : BACKOFF_MOST;
}

/* Lets a stopped client go when all is back. One that hangs may keep what it has until later: its
 * records come late then, and none is lost. */
static void step_stopped(struct producer *producer, int64_t now)
{
	if (rd_kafka_outq_len(producer->now.handle) == 0) {
		client_close(&producer->now, now);
	} else {
		if (now < producer->stop_until || producer->old.handle)
			return;
		producer->old = producer->now;
		producer->now = (struct client){0};
	}
	producer->next = producer->ledger.oldest;
	producer->retry_at = now + next_delay(producer, now);
	producer->flow = PRODUCER_WAITING;
}

static void step_waiting(struct producer *producer, int64_t now)
{
	struct gw_error error;

	if (now < producer->retry_at)
		return;
	producer->tries++;
	if (make_client(producer, &producer->now, &error) != 0) {
		gw_log(producer->tries == 1 ? GW_LOG_WARNING : GW_LOG_DEBUG, SUBJECT,
			"%s: no new producer can be made: %s", producer->vitals.topic, error.text);
		vitals_text(&producer->vitals, error.text);
		producer->proven = false;
		producer->retry_at = now + next_delay(producer, now);
		return;
	}
	gw_counter_add(&producer->vitals.replaced, 1);
	producer->began = now;
	producer->proven = false;
	producer->probe_until = now + PROBE_NS;
	producer->flow = PRODUCER_PROBING;
}

/* Hands what is held over. Returns whether the next one may follow. */
static bool send_again(struct producer *producer, struct entry *entry)
{
	rd_kafka_resp_err_t error = client_send(&producer->now, &entry->message, entry->headers);

	if (!error) {
		entry_sent(entry);
		producer->next = entry->after;
		if (producer->flow == PRODUCER_PROBING)
			producer->probe = entry;
		return producer->flow == PRODUCER_OPEN;
	}
	switch (refusal_of(error)) {
	case REFUSAL_STAYS:
		settle(producer, entry, error, 0);
		return true;
	case REFUSAL_PASSES:
		vitals_code(&producer->vitals, error);
		stop(producer, error);
		return false;
	default:
		return false;
	}
}

/* Sends what is held in the order of its submission. Returns how much it did. */
static uint32_t send_held(struct producer *producer)
{
	uint32_t count = 0;

	while (producer->next && !producer->probe && count < SENDS_PER_POLL) {
		struct entry *entry = producer->next;

		if (!entry->held)
			producer->next = entry->after;
		else if (!send_again(producer, entry))
			break;
		count++;
	}
	if (producer->flow == PRODUCER_PROBING && !producer->next && !producer->probe)
		producer->flow = PRODUCER_OPEN;
	return count;
}

/* Returns how much there was to do. */
static uint32_t step(struct producer *producer)
{
	if (producer->flow == PRODUCER_OPEN && !producer->next)
		return 0;
	int64_t now = gw_now();

	if (producer->flow == PRODUCER_STOPPED)
		step_stopped(producer, now);
	if (producer->flow == PRODUCER_WAITING)
		step_waiting(producer, now);
	if (producer->flow == PRODUCER_PROBING && now > producer->probe_until) {
		/* It neither stores nor refuses: it waits for what it may wait for. */
		producer->probe = NULL;
		producer->flow = PRODUCER_OPEN;
	}
	if (producer->flow == PRODUCER_PROBING || producer->flow == PRODUCER_OPEN)
		return send_held(producer);
	return 0;
}

/* Holds a record that a client gave up. */
static void take_back(struct producer *producer, const rd_kafka_message_t *given_up)
{
	struct entry *entry = given_up->_private;
	const struct client_message message = message_again(producer->kind, given_up);
	rd_kafka_headers_t *headers = NULL;

	rd_kafka_message_detach_headers((rd_kafka_message_t *)given_up, &headers);
	if (!entry_hold(entry, &message, headers)) {
		settle(producer, entry, given_up->err, 0);
		return;
	}
	if (producer->probe == entry)
		producer->probe = NULL;
	if (!producer->next || entry->order < producer->next->order)
		producer->next = entry;
}

static void serve_stored(
	struct producer *producer, const rd_kafka_message_t *message, const struct client *from)
{
	settle(producer, message->_private, RD_KAFKA_RESP_ERR_NO_ERROR, message->len);
	if (from != &producer->now || producer->flow == PRODUCER_STOPPED)
		return;
	producer->proven = true;
	if (producer->flow == PRODUCER_PROBING)
		producer->flow = PRODUCER_OPEN;
	if (producer->tries > 0)
		gw_info(SUBJECT, "%s: a new producer stores records again (attempt %u)",
			producer->vitals.topic, producer->tries);
	producer->tries = 0;
}

/* `together`: the records that share that fate, at least those of one request. */
static void serve_refused(struct producer *producer, const rd_kafka_message_t *message,
	const struct client *from, size_t together)
{
	bool stays = refusal_of(message->err) == REFUSAL_STAYS;
	bool whose =
		from->alone || together == 1 || message->err == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT;
	bool consequence = message->err == RD_KAFKA_RESP_ERR__FATAL ||
		message->err == RD_KAFKA_RESP_ERR__PURGE_QUEUE ||
		message->err == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT;

	if (!consequence)
		vitals_code(&producer->vitals, message->err);
	if (stays && message->err != RD_KAFKA_RESP_ERR__MSG_TIMED_OUT) {
		producer->alone = true;
		producer->alone_until = gw_now() + ALONE_NS;
	}
	if (stays && whose)
		settle(producer, message->_private, message->err, 0);
	else
		take_back(producer, message);
	if (from == &producer->now && (!stays || !whose || failed_for_good(from)))
		stop(producer, message->err);
}

static void serve_reports(
	struct producer *producer, const struct client *from, rd_kafka_event_t *event)
{
	const size_t together = rd_kafka_event_message_count(event);
	const rd_kafka_message_t *message;

	while ((message = rd_kafka_event_message_next(event))) {
		if (message->err)
			serve_refused(producer, message, from, together);
		else
			serve_stored(producer, message, from);
	}
}

static void serve_error(struct producer *producer, rd_kafka_event_t *event)
{
	rd_kafka_resp_err_t error = rd_kafka_event_error(event);
	struct vitals *vitals = &producer->vitals;

	if (error == RD_KAFKA_RESP_ERR__FATAL) {
		stop(producer, error);
		return;
	}
	/* "All are down" follows the reason of the last one: the reason helps more. */
	if (error != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || vitals->last_error[0] == '\0')
		vitals_text(vitals, rd_kafka_event_error_string(event));
	if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
		vitals_link(vitals, LINK_DOWN);
}

/* What a client has to say. Returns how much that was. */
static uint32_t serve_events(struct producer *producer, struct client *client)
{
	rd_kafka_event_t *event;
	uint32_t count = 0;

	while (client->handle && count < EVENTS_PER_POLL &&
		(event = rd_kafka_queue_poll(client->events, 0)) != NULL) {
		rd_kafka_event_t *done = event;

		count++;
		switch (rd_kafka_event_type(event)) {
		case RD_KAFKA_EVENT_DR:
			serve_reports(producer, client, event);
			break;
		case RD_KAFKA_EVENT_ERROR:
			if (client == &producer->now)
				serve_error(producer, event);
			break;
		case RD_KAFKA_EVENT_STATS:
			/* To be read in housekeeping. */
			done = client->statistics;
			client->statistics = event;
			break;
		default:
			break;
		}
		if (done)
			rd_kafka_event_destroy(done);
	}
	return count;
}

uint32_t producer_poll(struct producer *producer)
{
	uint32_t count = serve_events(producer, &producer->old);

	if (producer->old.handle && rd_kafka_outq_len(producer->old.handle) == 0)
		/* Nobody waits for its end: the gateway goes on. */
		client_close(&producer->old, gw_now());
	count += serve_events(producer, &producer->now);
	return count + step(producer);
}

/* Accepts a new record: it goes to the client, or waits behind what is held. */
static rd_kafka_resp_err_t accept_record(
	struct producer *producer, struct entry *entry, const struct sink_record *record)
{
	const struct client_message message = message_of(record, entry);
	rd_kafka_headers_t *headers = message_headers(record);

	if (producer->flow == PRODUCER_OPEN && !producer->next) {
		rd_kafka_resp_err_t error = client_send(&producer->now, &message, headers);

		if (!error)
			return error;
		if (refusal_of(error) != REFUSAL_PASSES) {
			if (headers)
				rd_kafka_headers_destroy(headers);
			return error;
		}
		vitals_code(&producer->vitals, error);
		stop(producer, error);
	}
	if (!entry_hold(entry, &message, headers))
		return RD_KAFKA_RESP_ERR__QUEUE_FULL;
	if (!producer->next)
		producer->next = entry;
	return RD_KAFKA_RESP_ERR_NO_ERROR;
}

enum gw_drop producer_submit(struct producer *producer, const struct sink_record *record)
{
	const size_t bytes = record->size + strlen(record->camera);
	rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR__QUEUE_FULL;
	struct entry *entry = NULL;

	if (producer->ledger.bytes + bytes <= producer->vitals.most_bytes)
		entry = ledger_add(&producer->ledger, bytes, gw_now());
	if (entry) {
		entry->camera = record->frame->camera;
		entry->frame = record->kind == SINK_SAMPLE ? record->frame : NULL;
		error = accept_record(producer, entry, record);
		if (error)
			ledger_remove(&producer->ledger, entry);
		gauges(producer);
	}
	/* In lossless mode the record comes again. */
	if (error && !(producer->gw->lossless && error == RD_KAFKA_RESP_ERR__QUEUE_FULL))
		vitals_refused(&producer->vitals, error);
	return message_drop(producer->kind, error);
}

/* Long after a refusal, and with nothing on the way, records may share requests again. */
static void join_again(struct producer *producer, int64_t now)
{
	struct client new;
	struct gw_error error;

	if (!producer->alone || now < producer->alone_until || producer->ledger.count > 0 ||
		producer->flow != PRODUCER_OPEN)
		return;
	producer->alone = false;
	if (make_client(producer, &new, &error) != 0) {
		producer->alone = true;
		producer->alone_until = now + ALONE_NS;
		return;
	}
	client_close(&producer->now, now);
	producer->now = new;
	producer->began = now;
	producer->proven = false;
}

void producer_housekeeping(struct producer *producer, int64_t now)
{
	struct vitals *vitals = &producer->vitals;

	vitals_tick(vitals, now);
	if (client_hears_brokers(&producer->now))
		vitals_link(vitals, LINK_UP);
	if (atomic_load_explicit(&vitals->link, memory_order_relaxed) == LINK_CONNECTING &&
		now - producer->opened > PATIENCE_NS) {
		if (gw_counter_get(&vitals->last_at) == 0)
			vitals_text(vitals, "none has answered yet");
		vitals_link(vitals, LINK_DOWN);
	}
	if (producer->now.handle)
		client_log(&producer->now, vitals->topic, &producer->words, producer->tries > 0);
	join_again(producer, now);
}

void producer_flush(struct producer *producer)
{
	/* Lingering ends for as long as the call lasts. */
	if (producer->now.handle && producer->ledger.count > 0)
		rd_kafka_flush(producer->now.handle, FLUSH_MS);
}

void producer_purge(struct producer *producer)
{
	/* An old client was told when it was stopped. */
	if (producer->now.handle)
		rd_kafka_purge(producer->now.handle, PURGE_ALL);
}

/* What a client still reports, until it has nothing more or `deadline` (gw_now()) is over; what it
 * has reported already is served in any case. */
static void serve_last(struct producer *producer, struct client *client, int64_t deadline)
{
	while (client->handle && rd_kafka_outq_len(client->handle) > 0) {
		int wait = gw_now() < deadline ? WAIT_MS : 0;
		rd_kafka_event_t *event = rd_kafka_queue_poll(client->events, wait);
		const rd_kafka_message_t *message;

		if (!event && wait == 0)
			return;
		if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_DR)
			while ((message = rd_kafka_event_message_next(event)))
				settle(producer, message->_private, message->err, message->len);
		rd_kafka_event_destroy(event);
	}
}

void producer_settle(struct producer *producer, int64_t deadline)
{
	struct entry *after;

	serve_last(producer, &producer->old, deadline);
	serve_last(producer, &producer->now, deadline);
	for (struct entry *entry = producer->ledger.oldest; entry; entry = after) {
		after = entry->after;
		if (entry->held)
			settle(producer, entry, RD_KAFKA_RESP_ERR__PURGE_QUEUE, 0);
	}
	gw_counter_add(&producer->vitals.refused, producer->ledger.count);
	gw_counter_set(&producer->vitals.waiting, 0);
}
