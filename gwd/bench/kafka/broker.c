#include "gwd/bench/kafka/broker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/clock.h"
#include "kafka/property.h"

#define ANSWER_MS 10000
#define LOOK_MS 500
#define ADMIN_MS 30000
#define LEADER_NS (20 * GW_NS_PER_S)

static const char *const reserved[] = {"log.queue", NULL};
static const struct property_owner owner = {"kafka", "kafka.properties", reserved};

static const struct setting usual[] = {
	{"client.id", "framegate-bench"},
	{"log_level", "0"},
	{"enable.auto.commit", "false"},
	{"reconnect.backoff.max.ms", "2000"},
	{NULL, NULL},
};

static bool replace(char **text, const char *by)
{
	char *copy = strdup(by);

	if (!copy)
		return false;
	free(*text);
	*text = copy;
	return true;
}

struct gw_config *broker_config(const char *path, const char *brokers, struct gw_error *error)
{
	static const char bare[] = "kafka: {brokers: none}\n";
	struct gw_config *config;

	if ((path ? gw_config_load(path, &config, error)
		  : gw_config_parse(bare, strlen(bare), &config, error)) != 0)
		return NULL;
	if (brokers && !replace(&config->kafka->brokers, brokers))
		gw_error_set(error, -ENOMEM, "out of memory");
	else if (config->kafka->brokers)
		return config;
	else
		gw_error_set(error, -EINVAL, "%s has no `kafka.brokers`: give --brokers HOST:PORT",
			path);
	gw_config_free(config);
	return NULL;
}

bool broker_set_topic(struct gw_config *config, const char *topic)
{
	return replace(&config->kafka->results->topic, topic) &&
		replace(&config->kafka->frames->topic, topic);
}

rd_kafka_t *broker_client(
	rd_kafka_type_t type, const struct gw_config *config, struct gw_error *error)
{
	const struct gw_kafka_config *kafka = config->kafka;
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_t *client = NULL;
	char text[256];

	/* Errors are asked for, not printed. */
	rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_ERROR);
	if (property_set_table(conf, &owner, usual, error) == 0 &&
		property_set(conf, &owner, "bootstrap.servers", kafka->brokers, error) == 0 &&
		property_set_users(
			conf, &owner, kafka->properties, kafka->properties_count, error) == 0) {
		client = rd_kafka_new(type, conf, text, sizeof(text));
		if (client)
			return client;
		gw_error_set(error, -EINVAL, "kafka: %s", text);
	}
	rd_kafka_conf_destroy(conf);
	return NULL;
}

/* What the client met last, of what there is to say. Returns whether it does not pass by waiting.
 */
static bool last_words(rd_kafka_t *client, char *text, size_t size)
{
	rd_kafka_queue_t *queue = rd_kafka_queue_get_main(client);
	rd_kafka_event_t *event;
	bool final = false;

	while ((event = rd_kafka_queue_poll(queue, 0))) {
		const rd_kafka_resp_err_t code = rd_kafka_event_error(event);

		/* "All are down" follows the reason. */
		if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_ERROR &&
			(text[0] == '\0' || code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN))
			snprintf(text, size, "%s", rd_kafka_event_error_string(event));
		final = final || code == RD_KAFKA_RESP_ERR__AUTHENTICATION ||
			code == RD_KAFKA_RESP_ERR__SSL;
		rd_kafka_event_destroy(event);
	}
	rd_kafka_queue_destroy(queue);
	return final;
}

int broker_wait(rd_kafka_t *client, struct gw_error *error)
{
	const int64_t until = gw_now() + ANSWER_MS * GW_NS_PER_MS;
	const struct rd_kafka_metadata *facts;
	char words[256] = "";

	while (gw_now() < until) {
		if (!rd_kafka_metadata(client, 0, NULL, &facts, LOOK_MS)) {
			rd_kafka_metadata_destroy(facts);
			return 0;
		}
		if (last_words(client, words, sizeof(words)))
			return gw_error_set(error, -EACCES,
				"the brokers do not let this client in: %s: look at "
				"`kafka.properties` in the file that --config names",
				words);
	}
	return gw_error_set(error, -EHOSTUNREACH,
		"no broker answered within %d s%s%s: is the address right, and the listener open "
		"to this machine?",
		ANSWER_MS / 1000, words[0] ? ": " : "", words);
}

int broker_wait_topic(
	rd_kafka_t *client, const char *name, uint32_t partitions, struct gw_error *error)
{
	static const struct timespec nap = {.tv_nsec = 50 * GW_NS_PER_MS};
	const int64_t until = gw_now() + LEADER_NS;
	rd_kafka_topic_t *topic = rd_kafka_topic_new(client, name, NULL);
	bool ready = false;

	while (topic && !ready && gw_now() < until) {
		const struct rd_kafka_metadata *facts;

		if (!rd_kafka_metadata(client, 0, topic, &facts, ANSWER_MS)) {
			const struct rd_kafka_metadata_topic *of = facts->topics;
			int led = 0;

			for (int i = 0; facts->topic_cnt == 1 && i < of->partition_cnt; i++)
				led += of->partitions[i].leader >= 0;
			ready = led == (int)partitions;
			rd_kafka_metadata_destroy(facts);
		}
		if (!ready)
			nanosleep(&nap, NULL);
	}
	if (topic)
		rd_kafka_topic_destroy(topic);
	return ready
		? 0
		: gw_error_set(error, -ETIMEDOUT,
			  "topic %s has no leader for each of its %u partitions after 20 s: look "
			  "at the brokers",
			  name, partitions);
}

