#include <string.h>

#include "core/log.h"
#include "gwd/gateway.h"

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_camera(const struct gw_camera_config *a, const struct gw_camera_config *b)
{
	static const struct gw_region whole = {0};
	const struct gw_region *region_a = a->region ? a->region : &whole;
	const struct gw_region *region_b = b->region ? b->region : &whole;

	return same_text(a->name, b->name) && same_text(a->source, b->source) &&
		same_text(a->destination, b->destination) && a->port == b->port &&
		(a->ssrc ? b->ssrc && *a->ssrc == *b->ssrc : !b->ssrc) && a->width == b->width &&
		a->height == b->height && a->conceal == b->conceal &&
		same_text(a->model, b->model) && a->quota == b->quota &&
		memcmp(region_a, region_b, sizeof(whole)) == 0;
}

static bool same_cameras(const struct gw_config *a, const struct gw_config *b)
{
	if (a->cameras_count != b->cameras_count)
		return false;
	for (uint32_t i = 0; i < a->cameras_count; i++)
		if (!same_camera(&a->cameras[i], &b->cameras[i]))
			return false;
	return true;
}

static bool same_interfaces(const struct gw_config *a, const struct gw_config *b)
{
	if (a->interfaces_count != b->interfaces_count)
		return false;
	for (uint32_t i = 0; i < a->interfaces_count; i++) {
		const struct gw_interface_config *x = &a->interfaces[i], *y = &b->interfaces[i];

		if (!same_text(x->name, y->name) || !same_text(x->device, y->device) ||
			x->checksum != y->checksum)
			return false;
	}
	return true;
}

static bool same_core(const int32_t *a, const int32_t *b)
{
	return a ? b && *a == *b : !b;
}

static bool same_cores(const struct gw_cores_config *a, const struct gw_cores_config *b)
{
	return same_core(a->rx, b->rx) && same_core(a->decode, b->decode) &&
		same_core(a->accel, b->accel) && same_core(a->sink, b->sink);
}

static bool same_frames(const struct gw_frames_config *a, const struct gw_frames_config *b)
{
	return a->populate == b->populate && a->classes_count == b->classes_count &&
		memcmp(a->classes, b->classes, a->classes_count * sizeof(a->classes[0])) == 0;
}

static bool same_kafka(const struct gw_kafka_config *a, const struct gw_kafka_config *b)
{
	if (!same_text(a->backend, b->backend) || !same_text(a->brokers, b->brokers) ||
		!same_text(a->directory, b->directory) ||
		!same_text(a->results->topic, b->results->topic) ||
		!same_text(a->frames->topic, b->frames->topic) ||
		a->frames->budget != b->frames->budget ||
		a->properties_count != b->properties_count)
		return false;
	for (uint32_t i = 0; i < a->properties_count; i++)
		if (!same_text(a->properties[i].name, b->properties[i].name) ||
			!same_text(a->properties[i].value, b->properties[i].value))
			return false;
	return true;
}

static bool same_engines(const struct gw_config *a, const struct gw_config *b)
{
	return same_text(a->decode->backend, b->decode->backend) &&
		a->decode->workers == b->decode->workers &&
		a->decode->max_width == b->decode->max_width &&
		a->decode->max_height == b->decode->max_height &&
		same_text(a->accel->backend, b->accel->backend) &&
		same_text(a->accel->library, b->accel->library) &&
		same_text(a->accel->repository, b->accel->repository) &&
		a->accel->threads == b->accel->threads;
}

static bool same_gateway(const struct gw_config *a, const struct gw_config *b)
{
	return same_text(a->gateway->name, b->gateway->name) &&
		a->gateway->mode == b->gateway->mode && a->gateway->idle == b->gateway->idle &&
		same_text(a->api->socket, b->api->socket) && a->log->to == b->log->to;
}

static void needs_restart(const char *key)
{
	gw_warn("reload", "`%s` changed: restart gwd to apply it", key);
}

static void apply_log(struct gw_log_config *now, const struct gw_log_config *wanted)
{
	if (now->level == wanted->level)
		return;
	now->level = wanted->level;
	gw_log_set_level(wanted->level);
	gw_info("reload", "applied: `log.level`");
}

static void apply_sampling(struct gw *gw, uint32_t every)
{
	if (*gw->config->kafka->frames->every == every)
		return;
	/* The API reads it. */
	__atomic_store_n(gw->config->kafka->frames->every, every, __ATOMIC_RELAXED);
	for (uint32_t i = 0; i < gw->camera_count; i++)
		atomic_store(&gw->cameras[i].sample_every, every);
	gw_info("reload", "applied: `kafka.frames.every` (%u)", every);
}

void gw_reload(struct gw *gw)
{
	struct gw_config *wanted;
	struct gw_error error;

	if (!gw->config_path || gw_config_load(gw->config_path, &wanted, &error) != 0) {
		gw_error_log("reload", "nothing was changed: %s",
			gw->config_path ? error.text : "there is no configuration file");
		return;
	}
	apply_log(gw->config->log, wanted->log);
	apply_sampling(gw, *wanted->kafka->frames->every);
	if (!same_gateway(gw->config, wanted))
		needs_restart("gateway` or `api");
	if (!same_cores(gw->config->cores, wanted->cores))
		needs_restart("cores");
	if (!same_frames(gw->config->frames, wanted->frames))
		needs_restart("frames");
	if (!same_interfaces(gw->config, wanted))
		needs_restart("interfaces");
	if (!same_cameras(gw->config, wanted))
		needs_restart("cameras");
	if (!same_engines(gw->config, wanted))
		needs_restart("decode` or `accel");
	if (!same_kafka(gw->config->kafka, wanted->kafka))
		needs_restart("kafka");
	gw_config_free(wanted);
}
