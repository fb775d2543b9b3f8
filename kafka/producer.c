#include "kafka/producer.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"

#define SUBJECT "kafka"
/* How long the brokers may take to answer at the start before that is worth a line. */
#define PATIENCE_NS (5 * GW_NS_PER_S)
#define REFUSALS_LOG_NS (10 * GW_NS_PER_S)
/* How long new records wait for those that a failed client gives up: it takes milliseconds. */
#define ORDER_NS (300 * GW_NS_PER_MS)
#define CLOSE_NS (250 * GW_NS_PER_MS)
#define WAIT_MS 10
/* Without NON_BLOCKING the call waits for the library's threads, which may sit in a name lookup. */
#define PURGE_ALL \
	(RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING)
#define FLUSH_MS 10
#define RETRY_NS GW_NS_PER_S
#define EVENTS_PER_POLL 64

static const char *const state_names[] = {
	[PRODUCER_CONNECTING] = "connecting",
	[PRODUCER_UP] = "up",
	[PRODUCER_DOWN] = "down",
};

/* CloudEvents attributes that depend on the kind alone. */
static const struct {
	const char *type, *content_type;
	int flags; /* of produce: a result's text is copied, a picture is not */
	enum gw_drop full, lost, too_large;
} kinds[] = {
	[SINK_RESULT] = {"com.framegate.result.v1", "application/json", RD_KAFKA_MSG_F_COPY,
		GW_DROP_SINK_FULL, GW_DROP_SINK_LOST, GW_DROP_SINK_LOST},
	[SINK_SAMPLE] = {"com.framegate.frame.v1", "image/jpeg", 0, GW_DROP_SAMPLE_FULL,
		GW_DROP_SAMPLE_LOST, GW_DROP_SAMPLE_TOO_LARGE},
};

/* For what the library words itself, now and then. */
static void set_error(struct producer *producer, const char *text)
{
	pthread_mutex_lock(&producer->lock);
	snprintf(producer->last_error, sizeof(producer->last_error), "%s", text);
	pthread_mutex_unlock(&producer->lock);
	atomic_store_explicit(&producer->last_code, 0, memory_order_release);
}

/* For what may go wrong with every record: whoever asks words it. */
static void set_code(struct producer *producer, rd_kafka_resp_err_t code)
{
	atomic_store_explicit(&producer->last_code, (int)code, memory_order_release);
}

/* Any thread. */
static void copy_error(struct producer *producer, char text[PRODUCER_ERROR])
{
	int code = atomic_load_explicit(&producer->last_code, memory_order_acquire);

	if (code != 0) {
		snprintf(text, PRODUCER_ERROR, "%s", rd_kafka_err2str((rd_kafka_resp_err_t)code));
		return;
	}
	pthread_mutex_lock(&producer->lock);
	memcpy(text, producer->last_error, PRODUCER_ERROR);
	pthread_mutex_unlock(&producer->lock);
}

static void set_state(struct producer *producer, enum producer_state state)
{
	atomic_store_explicit(&producer->state, (int)state, memory_order_relaxed);
}

static void waiting_move(struct producer *producer, int by)
{
	gw_counter_add(&producer->waiting, (uint64_t)(int64_t)by);
}

int producer_open(struct producer *producer, const struct gw *gw, struct sink *sink,
	enum sink_kind kind, struct gw_error *error)
{
	const struct gw_kafka_config *config = gw->config->kafka;

	pthread_mutex_init(&producer->lock, NULL);
	producer->gw = gw;
	producer->sink = sink;
	producer->kind = kind;
	producer->topic_name = kind == SINK_RESULT ? config->results->topic : config->frames->topic;
	producer->opened = gw_now();
	return client_open(&producer->now, gw, kind, producer->topic_name, error);
}

void producer_close(struct producer *producer)
{
	if (!producer->gw)
		return;
	client_close(&producer->old, gw_now());
	if (!client_close(&producer->now, gw_now() + CLOSE_NS))
		gw_warn(SUBJECT, "%s: the client waits for a name server: left behind",
			producer->topic_name);
	pthread_mutex_destroy(&producer->lock);
}

