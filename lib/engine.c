#include "lib/engine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "accel/accel.h"
#include "accel/engines.h"
#include "accel/stage.h"
#include "core/config/camera.h"
#include "lib/settings.h"

/* Of a replay, too, nothing is decided about versions of models, and nothing is shed. */
static const struct gw_replay no_daemon;

static int nothing_open(struct gw_stage *stage, struct gw_error *error)
{
	return 0;
}

static void nothing_close(struct gw_stage *stage)
{
}

/* They are there for their links. */
static const struct gw_stage_ops before = {
	.name = "decode", .open = nothing_open, .close = nothing_close};
static const struct gw_stage_ops after = {
	.name = "sink", .open = nothing_open, .close = nothing_close};

static int add_camera(
	struct framegate *engine, const struct framegate_options *options, struct gw_error *error)
{
	struct gw_camera_config *camera;
	int status = settings_camera(options, &camera, error);

	if (status == 0)
		status = gw_camera_put(&engine->gw, camera, error);
	if (status == 0)
		engine->camera = (struct gw_camera *)gw_camera_now(&engine->gw, 0);
	else
		settings_forget_camera(error);
	gw_config_camera_free(camera);
	return status;
}

static int open_gateway(
	struct framegate *engine, const struct framegate_options *options, struct gw_error *error)
{
	struct gw_way ways[GW_STAGES] = {
		[GW_STAGE_DECODE] = {&before, .to = GW_STAGE_ACCEL},
		[GW_STAGE_ACCEL] = {&engine->accel, .to = GW_STAGE_SINK},
		[GW_STAGE_SINK] = {&after, .to = GW_STAGES},
	};
	struct gw *gw = &engine->gw;
	struct gw_config *config;
	int status = settings_config(options, &config, error);

	if (status != 0)
		return status;
	engine->limits =
		(struct jpeg_limits){config->decode->max_width, config->decode->max_height};
	status = gw_build(gw, config, &no_daemon, ways, error);
	if (status == 0)
		status = gw_open_stages(gw, error);
	if (status != 0)
		return status;
	engine->lane = &gw->stages[GW_STAGE_ACCEL].lanes[0];
	engine->heard = gw_bell_listen(&engine->lane->bell);
	engine->in = engine->lane->in[0];
	engine->out = engine->lane->out[0];
	return add_camera(engine, options, error);
}

/* An engine gets two of the largest batches that a model of it takes. */
static void find_group(struct framegate *engine)
{
	const struct gw *gw = &engine->gw;

	engine->group = 1;
	for (uint32_t i = 0; i < gw->route_count; i++) {
		const uint32_t batch = gw->credits[i].enough / 2 / gw->device_count;

		if (batch > engine->group)
			engine->group = batch;
	}
	if (engine->group > SEATS / 3)
		engine->group = SEATS / 3;
}

static void describe_models(struct framegate *engine)
{
	const struct gw *gw = &engine->gw;

	engine->model_count = gw->model_count;
	for (uint32_t i = 0; i < engine->model_count; i++) {
		const struct gw_model_info *info = &gw->models[i];

		engine->models[i] = (struct framegate_model){
			.name = info->name,
			.version = info->version,
			.digest = info->digest,
			.task = gw_task_name(info->task),
			.label_count = info->label_count,
			.labels = info->labels,
			.keypoint_count = info->keypoint_count,
			.keypoints = info->keypoints,
		};
	}
}

static void open_seats(struct framegate *engine)
{
	for (uint32_t i = SEATS; i-- > 0;) {
		struct seat *seat = &engine->seats[i];

		seat->surface.device = &engine->gw.host;
		seat->surface.refs = 1;
		seat->next = engine->free;
		engine->free = seat;
	}
}

static int open_engine(
	struct framegate *engine, const struct framegate_options *options, struct gw_error *error)
{
	int status;

	/* The library of an engine would report to its maker. */
	if (!getenv("ORT_DISABLE_TELEMETRY"))
		engines_keep_quiet();
	engine->accel = accel_stage;
	engine->accel.check = NULL;
	pthread_mutex_init(&engine->lock, NULL);
	pthread_cond_init(&engine->changed, NULL);
	status = open_gateway(engine, options, error);
	if (status != 0)
		return status;
	find_group(engine);
	describe_models(engine);
	open_seats(engine);
	engine->decoders = decoders_create(
		options->threads - 1, engine->limits.max_width, engine_decode, engine, error);
	return engine->decoders ? 0 : -EAGAIN;
}

struct framegate *framegate_open(const struct framegate_options *given, char error[FRAMEGATE_ERROR])
{
	static_assert(sizeof(struct gw_error) == FRAMEGATE_ERROR, "a line fits");
	struct framegate *engine = NULL;
	struct framegate_options options;
	struct gw_error line = {""};
	int status = settings_read(given, &options, &line);

	if (status == 0) {
		engine = calloc(1, sizeof(*engine));
		status = engine ? open_engine(engine, &options, &line)
				: gw_error_set(&line, -ENOMEM, "out of memory");
	}
	if (error)
		memcpy(error, line.text, sizeof(line.text));
	if (status == 0)
		return engine;
	framegate_close(engine);
	errno = -status;
	return NULL;
}

void framegate_close(struct framegate *engine)
{
	if (!engine)
		return;
	decoders_destroy(engine->decoders);
	if (engine->gw.config)
		gw_dismantle(&engine->gw);
	for (uint32_t i = 0; i < SEATS; i++)
		free(engine->seats[i].surface.room);
	pthread_cond_destroy(&engine->changed);
	pthread_mutex_destroy(&engine->lock);
	free(engine);
}

const struct framegate_model *framegate_models(const struct framegate *engine, size_t *count)
{
	*count = engine->model_count;
	return engine->models;
}

size_t framegate_batch(const struct framegate *engine)
{
	return engine->group;
}

const char *framegate_version(void)
{
	return GW_VERSION;
}
