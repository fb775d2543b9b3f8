#include "kafka/replies.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/api.h"
#include "core/clock.h"
#include "kafka/command.h"
#include "kafka/record.h"
#include "kafka/refusal.h"
#include "sink/record.h"
#include "sink/writer.h"

#define CLOSE_NS (250 * GW_NS_PER_MS)
#define FLUSH_MS 50
/* An answer that is no larger is not made shorter. */
#define SHORT 2048
/* For what an old client gives back without a broker's help: it takes milliseconds. */
#define RENEW_NS (100 * GW_NS_PER_MS)
#define WAIT_MS 10

static int open_client(const struct replies *replies, struct client *client, struct gw_error *error)
{
	/* Alone: one that is too large takes no other with it. */
	static const struct settings_mode mode = {.patient = true, .alone = true, .fleeting = true};

	return client_open(client, replies->gw, SINK_RESULT, replies->topic, mode, error);
}

int replies_open(
	struct replies *replies, const struct gw *gw, const char *topic, struct gw_error *error)
{
	replies->gw = gw;
	replies->topic = topic;
	replies->source = record_source(gw->config->gateway->name, "");
	if (!replies->source)
		return gw_error_set(error, -ENOMEM, "kafka: out of memory");
	*strstr(replies->source, "/cameras/") = '\0';
	return open_client(replies, &replies->client, error);
}

void replies_close(struct replies *replies)
{
	client_close(&replies->client, gw_now() + CLOSE_NS);
	answers_forget(&replies->answers);
	free(replies->source);
}

/* The answer as text, to be freed: {"status", "body"}; of bytes, their type and size alone. NULL:
 * out of memory. */
static char *text_of(const struct gw_reply *reply)
{
	json_t *json = json_pack("{s:i, s:O?}", "status", reply->status, "body", reply->json);

	if (json && reply->bytes) {
		json_object_set_new(json, "type", json_string(reply->type));
		json_object_set_new(json, "bytes", json_integer((json_int_t)reply->size));
	}
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;

	json_decref(json);
	return text;
}

static rd_kafka_headers_t *headers_of(
	struct replies *replies, const char *source, const char *id, int64_t now)
{
	char time[WRITER_TIME_SIZE], own[128];
	const struct {
		const char *name, *value;
	} attributes[] = {
		{"ce_specversion", "1.0"},
		{"ce_id", own},
		{"ce_source", replies->source},
		{"ce_type", "com.framegate.reply.v1"},
		{"ce_time", time},
		{"content-type", "application/json"},
		/* Extensions: what it is the answer to. */
		{"ce_commandid", id},
		{"ce_commandsource", source},
	};
	const size_t count = sizeof(attributes) / sizeof(attributes[0]);
	rd_kafka_headers_t *headers = rd_kafka_headers_new(count);

	writer_time(time, now);
	snprintf(own, sizeof(own), "%s/reply/%lu", replies->gw->boot_id, replies->answered++);
	for (size_t i = 0; headers && i < count; i++)
		rd_kafka_header_add(headers, attributes[i].name, -1, attributes[i].value, -1);
	return headers;
}

/* Hands an answer over. It is lost when the brokers are away for longer than half a minute: who
 * asks again gets it then. */
static rd_kafka_resp_err_t hand_over(
	struct replies *replies, const char *source, const char *id, const char *text)
{
	const char *gateway = replies->gw->config->gateway->name;
	const int64_t now = gw_now_utc();
	rd_kafka_headers_t *headers = headers_of(replies, source, id, now);
	const struct client_message message = {
		.value = (void *)text,
		.size = strlen(text),
		.key = (void *)gateway,
		.key_size = strlen(gateway),
		.flags = RD_KAFKA_MSG_F_COPY,
		.time_ms = now / GW_NS_PER_MS,
	};
	const rd_kafka_resp_err_t error = client_send(&replies->client, &message, headers);

	if (error && headers)
		rd_kafka_headers_destroy(headers);
	return error;
}

/* Says in few words what an answer of `size` bytes, which begins with `text`, would have said. */
static void shorten(
	struct replies *replies, const char *source, const char *id, const char *text, size_t size)
{
	struct gw_reply reply = {0};
	int status = 0;

	/* As text_of() writes it. */
	sscanf(text, "{\"status\":%d", &status);
	gw_reply_refuse(&reply, 413, "answer_too_large",
		"the command was answered with %d, by %zu bytes, which is more than the topic %s "
		"takes: ask for one thing by its name instead of all, over HTTPS or with gwctl; or "
		"raise max.message.bytes of the topic and message.max.bytes in `properties`",
		status, size, replies->topic);
	char *brief = text_of(&reply);

	gw_reply_release(&reply);
	if (brief) {
		answers_keep(&replies->answers, source, id, brief);
		gw_counter_add(&replies->shortened, 1);
	}
	if (!brief || hand_over(replies, source, id, brief) != RD_KAFKA_RESP_ERR_NO_ERROR)
		gw_counter_add(&replies->unanswered, 1);
	free(brief);
}

