#include "kafka/news.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/health.h"
#include "core/log.h"
#include "kafka/message.h"
#include "sink/record.h"
#include "sink/wire.h"

#define SUBJECT "kafka"
#define CLOSE_NS (250 * GW_NS_PER_MS)
#define EVENTS_PER_STEP 64

void news_begin_value(const struct news *news, struct writer *writer)
{
	if (news->gw->config->kafka->framing == GW_FRAMING_CONFLUENT)
		wire_framing(writer, news->schema_id);
}

void news_send(struct news *news, const struct news_record *record)
{
	char time[WRITER_TIME_SIZE];
	const struct {
		const char *name, *value;
	} attributes[] = {
		{"ce_specversion", "1.0"},
		{"ce_id", record->id},
		{"ce_source", record->source},
		{"ce_type", record->type},
		{"ce_time", time},
		{"content-type", message_content_type(news->gw->config->kafka->format)},
	};
	const size_t count = sizeof(attributes) / sizeof(attributes[0]);
	rd_kafka_headers_t *headers = rd_kafka_headers_new(count);
	rd_kafka_resp_err_t error;
	const struct client_message message = {
		.value = (void *)record->value,
		.size = record->size,
		.key = (void *)record->key,
		.key_size = strlen(record->key),
		.flags = RD_KAFKA_MSG_F_COPY,
		.time_ms = record->utc_ns / GW_NS_PER_MS,
	};

	writer_time(time, record->utc_ns);
	for (size_t i = 0; headers && i < count; i++)
		rd_kafka_header_add(headers, attributes[i].name, -1, attributes[i].value, -1);
	error = record->cut ? RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE
			    : client_send(&news->client, &message, headers);
	if (!error) {
		news->waiting++;
		return;
	}
	if (headers)
		rd_kafka_headers_destroy(headers);
	gw_counter_add(&news->lost, 1);
	atomic_store_explicit(&news->error, error, memory_order_relaxed);
}

static void count_reports(struct news *news, rd_kafka_event_t *event)
{
	const rd_kafka_message_t *message;

	while ((message = rd_kafka_event_message_next(event))) {
		news->waiting--;
		gw_counter_add(message->err ? &news->lost : &news->delivered, 1);
		atomic_store_explicit(&news->error, message->err, memory_order_relaxed);
	}
}

/* Serves one event of the client. False: there is none. */
static bool hear_one(struct news *news)
{
	rd_kafka_event_t *event = rd_kafka_queue_poll(news->client.events, 0);

	if (!event)
		return false;
	if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_DR)
		count_reports(news, event);
	rd_kafka_event_destroy(event);
	return true;
}

static void hear(struct news *news)
{
	int left = EVENTS_PER_STEP;

	while (left > 0 && hear_one(news))
		left--;
	client_log(&news->client, news->topic, &news->words, true);
}

static int open_client(const struct news *news, struct client *client, struct gw_error *error)
{
	static const struct settings_mode mode = {.patient = true, .fleeting = true};
	const struct gw *gw = news->gw;

	return client_open(client, gw, SINK_RESULT, news->topic, mode, error);
}

/* What the client has not reported never will be. */
static void replace_client(struct news *news, const struct client *next, int64_t now)
{
	while (hear_one(news))
		;
	gw_counter_add(&news->lost, news->waiting);
	news->waiting = 0;
	client_close(&news->client, now);
	news->client = *next;
}

/* Without a new client the old one stays, and another one is tried at the next look. */
static void look_at_files(struct news *news, int64_t now)
{
	const struct gw_kafka_config *config = news->gw->config->kafka;
	struct property_watch *watch = &news->watch;
	struct gw_error error;
	struct client next;

	if (!property_watch_look(watch, config->properties, config->properties_count, now))
		return;
	if (open_client(news, &next, &error) == 0) {
		replace_client(news, &next, now);
		property_watch_take(watch);
		return;
	}
	if (news->refused != watch->seen)
		gw_warn(SUBJECT,
			"%s: %s go on with the files of `kafka.properties` as they were: "
			"%s",
			news->topic, news->name, error.text);
	news->refused = watch->seen;
}

int news_open(struct news *news, const struct gw *gw, const char *name, const char *topic,
	uint32_t schema_id, struct gw_error *error)
{
	const struct gw_kafka_config *config = gw->config->kafka;

	news->name = name;
	news->topic = topic;
	news->schema_id = schema_id;
	news->source = record_source(gw->config->gateway->name, "");
	if (!news->source)
		return gw_error_set(error, -ENOMEM, "kafka: out of memory");
	*strstr(news->source, "/cameras/") = '\0';
	news->gw = gw;
	property_watch_begin(&news->watch, config->properties, config->properties_count);
	return open_client(news, &news->client, error);
}

void news_step(struct news *news, int64_t now)
{
	hear(news);
	look_at_files(news, now);
}

void news_close(struct news *news)
{
	client_close(&news->client, gw_now() + CLOSE_NS);
	free(news->source);
	*news = (struct news){0};
}

void news_health(const struct news *news, struct gw_health *health)
{
	const rd_kafka_resp_err_t error =
		(rd_kafka_resp_err_t)atomic_load_explicit(&news->error, memory_order_relaxed);

	if (news->gw && error)
		gw_health_add(health, GW_DEGRADED, "kafka.%s.lost", news->name,
			"%s are lost: %s: see that %s exists and may be written", news->name,
			rd_kafka_err2str(error), news->topic);
}

struct json_t *news_describe(const struct news *news)
{
	if (!news->gw)
		return NULL;
	return json_pack("{s:s, s:I, s:I}", "topic", news->topic, "delivered",
		(json_int_t)gw_counter_get(&news->delivered), "lost",
		(json_int_t)gw_counter_get(&news->lost));
}
