#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/config/check.h"
#include "core/config/name.h"

#define LEAST_SPOOL 16 /* MiB */
#define MOST_INTERVAL 10000 /* ms */
#define SHRINK_LEAST 4096u /* bytes: less is hardly a picture */
#define SHRINK_MOST (16u << 20)

/* HOST:PORT[,...], where HOST may be in brackets (IPv6) and begin with PROTOCOL://. */
static bool good_brokers(const char *brokers)
{
	while (*brokers) {
		const size_t size = strcspn(brokers, ",");
		const char *end = brokers + size, *port = end;

		while (port > brokers && port[-1] != ':' && port[-1] != ']' && port[-1] != '/')
			port--;
		if (size == 0)
			return false;
		if (port > brokers && port[-1] == ':') {
			const size_t digits = strspn(port, "0123456789");
			const unsigned long number = strtoul(port, NULL, 10);

			if (port + digits != end || number == 0 || number > 65535)
				return false;
		}
		brokers = *end ? end + 1 : end;
	}
	return true;
}

static int check_named_topic(const char *topic, const char *place, const char *key,
	const struct config_source *source, struct gw_error *error)
{
	if (gw_name_is_good(topic, strlen(topic)))
		return 0;
	return config_refuse(source, place, key, error,
		"'%s' is not a topic: use letters, digits, '.', '_' and '-'", topic);
}

static int check_topic(const char *topic, const char *place, const struct config_source *source,
	struct gw_error *error)
{
	return check_named_topic(topic, place, "topic", source, error);
}

/* A second value would silently win over the first. The value is not shown: it may be a password.
 */
static int check_properties(const struct gw_property_config *properties, uint32_t count,
	const char *place, const struct config_source *source, struct gw_error *error)
{
	for (uint32_t i = 0; i < count; i++) {
		const struct gw_property_config *property = &properties[i];
		char key[32];

		snprintf(key, sizeof(key), "properties[%u]", i);
		if (!!property->value + !!property->file + !!property->env != 1)
			return config_refuse(source, place, key, error,
				"'%s' needs one of 'value', 'file' and 'env'", property->name);
		for (uint32_t k = 0; k < i; k++) {
			if (strcmp(properties[i].name, properties[k].name) != 0)
				continue;
			snprintf(key, sizeof(key), "properties[%u].name", i);
			return config_refuse(source, place, key, error,
				"'%s' is given twice: leave one of them", properties[i].name);
		}
	}
	return 0;
}

static int check_share(
	float share, const char *key, const struct config_source *source, struct gw_error *error)
{
	if (share >= 0 && share <= 1)
		return 0;
	return config_refuse(source, "kafka.frames.", key, error, "must be from 0 to 1");
}

static int check_sampling(const struct gw_frames_topic_config *frames,
	const struct config_source *source, struct gw_error *error)
{
	const int status = check_share(frames->confidence, "confidence", source, error);

	if (status == 0 && frames->shrink > 0 &&
		(frames->shrink < SHRINK_LEAST || frames->shrink > SHRINK_MOST))
		return config_refuse(source, "kafka.frames.", "shrink", error,
			"must be 0 or from 4096 to 16777216 bytes");
	return status == 0 ? check_share(frames->disagreement, "disagreement", source, error)
			   : status;
}

static bool to_brokers(const struct gw_kafka_config *kafka)
{
	return kafka->backend ? strcmp(kafka->backend, "kafka") == 0 : kafka->brokers != NULL;
}

static bool to_files(const struct gw_kafka_config *kafka)
{
	return kafka->backend && strcmp(kafka->backend, "file") == 0;
}

/* Its pictures are there to be looked at. */
static int check_template(const struct gw_template_config *template,
	const struct config_source *source, struct gw_error *error)
{
	static const char place[] = "kafka.source.template.";
	int status = config_check_picture(
		template->width, template->height, template->quota, place, source, error);

	if (status == 0)
		status = config_check_rotate(template->rotate, place, source, error);
	if (status != 0)
		return status;
	if (!template->model && template->plan_count == 0)
		return config_refuse(source, "kafka.source.template", "", error,
			"'model' is missing: name the model that looks at the pictures, or a "
			"`plan`");
	if (template->model)
		status = config_check_model(template->model, place, "model", source, error);
	if (status == 0)
		status = config_check_plan(template->plan, template->plan_count, template->model,
			place, source, error);
	return status;
}

