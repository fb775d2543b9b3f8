#include "core/config/check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/config/yaml_load.h"

#define DEFAULT_QUOTA 8
#define MAX_QUOTA 64
#define DEFAULT_EVERY 100
#define DEFAULT_BUDGET 64
#define DEFAULT_MAX_SIDE 8192
#define MAX_SLOTS 65536
#define MAX_SIDE 16384 /* above, a slot would not fit 32 bits */

/* Everything that hangs from a configuration is released by libcyaml, which uses realloc() and
 * free(). */
static bool make(void *pointer, size_t size)
{
	void **object = pointer;

	if (!*object)
		*object = calloc(1, size);
	return *object != NULL;
}

static bool default_text(char **text, const char *value)
{
	if (!*text)
		*text = strdup(value);
	return *text != NULL;
}

static bool default_number(uint32_t **number, uint32_t value)
{
	if (*number)
		return true;
	*number = malloc(sizeof(**number));
	if (!*number)
		return false;
	**number = value;
	return true;
}

/* Slots, in every class, for what the cameras may hold when all are overloaded: their quotas, half
 * as much again that is shed and on its way out, and two open frames each; and some for waiting
 * samples. Slots cost address space only until they are used. */
static bool complete_classes(struct gw_config *config)
{
	static const struct gw_size_class_config defaults[] = {
		{.width = 640, .height = 480},
		{.width = 1920, .height = 1088},
		{.width = 4096, .height = 2304},
	};
	const uint32_t count = sizeof(defaults) / sizeof(defaults[0]);
	uint32_t wanted = 32;

	if (config->frames->classes)
		return true;
	config->frames->classes = calloc(count, sizeof(defaults[0]));
	if (!config->frames->classes)
		return false;
	for (uint32_t i = 0; i < config->cameras_count; i++) {
		const uint32_t quota = config->cameras[i].quota;

		wanted += quota + (quota < 4 ? 2 : quota / 2) + 2;
	}
	for (uint32_t i = 0; i < count; i++) {
		config->frames->classes[i] = defaults[i];
		config->frames->classes[i].count = wanted;
	}
	config->frames->classes_count = count;
	return true;
}

int config_complete(struct gw_config *config, struct gw_error *error)
{
	char host[GW_NAME] = "gateway";

	gethostname(host, sizeof(host) - 1);
	if (!make(&config->gateway, sizeof(*config->gateway)) ||
		!make(&config->cores, sizeof(*config->cores)) ||
		!make(&config->log, sizeof(*config->log)) ||
		!make(&config->frames, sizeof(*config->frames)) ||
		!make(&config->decode, sizeof(*config->decode)) ||
		!make(&config->accel, sizeof(*config->accel)) ||
		!make(&config->kafka, sizeof(*config->kafka)) ||
		!make(&config->kafka->results, sizeof(*config->kafka->results)) ||
		!make(&config->kafka->frames, sizeof(*config->kafka->frames)) ||
		!make(&config->api, sizeof(*config->api)) ||
		!default_text(&config->gateway->name, host) ||
		!default_text(&config->accel->repository, "/var/lib/framegate/models") ||
		!default_text(&config->api->socket, "/run/framegate/api.sock") ||
		!default_text(&config->kafka->results->topic, "framegate.results") ||
		!default_text(&config->kafka->frames->topic, "framegate.frames") ||
		!default_number(&config->kafka->frames->every, DEFAULT_EVERY))
		return gw_error_set(error, -ENOMEM, "configuration: out of memory");
	if (config->log->level == 0)
		config->log->level = GW_LOG_INFO;
	if (config->kafka->frames->budget == 0)
		config->kafka->frames->budget = DEFAULT_BUDGET;
	if (config->decode->workers == 0)
		config->decode->workers = 1;
	if (config->decode->max_width == 0)
		config->decode->max_width = DEFAULT_MAX_SIDE;
	if (config->decode->max_height == 0)
		config->decode->max_height = DEFAULT_MAX_SIDE;
	if (config->accel->threads == 0)
		config->accel->threads = 1;
	for (uint32_t i = 0; i < config->cameras_count; i++)
		if (config->cameras[i].quota == 0)
			config->cameras[i].quota = DEFAULT_QUOTA;
	if (!complete_classes(config))
		return gw_error_set(error, -ENOMEM, "configuration: out of memory");
	return 0;
}

/* What may be a part of file names, record keys and URLs. */
static bool good_name(const char *name)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	return name[strspn(name, allowed)] == '\0' && name[0] != '.' && name[0] != '\0';
}

static bool parse_address(const char *text, struct gw_address *address)
{
	memset(address, 0, sizeof(*address));
	address->family = strchr(text, ':') ? AF_INET6 : AF_INET;
	return inet_pton(address->family, text, address->bytes) == 1;
}

/* Two cameras must not claim the same packets. */
static bool same_stream(const struct gw_camera_config *a, const struct gw_camera_config *b)
{
	return a->port == b->port &&
		memcmp(&a->source_address, &b->source_address, sizeof(a->source_address)) == 0 &&
		memcmp(&a->destination_address, &b->destination_address,
			sizeof(a->destination_address)) == 0 &&
		(!a->ssrc || !b->ssrc || *a->ssrc == *b->ssrc);
}

/* Makes "cameras[3].KEY" and complains about it. */
#define COMPLAIN(source, error, list, index, key, ...) \
	(snprintf(path, sizeof(path), "%s[%u].%s", list, index, key), \
		gw_yaml_complain( \
			(source)->text, (source)->size, (source)->file, path, error, __VA_ARGS__))

