#include "kafka/settings.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct setting {
	const char *name, *value;
};

/* What both have in common. Every setting can be overruled by the user. */
static const struct setting common[] = {
	{"acks", "all"},
	{"enable.idempotence", "true"},
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
	"transactional.id",
	NULL,
};

static int set(rd_kafka_conf_t *conf, const char *name, const char *value, struct gw_error *error)
{
	char text[256];

	if (rd_kafka_conf_set(conf, name, value, text, sizeof(text)) == RD_KAFKA_CONF_OK)
		return 0;
	return gw_error_set(error, -EINVAL, "kafka: setting %s=%s: %s", name, value, text);
}

static int set_table(rd_kafka_conf_t *conf, const struct setting *settings, struct gw_error *error)
{
	int status = 0;

	for (; settings->name && status == 0; settings++)
		status = set(conf, settings->name, settings->value, error);
	return status;
}

static int set_properties(
	rd_kafka_conf_t *conf, const struct gw_kafka_config *config, struct gw_error *error)
{
	int status = 0;

	for (uint32_t i = 0; i < config->properties_count && status == 0; i++) {
		const struct gw_property_config *property = &config->properties[i];

		for (const char *const *name = ours; *name; name++)
			if (strcmp(property->name, *name) == 0)
				return gw_error_set(error, -EINVAL,
					"kafka: setting %s belongs to the gateway: take it out of "
					"`properties`",
					property->name);
		status = set(conf, property->name, property->value, error);
	}
	return status;
}

rd_kafka_conf_t *settings_make(const struct gw *gw, enum sink_kind kind, struct gw_error *error)
{
	const struct gw_kafka_config *config = gw->config->kafka;
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	char client[32 + GW_NAME];

	snprintf(client, sizeof(client), "framegate-%s", gw->config->gateway->name);
	int status = set(conf, "client.id", client, error);

	if (status == 0 && config->brokers)
		status = set(conf, "bootstrap.servers", config->brokers, error);
	if (status == 0)
		status = set_table(conf, common, error);
	if (status == 0)
		status = set_table(conf, kind == SINK_RESULT ? results : frames, error);
	if (status == 0)
		status = set_properties(conf, config, error);
	if (status == 0)
		status = set(conf, "log.queue", "true", error);
	if (status != 0) {
		rd_kafka_conf_destroy(conf);
		return NULL;
	}
	rd_kafka_conf_set_events(conf,
		RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_STATS |
			RD_KAFKA_EVENT_LOG);
	return conf;
}
