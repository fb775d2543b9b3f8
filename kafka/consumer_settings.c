#include "kafka/consumer_settings.h"

#include <stdio.h>

#include "kafka/property.h"

/* Every one can be overruled by the user. */
static const struct setting usual[] = {
	/* A group that is new begins with what is there: pictures that wait are work to be done. */
	{"auto.offset.reset", "earliest"},
	/* Of each partition; the rest waits with the brokers. */
	{"queued.max.messages.kbytes", "16384"},
	{"reconnect.backoff.max.ms", "2000"},
	{"socket.keepalive.enable", "true"},
	/* A topic that may be known now, or is gone, is not to be noticed after minutes only. */
	{"topic.metadata.refresh.interval.ms", "10000"},
	{NULL, NULL},
};

/* With others than these what is promised would not hold. */
static const struct setting ours[] = {
	{"enable.auto.commit", "false"},
	{"enable.auto.offset.store", "false"},
	{"partition.assignment.strategy", "cooperative-sticky"},
	{"log.queue", "true"},
	/* They say when the group is at rest: see group_commit(). */
	{"statistics.interval.ms", "200"},
	{NULL, NULL},
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
	NULL,
};

static const struct property_owner owner = {"source", "kafka.source.properties", reserved};

rd_kafka_conf_t *consumer_settings_make(const struct gw *gw, struct gw_error *error)
{
	const struct gw_source_config *source = gw->config->kafka->source;
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	char client[32 + GW_NAME];

	snprintf(client, sizeof(client), "framegate-%s", gw->config->gateway->name);
	int status = property_set(conf, &owner, "client.id", client, error);

	if (status == 0)
		status = property_set(
			conf, &owner, "bootstrap.servers", gw->config->kafka->brokers, error);
	if (status == 0)
		status = property_set_table(conf, &owner, usual, error);
	if (status == 0)
		status = property_set_users(
			conf, &owner, source->properties, source->properties_count, error);
	if (status == 0)
		status = property_set(conf, &owner, "group.id", source->group, error);
	if (status == 0)
		status = property_set_table(conf, &owner, ours, error);
	if (status != 0) {
		rd_kafka_conf_destroy(conf);
		return NULL;
	}
	rd_kafka_conf_set_events(conf,
		RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_OFFSET_COMMIT | RD_KAFKA_EVENT_ERROR |
			RD_KAFKA_EVENT_FETCH | RD_KAFKA_EVENT_STATS | RD_KAFKA_EVENT_LOG);
	return conf;
}
