#include "kafka/settings.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kafka/property.h"

/* What both have in common. The user may overrule what is not promised. */
static const struct setting common[] = {
	{"acks", "all"},
	{"enable.idempotence", "true"},
	/* A client that has to give a record up stops at it: what comes after it, perhaps of the
	 * same camera, may not overtake it. */
	{"enable.gapless.guarantee", "true"},
	/* By default a record dies silently after five minutes. 0: it waits for its brokers for as
	 * long as it takes; what does not fit into the queue meanwhile is counted. */
	{"message.timeout.ms", "0"},
	/* A camera's records land where the Java clients would put them. */
	{"partitioner", "murmur2_random"},
	{"reconnect.backoff.max.ms", "2000"},
	{"socket.keepalive.enable", "true"},
	{"statistics.interval.ms", "1000"},
	{NULL, NULL},
};

static const struct setting results[] = {
	{"compression.type", "lz4"},
	/* A batch is compressed as a whole, and results resemble each other: docs/kafka.md has what
	 * was measured. */
	{"linger.ms", "50"},
	{"queue.buffering.max.messages", "100000"},
	{"queue.buffering.max.kbytes", "131072"},
	{NULL, NULL},
};

static const struct setting frames[] = {
	/* JPEG does not shrink. */
	{"compression.type", "none"},
	{"linger.ms", "5"},
	/* Larger ones go to the socket from the frame's slot: a picture is hardly ever smaller. */
	{"message.copy.max.bytes", "1024"},
	/* The brokers have the last word. `batch.size` stays below their default limit, so that an
	 * oversize picture travels, and fails, alone. */
	{"message.max.bytes", "16777216"},
	{"batch.size", "1000000"},
	{"queue.buffering.max.kbytes", "1048576"},
	{NULL, NULL},
};

/* With these the accounting would not hold. */
static const char *const ours[] = {
	"delivery.report.only.error",
	"enabled_events",
	"log.queue",
	/* They say whether a broker is connected: see producer_housekeeping(). */
	"statistics.interval.ms",
	"transactional.id",
	NULL,
};

static const struct property_owner owner = {"kafka", "kafka.properties", ours};

/* What is promised rests on them: who changes one is told why not. */
static const struct {
	const char *name, *why;
} promised[] = {
	{"acks", "a record that not all replicas have is lost with its leader"},
	{"message.timeout.ms", "records would be given up while the brokers are away"},
	{"enable.gapless.guarantee", "a camera's records would overtake each other"},
	{"queuing.strategy", "a camera's records would overtake each other"},
};

#define PROMISED (sizeof(promised) / sizeof(promised[0]))

struct value {
	char text[32];
};

static struct value value_of(const rd_kafka_conf_t *conf, const char *name)
{
	struct value value = {""};
	size_t size = sizeof(value.text);

	/* One that does not fit is none of ours: it stays empty. */
	if (rd_kafka_conf_get(conf, name, value.text, &size) != RD_KAFKA_CONF_OK)
		value.text[0] = '\0';
	return value;
}

static int refuse(const char *name, const char *why, struct gw_error *error)
{
	return gw_error_set(error, -EINVAL,
		"kafka: property %s would break a promise: %s: take it out of `kafka.properties`",
		name, why);
}

static bool is(const rd_kafka_conf_t *conf, const char *name, const char *value)
{
	char text[16] = "";
	size_t size = sizeof(text);

	return rd_kafka_conf_get(conf, name, text, &size) == RD_KAFKA_CONF_OK &&
		strcmp(text, value) == 0;
}

/* What follows from the rest, and what the user cannot know of. */
static int set_last(rd_kafka_conf_t *conf, struct settings_mode mode, struct gw_error *error)
{
	int status = property_set(conf, &owner, "log.queue", "true", error);

	if (status == 0 && mode.alone)
		status = property_set(conf, &owner, "batch.num.messages", "1", error);
	if (status == 0 && mode.fleeting)
		status = property_set(conf, &owner, "enable.idempotence", "false", error);
	if (status == 0 && mode.fleeting)
		status = property_set(conf, &owner, "message.timeout.ms", "30000", error);
	/* Alone, what is refused for good holds nothing up. */
	if (status == 0 && (mode.alone || is(conf, "enable.idempotence", "false")))
		status = property_set(conf, &owner, "enable.gapless.guarantee", "false", error);
	return status;
}

/* Sets the user's, as far as the promises hold with them. */
static int set_users(
	rd_kafka_conf_t *conf, const struct gw_kafka_config *config, struct gw_error *error)
{
	struct value before[PROMISED];

	for (size_t i = 0; i < PROMISED; i++)
		before[i] = value_of(conf, promised[i].name);
	const int status = property_set_users(
		conf, &owner, config->properties, config->properties_count, error);

	if (status != 0)
		return status;
	for (size_t i = 0; i < PROMISED; i++)
		if (strcmp(value_of(conf, promised[i].name).text, before[i].text) != 0)
			return refuse(promised[i].name, promised[i].why, error);
	if (is(conf, "partitioner", "random"))
		return refuse(
			"partitioner", "a camera's records would lie in several partitions", error);
	if (is(conf, "enable.idempotence", "false") &&
		!is(conf, "max.in.flight.requests.per.connection", "1"))
		return refuse("enable.idempotence",
			"a request that is sent again would be overtaken, unless "
			"max.in.flight.requests.per.connection is 1",
			error);
	return 0;
}

rd_kafka_conf_t *settings_make(
	const struct gw *gw, enum sink_kind kind, struct settings_mode mode, struct gw_error *error)
{
	const struct gw_kafka_config *config = gw->config->kafka;
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	char client[32 + GW_NAME];

	snprintf(client, sizeof(client), "framegate-%s", gw->config->gateway->name);
	int status = property_set(conf, &owner, "client.id", client, error);

	if (status == 0 && config->brokers)
		status = property_set(conf, &owner, "bootstrap.servers", config->brokers, error);
	if (status == 0)
		status = property_set_table(conf, &owner, common, error);
	if (status == 0)
		status = property_set_table(
			conf, &owner, kind == SINK_RESULT ? results : frames, error);
	/* A topic that is not there: at first its absence is to be known soon. */
	if (status == 0)
		status = property_set(conf, &owner, "topic.metadata.propagation.max.ms",
			mode.patient ? "10000" : "2000", error);
	if (status == 0 && mode.fleeting)
		status = property_set(
			conf, &owner, "socket.timeout.ms", SETTINGS_PATIENCE_MS, error);
	if (status == 0)
		status = set_users(conf, config, error);
	if (status == 0)
		status = set_last(conf, mode, error);
	if (status != 0) {
		rd_kafka_conf_destroy(conf);
		return NULL;
	}
	rd_kafka_conf_set_events(conf,
		RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_STATS |
			RD_KAFKA_EVENT_LOG);
	return conf;
}
