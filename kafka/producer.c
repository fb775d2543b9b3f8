#include "kafka/producer.h"

#include <errno.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "kafka/message.h"
#include "kafka/refusal.h"
#include "kafka/renewal.h"

#define SUBJECT "kafka"
/* How long the brokers may take to answer at the start before that is a trouble. */
#define PATIENCE_NS (5 * GW_NS_PER_S)
#define CLOSE_NS (250 * GW_NS_PER_MS)
#define WAIT_MS 10
#define FLUSH_MS 10
#define ALONE_NS (60 * GW_NS_PER_S)
#define EVENTS_PER_POLL 64
/* For how long a topic's limit is not tried again. */
#define REFUSED_NS (600 * GW_NS_PER_S)
/* Of a record beside its value: its key, its headers (kafka/message.c) and what frames it, as the
 * client counts them against its limit. */
#define BESIDE (GW_NAME + GW_ORIGIN_ID + GW_ORIGIN_SOURCE + 256)
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
	property_watch_begin(&producer->watch, config->properties, config->properties_count);
	vitals_open(&producer->vitals, topic, config->brokers, 0, 0);
	if (renewal_client(producer, &producer->now, error) != 0)
		return -EINVAL;
	records = client_limit(&producer->now, "queue.buffering.max.messages");
	bytes = client_limit(&producer->now, "queue.buffering.max.kbytes") * 1024;
	if (records == 0 || records > MOST_RECORDS)
		records = MOST_RECORDS;
	/* The user's limits are of the topic; every lane has a producer for it. */
	records = sink_share(sink, records, 1);
	bytes = sink_share(sink, bytes, client_limit(&producer->now, "message.max.bytes"));
	producer->most = client_limit(&producer->now, "message.max.bytes");
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

void producer_end(
	struct producer *producer, struct entry *entry, rd_kafka_resp_err_t error, uint64_t bytes)
{
	const struct sink_report report = {
		.kind = producer->kind,
		.camera = entry->camera,
		.frame = entry->frame,
		.receipt = entry->receipt,
		.token = entry->token,
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

static void note_size(struct producer *producer, uint64_t size, rd_kafka_resp_err_t error)
{
	const int64_t now = gw_now();

	if (now >= producer->refused_until || size < producer->refused_size)
		producer->refused_size = size;
	producer->refused_until = now + REFUSED_NS;
	producer->refused_for = error;
}

bool producer_takes(struct producer *producer, uint32_t size)
{
	const bool fits = size + BESIDE <= producer->most;

	if (fits && (size < producer->refused_size || gw_now() >= producer->refused_until))
		return true;
	vitals_refused(&producer->vitals,
		fits ? producer->refused_for : RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
	return false;
}

uint32_t producer_largest(const struct producer *producer)
{
	uint64_t most = producer->most > BESIDE ? producer->most - BESIDE : 0;

	/* How much below the limit is, nobody says. */
	if (gw_now() < producer->refused_until && producer->refused_size / 4 * 3 < most)
		most = producer->refused_size / 4 * 3;
	return most < UINT32_MAX ? (uint32_t)most : UINT32_MAX;
}

static bool failed_for_good(const struct client *client)
{
	return rd_kafka_fatal_error(client->handle, NULL, 0) != RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* Holds a record that a client gave up. */
static void take_back(struct producer *producer, const rd_kafka_message_t *given_up)
{
	struct entry *entry = given_up->_private;
	const struct client_message message =
		message_again(given_up, entry->copied, entry->time_ms);
	rd_kafka_headers_t *headers = NULL;

	rd_kafka_message_detach_headers((rd_kafka_message_t *)given_up, &headers);
	if (!entry_hold(entry, &message, headers)) {
		producer_end(producer, entry, given_up->err, 0);
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
	producer_end(producer, message->_private, RD_KAFKA_RESP_ERR_NO_ERROR, message->len);
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
	if (stays && whose) {
		if (refusal_is_of_size(message->err))
			note_size(producer, message->len, message->err);
		producer_end(producer, message->_private, message->err, 0);
	} else {
		take_back(producer, message);
	}
	if (from == &producer->now && (!stays || !whose || failed_for_good(from)))
		renewal_stop(producer, message->err);
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
		renewal_stop(producer, error);
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
	return count + renewal_step(producer);
}

/* Accepts a new record: it goes to the client, or waits behind what is held. */
static rd_kafka_resp_err_t accept_record(
	struct producer *producer, struct entry *entry, const struct sink_record *record)
{
	const struct client_message message = message_of(record, entry);
	rd_kafka_headers_t *headers = message_headers(record);

	entry->time_ms = message.time_ms;
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
		renewal_stop(producer, error);
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
		entry->receipt = record->frame->receipt;
		entry->token = record->token;
		entry->copied = record->kind == SINK_RESULT || record->copied;
		error = accept_record(producer, entry, record);
		if (error)
			ledger_remove(&producer->ledger, entry);
		gauges(producer);
	}
	const bool comes_again = record->frame->lossless || record->comes_again;

	if (error && !(comes_again && error == RD_KAFKA_RESP_ERR__QUEUE_FULL))
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
	if (renewal_client(producer, &new, &error) != 0) {
		producer->alone = true;
		producer->alone_until = now + ALONE_NS;
		return;
	}
	client_close(&producer->now, now);
	producer->now = new;
	producer->began = now;
	producer->proven = false;
}

static void look_at_files(struct producer *producer, int64_t now)
{
	const struct gw_kafka_config *config = producer->gw->config->kafka;

	if (!property_watch_look(
		    &producer->watch, config->properties, config->properties_count, now))
		return;
	/* A renewal that fails is tried again by itself. */
	property_watch_take(&producer->watch);
	renewal_reload(producer);
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
	look_at_files(producer, now);
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
		rd_kafka_purge(producer->now.handle, CLIENT_PURGE);
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
				producer_end(
					producer, message->_private, message->err, message->len);
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
			producer_end(producer, entry, RD_KAFKA_RESP_ERR__PURGE_QUEUE, 0);
	}
	gw_counter_add(&producer->vitals.refused, producer->ledger.count);
	gw_counter_set(&producer->vitals.waiting, 0);
}
