#include "gwd/check.h"

#include <errno.h>
#include <jansson.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "accel/engines.h"
#include "accel/repository/repository.h"
#include "core/backends.h"
#include "core/check.h"
#include "core/config/srtp_key.h"
#include "core/plural.h"
#include "dataplane/port_probe.h"
#include "decode/decoder.h"
#include "gwd/gateway.h"
#include "kafka/consumer_settings.h"
#include "kafka/settings.h"
#include "mgmt/https/keeper.h"
#include "mgmt/socket.h"
#include "sink/check.h"

static int check_ports(const struct gw *gw, struct gw_error *error)
{
	int status = 0;

	for (uint32_t i = 0; i < gw->config->interfaces_count && status == 0; i++)
		status = port_check_device(&gw->config->interfaces[i], error);
	return status;
}

/* The client is not made: it would look for its brokers. */
static int check_kafka(const struct gw *gw, struct gw_error *error)
{
	const struct sink_ops *ops = sink_choose(gw, error);
	const bool is_sink = ops == &sink_kafka || ops == &sink_spool;
	const struct settings_mode mode = {0};
	rd_kafka_conf_t *conf;

	for (int kind = SINK_RESULT; kind <= SINK_SAMPLE && is_sink; kind++) {
		conf = settings_make(gw, (enum sink_kind)kind, mode, error);
		if (!conf)
			return -EINVAL;
		rd_kafka_conf_destroy(conf);
	}
	if (!gw->config->kafka->source)
		return 0;
	conf = consumer_settings_make(gw, error);
	if (!conf)
		return -EINVAL;
	rd_kafka_conf_destroy(conf);
	return 0;
}

static int check_key(const struct gw_camera_config *camera, struct gw_error *error)
{
	struct gw_srtp_key key;

	if (!camera->srtp)
		return 0;
	const int status = gw_srtp_key_read(camera->srtp->key_file, &key, error);

	explicit_bzero(&key, sizeof(key));
	return status;
}

static struct engine_facts engines[ENGINES_MOST];

static const char *engine_name(uint32_t index)
{
	return engines[index].name;
}

/* The engine that is named has to be there; else one that need not be named. */
static int check_engine(const struct gw_accel_config *config, struct gw_error *error)
{
	const struct gw_backends backends = {.key = "accel.backend",
		.count = engines_list(config, engines),
		.name = engine_name};
	const struct engine_facts *missing = NULL;

	if (config->backend) {
		const int index = gw_backends_find(&backends, config->backend, error);

		if (index < 0)
			return index;
		missing = engines[index].there ? NULL : &engines[index];
	} else {
		for (uint32_t i = 0; i < backends.count; i++) {
			if (engines[i].named)
				continue;
			if (engines[i].there)
				return 0;
			missing = &engines[i];
		}
	}
	return missing ? gw_error_set(error, -ENODEV, "%s", missing->missing) : 0;
}

/* Whether an entry before that one names the same, so that it was looked at. */
static bool was_before(const struct gw_config *config, uint32_t camera, const char *reference)
{
	for (uint32_t i = 0; i < camera; i++) {
		const struct gw_camera_config *other = &config->cameras[i];

		if (other->model && strcmp(other->model, reference) == 0)
			return true;
		for (uint32_t k = 0; k < other->plan_count; k++)
			for (uint32_t m = 0; m < gw_step_models(&other->plan[k]); m++)
				if (strcmp(gw_step_model(&other->plan[k], m), reference) == 0)
					return true;
	}
	return false;
}

/* As the start loads it: version, digest, description. */
static int check_model(const struct gw_config *config, uint32_t camera, const char *reference,
	struct gw_error *error)
{
	struct model *model;

	if (was_before(config, camera, reference))
		return 0;
	int status = repository_load(config->accel->repository, reference, &model, error);

	if (status != 0)
		return status;
	model_free(model);
	return check_engine(config->accel, error);
}