static enum gw_drop drop_for(const struct producer *producer, rd_kafka_resp_err_t error)
{
	switch (error) {
	case RD_KAFKA_RESP_ERR_NO_ERROR:
		return GW_DROP_NONE;
	case RD_KAFKA_RESP_ERR__QUEUE_FULL:
		return kinds[producer->kind].full;
	case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
		return kinds[producer->kind].too_large;
	default:
		return kinds[producer->kind].lost;
	}
}

static void report(
	struct producer *producer, const rd_kafka_message_t *message, rd_kafka_resp_err_t error)
{
	int64_t waited = rd_kafka_message_latency(message);
	struct sink_report out = {
		.kind = producer->kind,
		.drop = drop_for(producer, error),
		.waited_us = waited > 0 ? (uint64_t)waited : 0,
	};

	/* What the record was submitted with: a picture's frame, or a result's camera. */
	if (producer->kind == SINK_SAMPLE) {
		out.frame = message->_private;
		out.camera = out.frame->camera;
	} else {
		out.camera = (uint32_t)(uintptr_t)message->_private;
	}
	waiting_move(producer, -1);
	if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
		gw_counter_add(&producer->delivered, 1);
		gw_counter_add(&producer->bytes, message->len);
		set_state(producer, PRODUCER_UP);
	} else {
		gw_counter_add(&producer->refused, 1);
		set_code(producer, error);
	}
	sink_report(producer->sink, &out);
}

/* CloudEvents 1.0, Kafka protocol binding, binary content mode (3.2). NULL: out of memory. */
static rd_kafka_headers_t *make_headers(const struct sink_record *record)
{
	const struct {
		const char *name, *value;
	} attributes[] = {
		{"ce_specversion", "1.0"},
		{"ce_id", record->id},
		{"ce_source", record->source},
		{"ce_type", kinds[record->kind].type},
		{"ce_time", record->time},
		{"content-type", kinds[record->kind].content_type},
	};
	const size_t count = sizeof(attributes) / sizeof(attributes[0]);
	rd_kafka_headers_t *headers = rd_kafka_headers_new(count);

	for (size_t i = 0; headers && i < count; i++)
		rd_kafka_header_add(headers, attributes[i].name, -1, attributes[i].value, -1);
	return headers;
}

/* Sends a message once more that a failed client has given up. */
static void submit_again(struct producer *producer, const rd_kafka_message_t *given_up)
{
	rd_kafka_headers_t *headers = NULL;
	rd_kafka_timestamp_type_t type;
	const struct client_message message = {
		.value = given_up->payload,
		.size = given_up->len,
		.key = given_up->key,
		.key_size = given_up->key_len,
		.flags = kinds[producer->kind].flags,
		.time_ms = rd_kafka_message_timestamp(given_up, &type),
		.opaque = given_up->_private,
	};

	rd_kafka_message_detach_headers((rd_kafka_message_t *)given_up, &headers);
	rd_kafka_resp_err_t error = client_send(&producer->now, &message, headers);

	if (error)
		report(producer, given_up, error);
}