static int check_source(
	const struct gw_config *config, const struct config_source *source, struct gw_error *error)
{
	static const char place[] = "kafka.source.";
	const struct gw_kafka_config *kafka = config->kafka;
	const struct gw_source_config *pictures = kafka->source;
	const struct gw_template_config *template = pictures->template;
	int status = check_topic(pictures->topic, place, source, error);

	if (status != 0)
		return status;
	if (!kafka->brokers)
		return config_refuse(source, "kafka", "", error,
			"'brokers' is missing: a source needs HOST:PORT[,...]");
	if (to_brokers(kafka) &&
		(strcmp(pictures->topic, kafka->results->topic) == 0 ||
			strcmp(pictures->topic, kafka->frames->topic) == 0))
		return config_refuse(source, place, "topic", error,
			"'%s' is also written to, and all would come back: take another for "
			"kafka.results or kafka.frames",
			pictures->topic);
	if (pictures->most > GW_CAMERAS)
		return config_refuse(
			source, place, "most", error, "must be at most %d cameras", GW_CAMERAS);
	status = check_template(template, source, error);
	if (status == 0)
		status = config_check_decodes(config->decode, template->width, template->height,
			"kafka.source.template.", source, error);
	if (status != 0)
		return status;
	return check_properties(
		pictures->properties, pictures->properties_count, place, source, error);
}

static int check_spool(const struct gw_kafka_config *kafka, const struct config_source *source,
	struct gw_error *error)
{
	static const char place[] = "kafka.spool.";
	const struct gw_spool_config *spool = kafka->spool;

	if (!to_brokers(kafka))
		return config_refuse(source, "kafka.spool", "", error,
			"only what goes to brokers is spooled: name `brokers`, or leave it out");
	if (spool->size < LEAST_SPOOL)
		return config_refuse(
			source, place, "size", error, "must be at least %d MiB", LEAST_SPOOL);
	if (spool->pictures >= spool->size)
		return config_refuse(source, place, "pictures", error,
			"must be less than `size`, %u MiB", spool->size);
	if (spool->interval > MOST_INTERVAL)
		return config_refuse(
			source, place, "interval", error, "must be at most %d ms", MOST_INTERVAL);
	return 0;
}

static int check_heartbeats(const struct gw_kafka_config *kafka, const struct config_source *source,
	struct gw_error *error)
{
	static const char place[] = "kafka.heartbeats.";
	const char *topic = kafka->heartbeats->topic;

	if (!to_brokers(kafka))
		return config_refuse(source, "kafka.heartbeats", "", error,
			"they go to brokers: give `kafka.brokers`, or leave them out");
	if (strcmp(topic, kafka->results->topic) == 0 || strcmp(topic, kafka->frames->topic) == 0 ||
		(kafka->source && strcmp(topic, kafka->source->topic) == 0))
		return config_refuse(source, place, "topic", error,
			"'%s' is a topic of results or pictures: heartbeats need one of their own",
			topic);
	if (kafka->heartbeats->seconds > CONFIG_MAX_HEARTBEAT)
		return config_refuse(source, place, "seconds", error, "must be at most %d s",
			CONFIG_MAX_HEARTBEAT);
	return check_topic(topic, place, source, error);
}

static int check_alarm_records(const struct gw_kafka_config *kafka,
	const struct config_source *source, struct gw_error *error)
{
	static const char place[] = "kafka.alarms.";
	const char *topic = kafka->alarms->topic;

	if (!to_brokers(kafka))
		return config_refuse(source, "kafka.alarms", "", error,
			"they go to brokers: give `kafka.brokers`, or leave them out");
	if (strcmp(topic, kafka->results->topic) == 0 || strcmp(topic, kafka->frames->topic) == 0 ||
		(kafka->heartbeats && strcmp(topic, kafka->heartbeats->topic) == 0) ||
		(kafka->source && strcmp(topic, kafka->source->topic) == 0))
		return config_refuse(source, place, "topic", error,
			"'%s' is a topic of something else: alarms need one of their own", topic);
	return check_topic(topic, place, source, error);
}

/* A reader with a registry finds the schema by its number, which is known to the registry alone. */
static int check_schema_id(uint32_t schema_id, const char *place, const char *file,
	const struct config_source *source, struct gw_error *error)
{
	if (schema_id > INT32_MAX)
		return config_refuse(
			source, place, ".schema_id", error, "must be at most %d", INT32_MAX);
	if (schema_id != 0)
		return 0;
	return config_refuse(source, place, "", error,
		"'schema_id' is missing: `framing: confluent` needs the number that the schema "
		"registry gave sink/schema/%s",
		file);
}

static int check_format(const struct gw_kafka_config *kafka, const struct config_source *source,
	struct gw_error *error)
{
	int status = 0;