static int check_camera(const struct gw_config *config, uint32_t index, struct gw_error *error)
{
	const struct gw_camera_config *camera = &config->cameras[index];
	int status = check_key(camera, error);

	if (status == 0 && camera->model)
		status = check_model(config, index, camera->model, error);
	for (uint32_t i = 0; i < camera->plan_count; i++)
		for (uint32_t k = 0; k < gw_step_models(&camera->plan[i]) && status == 0; k++)
			status = check_model(
				config, index, gw_step_model(&camera->plan[i], k), error);
	if (status != 0)
		gw_error_prefix(error, "camera %s: ", camera->name);
	return status;
}

/* Tried on this thread, as the lanes' threads would. */
static int check_cores(const struct gw *gw, struct gw_error *error)
{
	cpu_set_t before, wanted;
	int status = 0;

	if (sched_getaffinity(0, sizeof(before), &before) != 0)
		return 0;
	for (int i = GW_STAGES - 1; i >= 0; i--) {
		const struct gw_stage *stage = &gw->stages[i];

		for (uint32_t k = 0; k < stage->lane_count && status == 0; k++) {
			const struct gw_lane *lane = &stage->lanes[k];

			if (lane->core < 0)
				continue;
			CPU_ZERO(&wanted);
			CPU_SET((size_t)lane->core, &wanted);
			if (sched_setaffinity(0, sizeof(wanted), &wanted) != 0)
				status = gw_stage_no_core(lane, -errno, error);
		}
	}
	sched_setaffinity(0, sizeof(before), &before);
	return status;
}

/* In the order in which a start comes to it. */
static int check_all(struct gw *gw, struct gw_error *error)
{
	const struct gw_config *config = gw->config;
	int status = gw_check_models(config, false, error);

	if (status == 0)
		status = gw_check_stages(gw, error);
	if (status == 0)
		status = sink_check(gw, error);
	if (status == 0)
		status = check_kafka(gw, error);
	if (status == 0)
		status = decoder_check(config->decode, error);
	if (status == 0)
		status = check_ports(gw, error);
	for (uint32_t i = 0; i < config->cameras_count && status == 0; i++)
		status = check_camera(config, i, error);
	if (status == 0)
		status = api_socket_check(config->api->socket, error);
	if (status == 0)
		status = keeper_check(config->api->https, error);
	return status == 0 ? check_cores(gw, error) : status;
}

int check_start(struct gw_config *config, struct gw_error *error)
{
	struct gw gw;
	int status = gw_check_frames(config, error);

	if (status != 0) {
		gw_config_free(config);
		return status;
	}
	/* Slots that nobody uses take no memory. */
	config->frames->populate = false;
	status = gw_build(&gw, config, NULL, gw_pipeline, error);
	if (status == 0)
		status = check_all(&gw, error);
	gw_dismantle(&gw);
	return status;
}

int check_command(const char *path, bool json)
{
	struct gw_config *config;
	struct gw_error error = {{0}};
	uint32_t cameras = 0, interfaces = 0;
	bool told = true;
	int status = gw_config_load(path, &config, &error);

	if (status == 0) {
		cameras = config->cameras_count;
		interfaces = config->interfaces_count;
		status = check_start(config, &error);
	}
	if (json) {
		json_t *verdict = json_pack("{s:s, s:b, s:s?}", "file", path, "valid", status == 0,
			"error", status == 0 ? NULL : error.text);

		told = verdict && json_dumpf(verdict, stdout, JSON_INDENT(2)) == 0 &&
			putchar('\n') != EOF;
		json_decref(verdict);
	} else if (status == 0) {
		told = printf("%s is well: %u camera%s, %u interface%s\n", path, cameras,
			       gw_plural(cameras), interfaces, gw_plural(interfaces)) > 0;
	} else {
		fprintf(stderr, "%s: %s\n", program_invocation_short_name, error.text);
	}
	if (fflush(stdout) != 0 || !told) {
		fprintf(stderr, "%s: the answer could not be written to the standard output\n",
			program_invocation_short_name);
		return 1;
	}
	return status == 0 ? 0 : 1;
}