static bool failed_for_good(const struct client *client)
{
	return rd_kafka_fatal_error(client->handle, NULL, 0) != RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* Puts a new client in the place of one that failed for good. Without memory or threads for one, or
 * while the one before still has records, the failed one stays and says no until a later try
 * succeeds. */
static bool replace_begin(struct producer *producer)
{
	struct client new;
	struct gw_error error;
	char reason[256];
	int64_t now = gw_now();

	if (now < producer->retry_at || producer->old.handle)
		return false;
	rd_kafka_fatal_error(producer->now.handle, reason, sizeof(reason));
	set_error(producer, reason);
	if (client_open(&new, producer->gw, producer->kind, producer->topic_name, &error) != 0) {
		producer->retry_at = now + RETRY_NS;
		gw_error_log(SUBJECT, "%s: the producer failed (%s) and no new one can be made: %s",
			producer->topic_name, reason, error.text);
		return false;
	}
	gw_warn(SUBJECT, "%s: the producer failed (%s): a new one sends %lu records again",
		producer->topic_name, reason, gw_counter_get(&producer->waiting));
	gw_counter_add(&producer->replaced, 1);
	producer->old = producer->now;
	producer->now = new;
	rd_kafka_purge(producer->old.handle, PURGE_ALL);
	producer->order_until = gw_now() + ORDER_NS;
	return true;
}

static void serve_reports(struct producer *producer, struct client *from, rd_kafka_event_t *event)
{
	const rd_kafka_message_t *message;

	while ((message = rd_kafka_event_message_next(event))) {
		/* Whatever a failed client says of a record but 'stored' means: not by me. */
		bool again = message->err && failed_for_good(from) &&
			(from == &producer->old || replace_begin(producer));

		if (again) {
			from = &producer->old;
			submit_again(producer, message);
		} else {
			report(producer, message, message->err);
		}
	}
}

/* Calls `serve` for what a client still reports, until it has nothing more or `deadline` (gw_now())
 * is over; what it has reported already is served in any case. Returns whether nothing is left. */
static bool serve_rest(struct producer *producer, struct client *client, int64_t deadline,
	void (*serve)(struct producer *, struct client *, rd_kafka_event_t *))
{
	while (rd_kafka_outq_len(client->handle) > 0) {
		int wait = gw_now() < deadline ? WAIT_MS : 0;
		rd_kafka_event_t *event = rd_kafka_queue_poll(client->events, wait);

		if (!event && wait == 0)
			return false;
		if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_DR)
			serve(producer, client, event);
		rd_kafka_event_destroy(event);
	}
	return true;
}

/* Takes over what the old client still has, in its order, before anything new is submitted. Blocks
 * for some milliseconds: this is rare, and the order of a camera's records is worth it. A client
 * whose threads hang stays until it reports; its records come late then, and none is lost. */
static void replace_finish(struct producer *producer)
{
	/* Nobody waits for its end: the gateway goes on. */
	if (serve_rest(producer, &producer->old, producer->order_until, serve_reports))
		client_close(&producer->old, gw_now());
}

static void serve_error(struct producer *producer, rd_kafka_event_t *event)
{
	rd_kafka_resp_err_t error = rd_kafka_event_error(event);

	if (error == RD_KAFKA_RESP_ERR__FATAL) {
		replace_begin(producer);
		return;
	}
	/* "All are down" follows the reason of the last one: the reason helps more. */
	if (error != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || producer->last_error[0] == '\0')
		set_error(producer, rd_kafka_event_error_string(event));
	if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
		set_state(producer, PRODUCER_DOWN);
}

uint32_t producer_poll(struct producer *producer)
{
	rd_kafka_event_t *event;
	uint32_t count = 0;

	if (producer->old.handle)
		replace_finish(producer);
	while (count < EVENTS_PER_POLL &&
		(event = rd_kafka_queue_poll(producer->now.events, 0)) != NULL) {
		bool keep = false;

		count++;
		switch (rd_kafka_event_type(event)) {
		case RD_KAFKA_EVENT_DR:
			serve_reports(producer, &producer->now, event);
			break;
		case RD_KAFKA_EVENT_ERROR:
			serve_error(producer, event);
			break;
		case RD_KAFKA_EVENT_STATS:
			/* To be read in housekeeping. */
			if (producer->now.statistics)
				rd_kafka_event_destroy(producer->now.statistics);
			producer->now.statistics = event;
			keep = true;
			break;
		default:
			break;
		}
		if (!keep)
			rd_kafka_event_destroy(event);
		if (producer->old.handle)
			replace_finish(producer);
	}
	return count;
}

enum gw_drop producer_submit(struct producer *producer, const struct sink_record *record)
{
	const struct gw_frame *frame = record->frame;
	const struct client_message message = {
		.value = (void *)record->value,
		.size = record->size,
		.key = (void *)record->camera,
		.key_size = strlen(record->camera),
		.flags = kinds[producer->kind].flags,
		.time_ms = frame->capture_ns / GW_NS_PER_MS,
		.opaque = record->kind == SINK_RESULT ? (void *)(uintptr_t)frame->camera
						      : record->frame,
	};
	rd_kafka_resp_err_t error = client_send(&producer->now, &message, make_headers(record));

