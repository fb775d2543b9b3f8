#include "kafka/settings.h"

#include <stdio.h>
#include <string.h>

#include "kafka/property.h"

/* What both have in common. Every setting can be overruled by the user. */
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
	{"linger.ms", "5"},
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
	if (status == 0)
		status = property_set_users(
			conf, &owner, config->properties, config->properties_count, error);
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
