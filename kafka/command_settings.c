#include "kafka/command_settings.h"

#include <stdio.h>

#include "kafka/property.h"
#include "kafka/settings.h"

static const struct setting settings[] = {
	/* Commands that were sent before this gateway first listened are not meant for it. */
	{"auto.offset.reset", "latest"},
	{"enable.auto.commit", "false"},
	{"enable.auto.offset.store", "false"},
	{"reconnect.backoff.max.ms", "2000"},
	{"socket.keepalive.enable", "true"},
	/* A topic that may be known now, or is gone, is not to be noticed after minutes only. */
	{"topic.metadata.refresh.interval.ms", "10000"},
	{"allow.auto.create.topics", "false"},
	{"log_level", "0"},
	{NULL, NULL},
};

static const char *const none[] = {NULL};
static const struct property_owner owner = {"kafka", "kafka.properties", none};

void command_settings_name(const struct gw *gw, char group[COMMAND_GROUP])
{
	snprintf(group, COMMAND_GROUP, "framegate-commands-%s", gw->config->gateway->name);
}

rd_kafka_conf_t *command_settings_make(const struct gw *gw, struct gw_error *error)
{
	const struct gw_kafka_config *config = gw->config->kafka;
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	char group[COMMAND_GROUP];
	int status;

	command_settings_name(gw, group);
	status = property_set(conf, &owner, "bootstrap.servers", config->brokers, error);
	if (status == 0)
		status = property_set(
			conf, &owner, "socket.timeout.ms", SETTINGS_PATIENCE_MS, error);
	/* How the brokers are reached; what is for producers alone does nothing here. */
	if (status == 0)
		status = property_set_users(
			conf, &owner, config->properties, config->properties_count, error);
	if (status == 0)
		status = property_set(conf, &owner, "group.id", group, error);
	/* A start after a kill takes the place of the one before, which would otherwise be waited
	 * for. */
	if (status == 0)
		status = property_set(conf, &owner, "group.instance.id", group, error);
	if (status == 0)
		status = property_set_table(conf, &owner, settings, error);
	if (status == 0)
		return conf;
	rd_kafka_conf_destroy(conf);
	return NULL;
}