	if (error == RD_KAFKA_RESP_ERR__FATAL && replace_begin(producer)) {
		replace_finish(producer);
		error = client_send(&producer->now, &message, make_headers(record));
	}
	if (!error) {
		waiting_move(producer, 1);
		return GW_DROP_NONE;
	}
	gw_counter_add(&producer->refused, 1);
	set_code(producer, error);
	return drop_for(producer, error);
}

static void log_state(struct producer *producer)
{
	char error[PRODUCER_ERROR];
	enum producer_state state = atomic_load_explicit(&producer->state, memory_order_relaxed);
	const char *brokers = producer->gw->config->kafka->brokers;

	if (state == producer->logged)
		return;
	producer->logged = state;
	copy_error(producer, error);
	if (state == PRODUCER_UP)
		gw_info(SUBJECT, "%s: brokers are up (%s)", producer->topic_name, brokers);
	else
		gw_warn(SUBJECT, "%s: brokers are away (%s: %s): records wait in memory",
			producer->topic_name, brokers, error);
}

static void log_refusals(struct producer *producer, int64_t now)
{
	uint64_t refused = gw_counter_get(&producer->refused);
	char error[PRODUCER_ERROR];

	if (refused == producer->refused_logged ||
		(producer->refused_logged != 0 &&
			now - producer->refused_logged_at < REFUSALS_LOG_NS))
		return;
	copy_error(producer, error);
	gw_warn(SUBJECT, "%s: %lu records were not taken: %s", producer->topic_name,
		refused - producer->refused_logged, error);
	producer->refused_logged = refused;
	producer->refused_logged_at = now;
}

void producer_housekeeping(struct producer *producer, int64_t now)
{
	if (client_hears_brokers(&producer->now))
		set_state(producer, PRODUCER_UP);
	if (atomic_load_explicit(&producer->state, memory_order_relaxed) == PRODUCER_CONNECTING &&
		now - producer->opened > PATIENCE_NS) {
		set_error(producer, "no broker has answered yet");
		set_state(producer, PRODUCER_DOWN);
	}
	client_log(&producer->now, producer->topic_name);
	log_state(producer);
	log_refusals(producer, now);
}

void producer_flush(struct producer *producer)
{
	/* Lingering ends for as long as the call lasts. */
	if (gw_counter_get(&producer->waiting) > 0)
		rd_kafka_flush(producer->now.handle, FLUSH_MS);
}

void producer_purge(struct producer *producer)
{
	/* An old client was told when it failed. */
	rd_kafka_purge(producer->now.handle, PURGE_ALL);
}

static void serve_last(struct producer *producer, struct client *client, rd_kafka_event_t *event)
{
	const rd_kafka_message_t *message;

	while ((message = rd_kafka_event_message_next(event)))
		report(producer, message, message->err);
}

void producer_settle(struct producer *producer, int64_t deadline)
{
	if (producer->old.handle)
		serve_rest(producer, &producer->old, deadline, serve_last);
	serve_rest(producer, &producer->now, deadline, serve_last);
	gw_counter_add(&producer->refused, gw_counter_get(&producer->waiting));
	gw_counter_set(&producer->waiting, 0);
}

const char *producer_state_name(const struct producer *producer)
{
	return state_names[atomic_load_explicit(&producer->state, memory_order_relaxed)];
}

struct json_t *producer_describe(struct producer *producer)
{
	char error[PRODUCER_ERROR];

	copy_error(producer, error);
	return json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:s?}", "topic", producer->topic_name,
		"state", producer_state_name(producer), "queued",
		(json_int_t)gw_counter_get(&producer->waiting), "delivered",
		(json_int_t)gw_counter_get(&producer->delivered), "failed",
		(json_int_t)gw_counter_get(&producer->refused), "bytes",
		(json_int_t)gw_counter_get(&producer->bytes), "replaced",
		(json_int_t)gw_counter_get(&producer->replaced), "last_error",
		error[0] ? error : NULL);
}
