#include "kafka/client.h"

#include <errno.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/thread.h"
#include "kafka/settings.h"

#define REPEATS_NS (60 * GW_NS_PER_S)

/* Makes the client and its threads, also when the calling thread is pinned to a processor. */
static rd_kafka_t *client_new(rd_kafka_conf_t *conf, char *text, size_t size)
{
	struct gw_inherit before;

	gw_inherit_begin(&before, NULL);
	rd_kafka_t *client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, size);

	gw_inherit_end(&before);
	return client;
}

static void destroy(struct client *client)
{
	if (client->statistics)
		rd_kafka_event_destroy(client->statistics);
	if (client->topic)
		rd_kafka_topic_destroy(client->topic);
	if (client->logs)
		rd_kafka_queue_destroy(client->logs);
	if (client->events)
		rd_kafka_queue_destroy(client->events);
	if (client->handle)
		rd_kafka_destroy(client->handle);
}

static void *destroy_thread(void *arg)
{
	struct client *client = arg;

	destroy(client);
	free(client);
	return NULL;
}

/* The thread may outlive the stage, the pool and what else the records pointed to: a thread of the
 * library that returns from its lookup finds the client ending, before it would connect and send.
 */
bool client_close(struct client *client, int64_t deadline)
{
	struct client *leaving = client->handle ? malloc(sizeof(*leaving)) : NULL;
	bool closed = true;
	pthread_t thread;

	/* Whoever it rings for may be gone before it. */
	if (client->events)
		rd_kafka_queue_cb_event_enable(client->events, NULL, NULL);
	if (leaving)
		*leaving = *client;
	if (leaving && gw_thread_start(&thread, "kafka close", -1, destroy_thread, leaving) == 0) {
		closed = gw_thread_join(thread, deadline);
		if (!closed)
			pthread_detach(thread);
	} else {
		/* Nothing to wait for, or no memory for a thread: then it takes what it takes. */
		free(leaving);
		destroy(client);
	}
	*client = (struct client){0};
	return closed;
}

int client_open(struct client *client, const struct gw *gw, enum sink_kind kind, const char *topic,
	struct settings_mode mode, struct gw_error *error)
{
	char text[256];
	rd_kafka_conf_t *conf = settings_make(gw, kind, mode, error);

	*client = (struct client){.alone = mode.alone};
	if (!conf)
		return -EINVAL;
	client->handle = client_new(conf, text, sizeof(text));
	if (!client->handle) {
		rd_kafka_conf_destroy(conf);
		return gw_error_set(error, -EINVAL, "kafka: %s", text);
	}
	client->events = rd_kafka_queue_get_main(client->handle);
	client->logs = rd_kafka_queue_new(client->handle);
	rd_kafka_set_log_queue(client->handle, client->logs);
	client->topic = rd_kafka_topic_new(client->handle, topic, NULL);
	if (client->topic)
		return 0;
	gw_error_set(error, -EINVAL, "kafka: topic \"%s\": %s", topic,
		rd_kafka_err2str(rd_kafka_last_error()));
	client_close(client, gw_now() + GW_NS_PER_S);
	return -EINVAL;
}

uint64_t client_limit(const struct client *client, const char *name)
{
	char text[32] = "";
	size_t size = sizeof(text);

	rd_kafka_conf_get(rd_kafka_conf(client->handle), name, text, &size);
	return strtoull(text, NULL, 10);
}

/* The headers are made beforehand because librdkafka 2.0 frees headers that it made itself twice
 * when a topic is in error. */
rd_kafka_resp_err_t client_send(const struct client *client, const struct client_message *message,
	rd_kafka_headers_t *headers)
{
	const rd_kafka_vu_t vu[] = {
		{.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = client->topic},
		{.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = message->flags},
		{.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {message->value, message->size}},
		{.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {message->key, message->key_size}},
		{.vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = message->time_ms},
		{.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = message->opaque},
		{.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers},
	};
	const size_t count = sizeof(vu) / sizeof(vu[0]);
	rd_kafka_error_t *error =
		rd_kafka_produceva(client->handle, vu, headers ? count : count - 1);

	if (!error)
		return RD_KAFKA_RESP_ERR_NO_ERROR;
	rd_kafka_resp_err_t code = rd_kafka_error_code(error);

	rd_kafka_error_destroy(error);
	return code;
}

/* Any broker that answers will do: the library finds its way from there. */
static bool any_broker_up(const char *statistics)
{
	json_t *root = json_loads(statistics, 0, NULL);
	const char *name;
	json_t *broker;
	bool up = false;

	json_object_foreach(json_object_get(root, "brokers"), name, broker) {
		const char *state = json_string_value(json_object_get(broker, "state"));

		up = up || (state && strcmp(state, "UP") == 0);
	}
	json_decref(root);
	return up;
}

bool client_hears_brokers(struct client *client)
{
	if (!client->statistics)
		return false;
	bool up = any_broker_up(rd_kafka_event_stats(client->statistics));

	rd_kafka_event_destroy(client->statistics);
	client->statistics = NULL;
	return up;
}

/* Connections and clients that fail are told once, as a change of state, and "no gaps" is meant:
 * the library calls that setting experimental at every start. */
static bool is_known(const char *facility, const char *text)
{
	return strcmp(facility, "FAIL") == 0 || strcmp(facility, "ERROR") == 0 ||
		strcmp(facility, "FATAL") == 0 ||
		(strcmp(facility, "CONFWARN") == 0 && strstr(text, "enable.gapless.guarantee"));
}

/* Whether the library says the same thing as lately: it may do so every second. What it says of
 * offsets it says of one partition. */
static bool is_repeated(struct client_words *words, const char *facility, const char *text)
{
	const char *end = strcmp(facility, "OFFSET") == 0 ? strstr(text, "]: ") : NULL;
	char subject[sizeof(words->subject)];
	int64_t now = gw_now();

	/* The library's thread stands before the partition. */
	if (end && strstr(end + 1, "]: "))
		end = strstr(end + 1, "]: ");
	snprintf(subject, sizeof(subject), "%s%.*s", facility, end ? (int)(end - text) : 0, text);
	if (strcmp(words->subject, subject) == 0 && now < words->until)
		return true;
	memcpy(words->subject, subject, sizeof(subject));
	words->until = now + REPEATS_NS;
	return false;
}

void client_log(struct client *client, const char *topic, struct client_words *words, bool quiet)
{
	rd_kafka_event_t *event;

	while ((event = rd_kafka_queue_poll(client->logs, 0)) != NULL) {
		const char *facility, *text;
		int level;

		if (rd_kafka_event_log(event, &facility, &text, &level) == 0) {
			bool told = level > LOG_WARNING || quiet || is_known(facility, text) ||
				is_repeated(words, facility, text);

			if (words->heard)
				words->heard(words->arg, facility, text);
			gw_log(told ? GW_LOG_DEBUG : GW_LOG_WARNING, "kafka", "%s: %s: %s", topic,
				facility, text);
		}
		rd_kafka_event_destroy(event);
	}
}
