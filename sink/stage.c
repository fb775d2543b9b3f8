#include "sink/stage.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/gateway.h"
#include "core/log.h"
#include "sink/lane.h"
#include "sink/record.h"
#include "sink/routes.h"
#include "sink/sink.h"

/* The lines of one file have one writer. */
static uint32_t sink_lanes(const struct gw *gw, uint32_t wanted)
{
	const struct sink_ops *ops = sink_choose(gw, NULL);

	return ops && ops->one_lane ? 1 : wanted;
}

static int sink_open(struct gw_stage *stage, struct gw_error *error)
{
	const struct sink_ops *ops = sink_choose(stage->gw, error);
	const uint32_t wanted = gw_config_lanes(stage->gw->config, "sink")->count;
	struct sink_shared *shared;

	if (!ops)
		return -EINVAL;
	shared = calloc(1, sizeof(*shared));
	if (!shared)
		return gw_error_set(error, -ENOMEM, "kafka: out of memory");
	shared->ops = ops;
	shared->room.pool = stage->gw->pool;
	shared->room.budget = stage->gw->config->kafka->frames->budget;
	shared->room.unbounded = stage->gw->replay != NULL;
	stage->state = shared;
	if (ops->one_lane && wanted > 1)
		gw_info("kafka", "the %s back-end has one thread: `cores.sink` asks for %u",
			ops->name, wanted);
	return 0;
}

static void sink_close(struct gw_stage *stage)
{
	free(stage->state);
	stage->state = NULL;
}

static int sink_lane_open(struct gw_lane *lane, struct gw_error *error)
{
	struct sink_shared *shared = lane->stage->state;
	const struct gw_frames_topic_config *frames = lane->stage->gw->config->kafka->frames;
	struct sink *sink = calloc(1, sizeof(*sink));

	if (!sink)
		return gw_error_set(error, -ENOMEM, "kafka: out of memory");
	lane->state = sink;
	sink->gw = lane->stage->gw;
	sink->lane = lane;
	sink->record = record_create(sink->gw);
	if (!sink->record)
		return gw_error_set(error, -ENOMEM, "kafka: out of memory");
	sink->ops = shared->ops;
	sink->shared = shared;
	if (shared->ops->largest && !sink->gw->replay && frames->shrink > 0) {
		sink->reducer = reducer_open(lane, frames->shrink);
		if (!sink->reducer)
			return gw_error_set(error, -errno,
				"kafka.frames.shrink: no thread for it: %s", strerror(errno));
		sink->held = held_open();
		if (!sink->held)
			return gw_error_set(error, -ENOMEM, "kafka: out of memory");
	}
	return sink->ops->open(sink->gw, sink, &sink->backend, error);
}

static void sink_lane_close(struct gw_lane *lane)
{
	struct sink *sink = lane->state;

	if (!sink)
		return;
	if (sink->ops)
		sink->ops->close(sink->backend);
	/* After whoever may still have a picture of it. */
	reducer_close(sink->reducer);
	held_close(sink->held);
	record_destroy(sink->record);
	free(sink);
	lane->state = NULL;
}

static int sink_camera_prepare(struct gw_stage *stage, struct gw_camera *is,
	const struct gw_camera *was, struct gw_error *error)
{
	const struct sink_ops *ops = ((struct sink_shared *)stage->state)->ops;
	struct sink_camera *camera = calloc(1, sizeof(*camera));
	int status = 0;

	if (!camera)
		return gw_error_set(error, -ENOMEM, "out of memory");
	is->of[GW_STAGE_SINK] = camera;
	camera->source = record_source(stage->gw->config->gateway->name, is->config->name);
	camera->directory = -1;
	if (!camera->source)
		return gw_error_set(error, -ENOMEM, "out of memory");
	if (ops->camera_prepare) {
		const struct sink *sink = stage->lanes[0].state;

		status = ops->camera_prepare(sink->backend, is, camera, error);
	}
	return status;
}

static void sink_camera_release(struct gw_stage *stage, struct gw_camera *camera)
{
	struct sink_camera *of = camera->of[GW_STAGE_SINK];

	if (!of)
		return;
	if (of->directory >= 0)
		close(of->directory);
	free(of->source);
	free(of);
	camera->of[GW_STAGE_SINK] = NULL;
}

static void backends(const struct gw_stage *stage, void *states[GW_LANES])
{
	for (uint32_t i = 0; i < stage->lane_count; i++)
		states[i] = ((struct sink *)stage->lanes[i].state)->backend;
}

static void sink_health(struct gw_stage *stage, struct gw_health *health)
{
	const struct sink_ops *ops = ((struct sink_shared *)stage->state)->ops;
	void *states[GW_LANES];

	backends(stage, states);
	if (ops->health)
		ops->health(states, stage->lane_count, health);
}

static struct json_t *sink_describe(struct gw_stage *stage)
{
	const struct sink_ops *ops = ((struct sink_shared *)stage->state)->ops;
	void *states[GW_LANES];

	backends(stage, states);
	return ops->describe(states, stage->lane_count);
}

const struct gw_stage_ops sink_stage = {
	.name = "sink",
	.lanes = sink_lanes,
	.open = sink_open,
	.lane_open = sink_lane_open,
	.lane_close = sink_lane_close,
	.close = sink_close,
	.end = sink_lane_end,
	.poll = sink_lane_poll,
	.housekeeping = sink_lane_housekeeping,
	.drain = sink_lane_drain,
	.camera_prepare = sink_camera_prepare,
	.camera_release = sink_camera_release,
	.health = sink_health,
	.describe = sink_describe,
	.routes = sink_routes,
};