static int check_camera(struct gw_config *config, uint32_t index,
	const struct config_source *source, struct gw_error *error)
{
	struct gw_camera_config *camera = &config->cameras[index];
	char path[64];

	if (!good_name(camera->name))
		return COMPLAIN(source, error, "cameras", index, "name",
			"'%s' is not a name: use letters, digits, '.', '_' and '-'", camera->name);
	if (!parse_address(camera->source, &camera->source_address))
		return COMPLAIN(source, error, "cameras", index, "source",
			"'%s' is not an IPv4 or IPv6 address", camera->source);
	if (!parse_address(camera->destination, &camera->destination_address))
		return COMPLAIN(source, error, "cameras", index, "destination",
			"'%s' is not an IPv4 or IPv6 address", camera->destination);
	if (camera->source_address.family != camera->destination_address.family)
		return COMPLAIN(source, error, "cameras", index, "destination",
			"source and destination must both be IPv4 or both IPv6");
	if ((camera->width == 0) != (camera->height == 0))
		return COMPLAIN(source, error, "cameras", index, "width",
			"width and height belong together: give both or none");
	if (camera->quota > MAX_QUOTA)
		return COMPLAIN(source, error, "cameras", index, "quota",
			"must be at most %d frames", MAX_QUOTA);
	for (uint32_t i = 0; i < index; i++) {
		const struct gw_camera_config *other = &config->cameras[i];

		if (strcmp(camera->name, other->name) == 0)
			return COMPLAIN(source, error, "cameras", index, "name",
				"'%s' is taken by cameras[%u]: every camera needs a name of its "
				"own",
				camera->name, i);
		if (same_stream(camera, other))
			return COMPLAIN(source, error, "cameras", index, "port",
				"'%s' would receive the same packets as '%s': change source, "
				"destination, port or ssrc",
				camera->name, other->name);
	}
	return 0;
}

static int check_interfaces(
	struct gw_config *config, const struct config_source *source, struct gw_error *error)
{
	char path[64];

	for (uint32_t i = 0; i < config->interfaces_count; i++) {
		if (!good_name(config->interfaces[i].name))
			return COMPLAIN(source, error, "interfaces", i, "name",
				"'%s' is not a name: use letters, digits, '.', '_' and '-'",
				config->interfaces[i].name);
		for (uint32_t k = 0; k < i; k++)
			if (strcmp(config->interfaces[i].name, config->interfaces[k].name) == 0)
				return COMPLAIN(source, error, "interfaces", i, "name",
					"'%s' is taken by interfaces[%u]",
					config->interfaces[i].name, k);
	}
	return 0;
}

static int check_frames(
	struct gw_config *config, const struct config_source *source, struct gw_error *error)
{
	char path[64];

	for (uint32_t i = 0; i < config->frames->classes_count; i++) {
		const struct gw_size_class_config *class = &config->frames->classes[i];

		if (class->width > MAX_SIDE || class->height > MAX_SIDE)
			return COMPLAIN(source, error, "frames.classes", i, "width",
				"width and height must be at most %d pixels", MAX_SIDE);
		if (class->count > MAX_SLOTS)
			return COMPLAIN(source, error, "frames.classes", i, "count",
				"must be at most %d slots", MAX_SLOTS);
	}
	return 0;
}

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

static int check_kafka(
	struct gw_config *config, const struct config_source *source, struct gw_error *error)
{
	const struct gw_kafka_config *kafka = config->kafka;
	const char *backend = kafka->backend;

	if (backend && strcmp(backend, "kafka") == 0 && !kafka->brokers)
		return gw_yaml_complain(source->text, source->size, source->file, "kafka", error,
			"'brokers' is missing: the kafka back-end needs HOST:PORT[,...]");
	if (backend && strcmp(backend, "file") == 0 && !kafka->directory)
		return gw_yaml_complain(source->text, source->size, source->file, "kafka", error,
			"'directory' is missing: the file back-end needs a place to write to");
	if (kafka->brokers && !good_brokers(kafka->brokers))
		return gw_yaml_complain(source->text, source->size, source->file, "kafka.brokers",
			error, "'%s' is not HOST:PORT[,...]", kafka->brokers);
	if (!good_name(kafka->results->topic))
		return gw_yaml_complain(source->text, source->size, source->file,
			"kafka.results.topic", error,
			"'%s' is not a topic: use letters, digits, '.', '_' and '-'",
			kafka->results->topic);
	if (!good_name(kafka->frames->topic))
		return gw_yaml_complain(source->text, source->size, source->file,
			"kafka.frames.topic", error,
			"'%s' is not a topic: use letters, digits, '.', '_' and '-'",
			kafka->frames->topic);
	if (strcmp(kafka->results->topic, kafka->frames->topic) == 0)
		return gw_yaml_complain(source->text, source->size, source->file,
			"kafka.frames.topic", error,
			"results and pictures need topics of their own, not both '%s'",
			kafka->frames->topic);
	return 0;
}

int config_check(
	struct gw_config *config, const struct config_source *source, struct gw_error *error)
{
	int status = check_interfaces(config, source, error);

	for (uint32_t i = 0; i < config->cameras_count && status == 0; i++)
		status = check_camera(config, i, source, error);
	if (status == 0)
		status = check_frames(config, source, error);
	if (status == 0)
		status = check_kafka(config, source, error);
	return status;
}