	if (kafka->format == GW_RECORD_PROTOBUF && !to_brokers(kafka) && !to_files(kafka))
		return config_refuse(source, "kafka.", "format", error,
			"only what goes to brokers or into files is protobuf: give "
			"`kafka.brokers`, or `backend: file`, or leave it out");
	if (kafka->framing == GW_FRAMING_NONE)
		return 0;
	if (to_files(kafka))
		return config_refuse(source, "kafka.", "framing", error,
			"what stands in a file has none: leave it out");
	if (kafka->format != GW_RECORD_PROTOBUF)
		return config_refuse(source, "kafka.", "framing", error,
			"'confluent' goes with `format: protobuf`");
	status = check_schema_id(
		kafka->results->schema_id, "kafka.results", "result.proto", source, error);
	if (status == 0 && kafka->heartbeats)
		status = check_schema_id(kafka->heartbeats->schema_id, "kafka.heartbeats",
			"heartbeat.proto", source, error);
	if (status == 0 && kafka->alarms)
		status = check_schema_id(
			kafka->alarms->schema_id, "kafka.alarms", "alarm.proto", source, error);
	return status;
}

/* Whether the gateway writes there, or reads pictures from it. */
static bool is_in_use(const struct gw_kafka_config *kafka, const char *topic)
{
	return strcmp(topic, kafka->results->topic) == 0 ||
		strcmp(topic, kafka->frames->topic) == 0 ||
		(kafka->heartbeats && strcmp(topic, kafka->heartbeats->topic) == 0) ||
		(kafka->alarms && strcmp(topic, kafka->alarms->topic) == 0) ||
		(kafka->source && strcmp(topic, kafka->source->topic) == 0);
}

static int check_commands(const struct gw_kafka_config *kafka, const struct config_source *source,
	struct gw_error *error)
{
	static const char place[] = "kafka.commands.";
	const struct gw_commands_config *commands = kafka->commands;

	if (!kafka->brokers)
		return config_refuse(source, "kafka.commands", "", error,
			"they come from brokers: give `kafka.brokers`, or leave them out");
	if (is_in_use(kafka, commands->topic) || strcmp(commands->topic, commands->replies) == 0)
		return config_refuse(source, place, "topic", error,
			"'%s' is a topic of something else: commands need one of their own",
			commands->topic);
	if (is_in_use(kafka, commands->replies))
		return config_refuse(source, place, "replies", error,
			"'%s' is a topic of something else: replies need one of their own",
			commands->replies);
	if (commands->age > CONFIG_MAX_AGE)
		return config_refuse(
			source, place, "age", error, "must be at most %d s", CONFIG_MAX_AGE);
	const int status = check_named_topic(commands->topic, place, "topic", source, error);

	return status == 0 ? check_named_topic(commands->replies, place, "replies", source, error)
			   : status;
}

int config_check_kafka(
	struct gw_config *config, const struct config_source *source, struct gw_error *error)
{
	const struct gw_kafka_config *kafka = config->kafka;
	const char *backend = kafka->backend;

	if (backend && strcmp(backend, "kafka") == 0 && !kafka->brokers)
		return config_refuse(source, "kafka", "", error,
			"'brokers' is missing: the kafka back-end needs HOST:PORT[,...]");
	if (backend && strcmp(backend, "file") == 0 && !kafka->directory)
		return config_refuse(source, "kafka", "", error,
			"'directory' is missing: the file back-end needs a place to write to");
	if (kafka->brokers && !good_brokers(kafka->brokers))
		return config_refuse(source, "kafka.", "brokers", error,
			"'%s' is not HOST:PORT[,...]", kafka->brokers);
	int status = check_topic(kafka->results->topic, "kafka.results.", source, error);

	if (status == 0)
		status = check_format(kafka, source, error);
	if (status == 0)
		status = check_topic(kafka->frames->topic, "kafka.frames.", source, error);
	if (status == 0 && strcmp(kafka->results->topic, kafka->frames->topic) == 0)
		status = config_refuse(source, "kafka.frames.", "topic", error,
			"results and pictures need topics of their own, not both '%s'",
			kafka->frames->topic);
	if (status == 0)
		status = check_sampling(kafka->frames, source, error);
	if (status == 0)
		status = check_properties(
			kafka->properties, kafka->properties_count, "kafka.", source, error);
	if (status == 0 && kafka->spool)
		status = check_spool(kafka, source, error);
	if (status == 0 && kafka->heartbeats)
		status = check_heartbeats(kafka, source, error);
	if (status == 0 && kafka->alarms)
		status = check_alarm_records(kafka, source, error);
	if (status == 0 && kafka->commands)
		status = check_commands(kafka, source, error);
	if (status == 0 && kafka->source)
		status = check_source(config, source, error);
	return status;
}