static void answer(struct replies *replies, const char *source, const char *id, const char *text)
{
	const rd_kafka_resp_err_t error = hand_over(replies, source, id, text);
	const size_t size = strlen(text);

	if (refusal_is_of_size(error) && size > SHORT)
		shorten(replies, source, id, text, size);
	else if (error)
		gw_counter_add(&replies->unanswered, 1);
}

void replies_give(
	struct replies *replies, const char *source, const char *id, const struct gw_reply *reply)
{
	char *text = text_of(reply);

	if (!text) {
		gw_counter_add(&replies->unanswered, 1);
		return;
	}
	answers_keep(&replies->answers, source, id, text);
	answer(replies, source, id, text);
	free(text);
}

bool replies_repeat(struct replies *replies, const char *source, const char *id)
{
	const char *known = answers_find(&replies->answers, source, id);
	/* What is sent may become what is remembered. */
	char *text = known ? strdup(known) : NULL;

	if (text)
		answer(replies, source, id, text);
	else if (known)
		gw_counter_add(&replies->unanswered, 1);
	free(text);
	return known != NULL;
}

/* An answer that the client reports. What the topic alone knew to be too large is made short. */
static void hear_report(struct replies *replies, const rd_kafka_message_t *message)
{
	const struct kafka_record record = kafka_record_of(message);
	char source[COMMAND_SOURCE], id[COMMAND_ID], begin[32];

	if (!refusal_is_of_size(message->err) || record.size <= SHORT) {
		gw_counter_add(&replies->unanswered, message->err ? 1 : 0);
		return;
	}
	kafka_record_header(&record, "ce_commandsource", source, sizeof(source));
	kafka_record_header(&record, "ce_commandid", id, sizeof(id));
	snprintf(begin, sizeof(begin), "%.*s", (int)sizeof(begin) - 1, (const char *)record.value);
	shorten(replies, source, id, begin, record.size);
}

/* To the client that takes the place of the one that gave it back. */
static void send_again(struct replies *replies, const rd_kafka_message_t *given_back)
{
	rd_kafka_timestamp_type_t type;
	rd_kafka_headers_t *headers = NULL;
	const struct client_message message = {
		.value = given_back->payload,
		.size = given_back->len,
		.key = given_back->key,
		.key_size = given_back->key_len,
		.flags = RD_KAFKA_MSG_F_COPY,
		.time_ms = rd_kafka_message_timestamp(given_back, &type),
	};

	rd_kafka_message_detach_headers((rd_kafka_message_t *)given_back, &headers);
	if (client_send(&replies->client, &message, headers) == RD_KAFKA_RESP_ERR_NO_ERROR)
		return;
	if (headers)
		rd_kafka_headers_destroy(headers);
	gw_counter_add(&replies->unanswered, 1);
}

static bool was_given_back(rd_kafka_resp_err_t error)
{
	return error == RD_KAFKA_RESP_ERR__PURGE_QUEUE ||
		error == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT;
}

/* Serves one event of a client. False: there was none for so long. */
static bool hear_one(struct replies *replies, const struct client *client, int wait_ms)
{
	rd_kafka_event_t *event = rd_kafka_queue_poll(client->events, wait_ms);
	const rd_kafka_message_t *message;

	if (!event)
		return false;
	if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_DR)
		while ((message = rd_kafka_event_message_next(event))) {
			if (client != &replies->client && was_given_back(message->err))
				send_again(replies, message);
			else
				hear_report(replies, message);
		}
	rd_kafka_event_destroy(event);
	return true;
}

void replies_hear(struct replies *replies)
{
	while (hear_one(replies, &replies->client, 0))
		;
	client_log(&replies->client, replies->topic, &replies->words, true);
}

int replies_renew(struct replies *replies, struct gw_error *error)
{
	const int64_t deadline = gw_now() + RENEW_NS;
	struct client old = replies->client, next;
	const int status = open_client(replies, &next, error);

	if (status != 0)
		return status;
	replies->client = next;
	rd_kafka_purge(old.handle, CLIENT_PURGE);
	while (rd_kafka_outq_len(old.handle) > 0 && gw_now() < deadline)
		hear_one(replies, &old, WAIT_MS);
	/* What it has not given back by then is lost, as far as anybody knows. */
	gw_counter_add(&replies->unanswered, (uint64_t)rd_kafka_outq_len(old.handle));
	client_close(&old, gw_now());
	return 0;
}

void replies_last(struct replies *replies, int64_t deadline)
{
	while (rd_kafka_outq_len(replies->client.handle) > 0 && gw_now() < deadline) {
		rd_kafka_flush(replies->client.handle, FLUSH_MS);
		replies_hear(replies);
	}
}
