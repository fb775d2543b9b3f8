#include "core/config/complete.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_SPOOL 1024 /* MiB */
#define DEFAULT_INTERVAL 100 /* ms */
#define DEFAULT_COMMAND_AGE 300 /* s */
#define DEFAULT_HEARTBEAT 10 /* s */
#define DEFAULT_QUOTA 8
#define DEFAULT_EVERY 100
#define DEFAULT_BUDGET 64
#define DEFAULT_DEVICE_MEMORY 256u
#define DEFAULT_MAX_SIDE 8192
#define DEFAULT_HELPERS 2
#define DEFAULT_MADE 1024
#define DEFAULT_RAISE 5 /* s */
#define DEFAULT_CLEAR 30 /* s */
#define DEFAULT_LOSS 5 /* % */
#define DEFAULT_FROZEN 60 /* s */
#define DEFAULT_BLACK 8
#define DEFAULT_FREE 5 /* % */

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

static void complete_plan(struct gw_step_config *plan, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (plan[i].most == 0)
			plan[i].most = CONFIG_DEFAULT_CROPS;
		if (plan[i].every == 0)
			plan[i].every = 1;
	}
}

void config_complete_camera(struct gw_camera_config *camera)
{
	if (camera->quota == 0)
		camera->quota = DEFAULT_QUOTA;
	complete_plan(camera->plan, camera->plan_count);
}

/* Gateways that take from one topic share its work, so that their group bears no gateway's name. */
static bool complete_source(struct gw_source_config *source)
{
	if (!source)
		return true;
	if (source->most == 0)
		source->most = DEFAULT_MADE;
	if (source->template && source->template->quota == 0)
		source->template->quota = DEFAULT_QUOTA;
	if (source->template)
		complete_plan(source->template->plan, source->template->plan_count);
	return default_text(&source->group, "framegate");
}

static void complete_spool(struct gw_spool_config *spool)
{
	if (!spool)
		return;
	if (spool->size == 0)
		spool->size = DEFAULT_SPOOL;
	if (spool->pictures == 0)
		spool->pictures = spool->size / 4;
	if (spool->interval == 0)
		spool->interval = DEFAULT_INTERVAL;
}

static bool complete_heartbeats(struct gw_heartbeats_config *heartbeats)
{
	if (!heartbeats)
		return true;
	if (heartbeats->seconds == 0)
		heartbeats->seconds = DEFAULT_HEARTBEAT;
	return default_text(&heartbeats->topic, "framegate.heartbeats");
}

static bool complete_commands(struct gw_commands_config *commands)
{
	if (!commands)
		return true;
	if (commands->role == GW_ROLE_NONE)
		commands->role = GW_ROLE_OPERATOR;
	if (commands->age == 0)
		commands->age = DEFAULT_COMMAND_AGE;
	return default_text(&commands->topic, "framegate.commands") &&
		default_text(&commands->replies, "framegate.replies");
}

/* A thread for each processor; without processors, what a device of the whole machine has. */
static void complete_accel(struct gw_accel_config *accel)
{
	if (accel->threads == 0)
		accel->threads = 1;
	if (accel->helpers == 0)
		accel->helpers = DEFAULT_HELPERS;
	for (uint32_t i = 0; i < accel->devices_count; i++) {
		struct gw_device_config *device = &accel->devices[i];

		if (device->threads == 0)
			device->threads =
				device->cores_count > 0 ? device->cores_count : accel->threads;
	}
}

static bool complete_alarms(struct gw_alarms_config *alarms)
{
	if (alarms->raise == 0)
		alarms->raise = DEFAULT_RAISE;
	if (alarms->clear == 0)
		alarms->clear = DEFAULT_CLEAR;
	if (!alarms->clock) {
		alarms->clock = malloc(sizeof(*alarms->clock));
		if (!alarms->clock)
			return false;
		*alarms->clock = true;
	}
	return default_number(&alarms->loss, DEFAULT_LOSS) &&
		default_number(&alarms->frozen, DEFAULT_FROZEN) &&
		default_number(&alarms->black, DEFAULT_BLACK) &&
		default_number(&alarms->disk, DEFAULT_FREE) &&
		default_text(&alarms->update, "/var/lib/framegate-update/outcome.json");
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
		!make(&config->alarms, sizeof(*config->alarms)) ||
		!complete_alarms(config->alarms) ||
		!make(&config->api->groups, sizeof(*config->api->groups)) ||
		!default_text(&config->gateway->name, host) ||
		!default_text(&config->accel->repository, "/var/lib/framegate/models") ||
		!default_text(&config->api->socket, "/run/framegate/api.sock") ||
		!default_text(&config->api->groups->admin, "framegate-admin") ||
		!default_text(&config->api->groups->operate, "framegate-operate") ||
		!default_text(&config->api->groups->view, "framegate-view") ||
		!default_text(&config->kafka->results->topic, "framegate.results") ||
		!default_text(&config->kafka->frames->topic, "framegate.frames") ||
		!default_number(&config->kafka->frames->every, DEFAULT_EVERY) ||
		!complete_heartbeats(config->kafka->heartbeats) ||
		(config->kafka->alarms &&
			!default_text(&config->kafka->alarms->topic, "framegate.alarms")) ||
		!complete_commands(config->kafka->commands) ||
		!complete_source(config->kafka->source))
		return gw_error_set(error, -ENOMEM, "configuration: out of memory");
	if (config->log->level == 0)
		config->log->level = GW_LOG_INFO;
	if (config->kafka->frames->budget == 0)
		config->kafka->frames->budget = DEFAULT_BUDGET;
	if (config->decode->workers == 0)
		config->decode->workers = 1;
	if (config->decode->device_memory == 0)
		config->decode->device_memory = DEFAULT_DEVICE_MEMORY;
	if (config->decode->max_width == 0)
		config->decode->max_width = DEFAULT_MAX_SIDE;
	if (config->decode->max_height == 0)
		config->decode->max_height = DEFAULT_MAX_SIDE;
	complete_accel(config->accel);
	complete_spool(config->kafka->spool);
	for (uint32_t i = 0; i < config->cameras_count; i++)
		config_complete_camera(&config->cameras[i]);
	return 0;
}
