#include "kafka/consumer_settings.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct setting {
	const char *name, *value;
};

/* Every one can be overruled by the user. */
static const struct setting usual[] = {
	/* A group that is new begins with what is there: pictures that wait are work to be done. */
	{"auto.offset.reset", "earliest"},
	/* Of each partition; the rest waits with the brokers. */
	{"queued.max.messages.kbytes", "16384"},
	{"reconnect.backoff.max.ms", "2000"},
	{"socket.keepalive.enable", "true"},
};

/* With others than these what is promised would not hold. */
static const struct setting ours[] = {
	{"enable.auto.commit", "false"},
	{"enable.auto.offset.store", "false"},
	{"partition.assignment.strategy", "cooperative-sticky"},
	{"log.queue", "true"},
	/* They say when the group is at rest: see group_commit(). */
	{"statistics.interval.ms", "200"},
};

static const char *const reserved[] = {
	"enable.auto.commit",
	"enable.auto.offset.store",
	"enable.partition.eof",
	"enabled_events",
	"group.id",
	"log.queue",
	"partition.assignment.strategy",
	"statistics.interval.ms",
};

static int set(rd_kafka_conf_t *conf, const char *name, const char *value, struct gw_error *error)
{
	char text[256];

	if (rd_kafka_conf_set(conf, name, value, text, sizeof(text)) == RD_KAFKA_CONF_OK)
		return 0;
	return gw_error_set(error, -EINVAL, "source: setting %s=%s: %s", name, value, text);
}

static int set_table(
	rd_kafka_conf_t *conf, const struct setting *settings, size_t count, struct gw_error *error)
{
	int status = 0;

	for (size_t i = 0; i < count && status == 0; i++)
		status = set(conf, settings[i].name, settings[i].value, error);
	return status;
}
#define SET_TABLE(conf, table, error) \
	set_table(conf, table, sizeof(table) / sizeof((table)[0]), error)

static int set_property(
	rd_kafka_conf_t *conf, const struct gw_property_config *property, struct gw_error *error)
{
	char text[256];

	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (strcmp(property->name, reserved[i]) == 0)
			return gw_error_set(error, -EINVAL,
				"source: property %s belongs to the gateway: take it out of "
				"kafka.source.properties",
				property->name);
	/* What the library says of a value repeats it. */
	switch (rd_kafka_conf_set(conf, property->name, property->value, text, sizeof(text))) {
	case RD_KAFKA_CONF_OK:
		return 0;
	case RD_KAFKA_CONF_UNKNOWN:
		return gw_error_set(error, -EINVAL,
			"source: property %s: librdkafka has none of that name: look at its "
			"spelling in kafka.source.properties",
			property->name);
	default:
		return gw_error_set(error, -EINVAL,
			"source: property %s: librdkafka does not take the value that is given in "
			"kafka.source.properties",
			property->name);
	}
}

rd_kafka_conf_t *consumer_settings_make(const struct gw *gw, struct gw_error *error)
{
	const struct gw_source_config *source = gw->config->kafka->source;
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	char client[32 + GW_NAME];

	snprintf(client, sizeof(client), "framegate-%s", gw->config->gateway->name);
	int status = set(conf, "client.id", client, error);

	if (status == 0)
		status = set(conf, "bootstrap.servers", gw->config->kafka->brokers, error);
	if (status == 0)
		status = SET_TABLE(conf, usual, error);
	for (uint32_t i = 0; i < source->properties_count && status == 0; i++)
		status = set_property(conf, &source->properties[i], error);
	if (status == 0)
		status = set(conf, "group.id", source->group, error);
	if (status == 0)
		status = SET_TABLE(conf, ours, error);
	if (status != 0) {
		rd_kafka_conf_destroy(conf);
		return NULL;
	}
	rd_kafka_conf_set_events(conf,
		RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_OFFSET_COMMIT | RD_KAFKA_EVENT_ERROR |
			RD_KAFKA_EVENT_FETCH | RD_KAFKA_EVENT_STATS | RD_KAFKA_EVENT_LOG);
	return conf;
}