static int refusal(rd_kafka_resp_err_t code, const char *words, const char *what, const char *name,
	struct gw_error *error)
{
	switch (code) {
	case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS:
		return gw_error_set(error, -EEXIST,
			"topic %s exists and is not of this run: remove it, or name others by "
			"--prefix",
			name);
	case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
		return gw_error_set(error, -EACCES,
			"not authorised to %s topic %s: the user needs Create, Write, Read, "
			"Describe and Delete on topics that begin so (--prefix chooses the name)",
			what, name);
	default:
		return gw_error_set(error, -EIO, "the brokers do not %s topic %s: %s", what, name,
			words ? words : rd_kafka_err2str(code));
	}
}

/* The answer to a request for one topic: an error of the request itself, or of the topic. */
static int take_answer(
	rd_kafka_queue_t *queue, const char *what, const char *name, struct gw_error *error)
{
	rd_kafka_event_t *event = rd_kafka_queue_poll(queue, ADMIN_MS + 5000);
	int status = 0;

	if (!event)
		return refusal(RD_KAFKA_RESP_ERR__TIMED_OUT, NULL, what, name, error);
	rd_kafka_resp_err_t code = rd_kafka_event_error(event);
	const char *words = rd_kafka_event_error_string(event);
	const rd_kafka_topic_result_t **results = NULL;
	size_t count = 0;

	if (!code && rd_kafka_event_CreateTopics_result(event))
		results = rd_kafka_CreateTopics_result_topics(
			rd_kafka_event_CreateTopics_result(event), &count);
	else if (!code && rd_kafka_event_DeleteTopics_result(event))
		results = rd_kafka_DeleteTopics_result_topics(
			rd_kafka_event_DeleteTopics_result(event), &count);
	if (count == 1) {
		code = rd_kafka_topic_result_error(results[0]);
		words = rd_kafka_topic_result_error_string(results[0]);
	}
	if (code)
		status = refusal(code, words, what, name, error);
	rd_kafka_event_destroy(event);
	return code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ? 0 : status;
}

static rd_kafka_AdminOptions_t *patience(rd_kafka_t *client, rd_kafka_admin_op_t operation)
{
	rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(client, operation);
	char text[128];

	rd_kafka_AdminOptions_set_request_timeout(options, ADMIN_MS, text, sizeof(text));
	rd_kafka_AdminOptions_set_operation_timeout(options, ADMIN_MS / 2, text, sizeof(text));
	return options;
}

int broker_make_topic(rd_kafka_t *client, const char *name, uint32_t partitions,
	uint32_t replication, struct gw_error *error)
{
	char text[256];
	rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(
		name, (int)partitions, replication > 0 ? (int)replication : -1, text, sizeof(text));

	if (!topic)
		return gw_error_set(error, -EINVAL, "topic %s: %s", name, text);
	/* A removed one gives its room back at once: the next cell needs it. */
	rd_kafka_NewTopic_set_config(topic, "file.delete.delay.ms", "1000");
	rd_kafka_NewTopic_set_config(topic, "max.message.bytes", "16777216");
	rd_kafka_AdminOptions_t *options = patience(client, RD_KAFKA_ADMIN_OP_CREATETOPICS);
	rd_kafka_queue_t *queue = rd_kafka_queue_new(client);

	rd_kafka_CreateTopics(client, &topic, 1, options, queue);
	int status = take_answer(queue, "create", name, error);

	rd_kafka_queue_destroy(queue);
	rd_kafka_AdminOptions_destroy(options);
	rd_kafka_NewTopic_destroy(topic);
	if (status == 0)
		status = broker_wait_topic(client, name, partitions, error);
	return status;
}

int broker_remove_topic(rd_kafka_t *client, const char *name, struct gw_error *error)
{
	rd_kafka_DeleteTopic_t *topic = rd_kafka_DeleteTopic_new(name);
	rd_kafka_AdminOptions_t *options = patience(client, RD_KAFKA_ADMIN_OP_DELETETOPICS);
	rd_kafka_queue_t *queue = rd_kafka_queue_new(client);

	rd_kafka_DeleteTopics(client, &topic, 1, options, queue);
	const int status = take_answer(queue, "remove", name, error);

	rd_kafka_queue_destroy(queue);
	rd_kafka_AdminOptions_destroy(options);
	rd_kafka_DeleteTopic_destroy(topic);
	return status;
}
