#include "core/gateway.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "core/alarm.h"
#include "core/clock.h"
#include "core/control.h"
#include "core/view.h"

/* A version 4 UUID (RFC 9562). */
static void make_boot_id(char text[37])
{
	uint8_t b[16];

	if (getrandom(b, sizeof(b), 0) != sizeof(b))
		memset(b, 0, sizeof(b));
	b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
	for (int i = 0, at = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			text[at++] = '-';
		at += snprintf(text + at, 3, "%02x", b[i]);
	}
}

static uint32_t size_classes(const struct gw_config *config, struct gw_size_class *classes)
{
	struct gw_size_class_config wanted[GW_FRAME_CLASSES];
	const uint32_t count = gw_config_classes(config, wanted);

	for (uint32_t i = 0; i < count; i++)
		classes[i] =
			(struct gw_size_class){wanted[i].width, wanted[i].height, wanted[i].count};
	return count;
}

int gw_check_frames(const struct gw_config *config, struct gw_error *error)
{
	struct gw_size_class classes[GW_FRAME_CLASSES];
	const uint32_t count = size_classes(config, classes);
	const uint64_t memory = gw_config_frame_memory(config);
	const bool all = config->frames->populate;
	const uint64_t need = gw_pool_need(classes, count, all ? UINT32_MAX : GW_POOL_LEAST);

	if (need <= memory)
		return 0;
	return gw_error_set(error, -ENOMEM,
		all ? "frames.populate: all slots of `frames.classes` take %lu MiB, and "
		      "`frames.memory` allows %lu: raise it, lower the counts, or do not populate"
		    : "frames.memory: frames of every size in `frames.classes` need %lu MiB at "
		      "least, and it allows %lu: raise it, or name only the sizes that come",
		(unsigned long)((need + (1 << 20) - 1) >> 20), (unsigned long)(memory >> 20));
}

static int make_pool(struct gw *gw, struct gw_error *error)
{
	struct gw_size_class classes[GW_FRAME_CLASSES];
	const uint32_t count = size_classes(gw->config, classes);
	const int status = gw_check_frames(gw->config, error);

	if (status != 0)
		return status;
	gw->pool = gw_pool_create(classes, count, gw->config->frames->populate, error);
	if (!gw->pool)
		return -errno;
	gw_pool_limit(gw->pool, gw_config_frame_memory(gw->config));
	return 0;
}

static int make_lanes(struct gw *gw, enum gw_stage_index index, const struct gw_way *way)
{
	struct gw_stage *stage = &gw->stages[index];
	const struct gw_lanes_config *lanes;
	uint32_t count;

	stage->gw = gw;
	if (!way->ops)
		return 0;
	stage->ops = way->ops;
	stage->to = way->to == GW_STAGES ? NULL : &gw->stages[way->to];
	lanes = gw_config_lanes(gw->config, way->ops->name);
	count = gw_lanes_count(lanes);
	if (way->ops->lanes)
		count = way->ops->lanes(gw, count);
	if (count == 0) {
		stage->ops = NULL;
		return 0;
	}
	stage->lanes = aligned_alloc(_Alignof(struct gw_lane), count * sizeof(struct gw_lane));
	if (!stage->lanes)
		return -ENOMEM;
	memset(stage->lanes, 0, count * sizeof(struct gw_lane));
	for (uint32_t i = 0; i < count; i++) {
		struct gw_lane *lane = &stage->lanes[i];

		lane->stage = stage;
		lane->index = i;
		lane->core = gw_lanes_processor(lanes, i);
		if (count > 1)
			snprintf(lane->name, sizeof(lane->name), "%s-%u", way->ops->name, i);
		else
			snprintf(lane->name, sizeof(lane->name), "%s", way->ops->name);
		stage->lane_count = i + 1;
		lane->stats = gw_lane_stats_create();
		if (!lane->stats)
			return -ENOMEM;
	}
	return 0;
}

/* From every lane of a stage to every lane of the next. */
static int make_links(struct gw *gw, struct gw_stage *stage)
{
	struct gw_stage *to = stage->to;

	for (uint32_t i = 0; to && i < stage->lane_count; i++) {
		struct gw_lane *lane = &stage->lanes[i];

		for (uint32_t k = 0; k < to->lane_count; k++) {
			struct gw_link *link = gw_link_create(lane->name, gw_pool_size(gw->pool));

			if (!link)
				return -ENOMEM;
			lane->out_bell[lane->out_count] = &to->lanes[k].bell;
			lane->out[lane->out_count++] = link;
			to->lanes[k].in[to->lanes[k].in_count++] = link;
		}
	}
	return 0;
}

int gw_build(struct gw *gw, struct gw_config *config, const struct gw_replay *replay,
	const struct gw_way *ways, struct gw_error *error)
{
	int status;

	memset(gw, 0, sizeof(*gw));
	pthread_mutex_init(&gw->models_lock, NULL);
	gw->config = config;
	gw->replay = replay;
	gw->lossless = replay || config->gateway->mode == GW_MODE_LOSSLESS;
	gw->start = gw_now();
	gw_device_host(&gw->host);
	status = gw_devices_check(config->accel, error);
	if (status != 0)
		return status;
	gw->device_count = gw_devices_make(gw->devices, config->accel);
	make_boot_id(gw->boot_id);
	gw->cameras = gw_cameras_create();
	if (!gw->cameras)
		return gw_error_set(error, -ENOMEM, "cameras: out of memory");
	gw->views = gw_views_create(GW_VIEW_MEMORY);
	if (!gw->views)
		return gw_error_set(error, -ENOMEM, "views: out of memory");
	gw->alarms = gw_alarms_create();
	if (!gw->alarms)
		return gw_error_set(error, -ENOMEM, "alarms: out of memory");
	status = make_pool(gw, error);
	if (status != 0)
		return status;
	for (int i = 0; i < GW_STAGES && status == 0; i++)
		status = make_lanes(gw, (enum gw_stage_index)i, &ways[i]);
	for (int i = 0; i < GW_STAGES && status == 0; i++)
		status = make_links(gw, &gw->stages[i]);
	for (uint32_t i = 0; i < gw->stages[GW_STAGE_SINK].lane_count && status == 0; i++) {
		gw->latency[i] = gw_latency_create();
		status = gw->latency[i] ? 0 : -ENOMEM;
		if (status != 0 || gw->stages[GW_STAGE_SOURCE].lane_count == 0)
			continue;
		gw->receipts[i] = gw_receipts_create();
		status = gw->receipts[i] ? 0 : -ENOMEM;
	}
	return status == 0 ? 0 : gw_error_set(error, status, "stages: out of memory");
}

static int open_stage(struct gw_stage *stage, struct gw_error *error)
{
	int status = stage->ops->open(stage, error);

	for (uint32_t i = 0; i < stage->lane_count && status == 0; i++)
		if (stage->ops->lane_open)
			status = stage->ops->lane_open(&stage->lanes[i], error);
	return status;
}

int gw_check_stages(struct gw *gw, struct gw_error *error)
{
	int status = 0;

	for (int i = 0; i < GW_STAGES && status == 0; i++) {
		struct gw_stage *stage = &gw->stages[i];

		if (stage->lane_count > 0 && stage->ops->check)
			status = stage->ops->check(stage, error);
	}
	return status;
}

int gw_open_stages(struct gw *gw, struct gw_error *error)
{
	int status = gw_check_stages(gw, error);

	for (int i = GW_STAGES - 1; i >= 0 && status == 0; i--)
		if (gw->stages[i].lane_count > 0)
			status = open_stage(&gw->stages[i], error);
	for (uint32_t i = 0; i < gw->config->cameras_count && status == 0; i++)
		status = gw_camera_put(gw, &gw->config->cameras[i], error);
	return status;
}

static void close_lanes(struct gw_stage *stage)
{
	for (uint32_t i = 0; i < stage->lane_count; i++)
		if (stage->ops->lane_close)
			stage->ops->lane_close(&stage->lanes[i]);
}

void gw_dismantle(struct gw *gw)
{
	/* Lanes hold frames, frames hold versions of cameras, and versions what stages made for
	 * them. Clients of accelerators and brokers go before the packet framework that is opened
	 * last.
	 */
	for (int i = GW_STAGES - 1; i >= 0; i--)
		close_lanes(&gw->stages[i]);
	/* A lane may have had somebody at its side who asked for changes. */
	gw_control_free(gw);
	gw_config_free(gw->commits.owed);
	gw_cameras_destroy(gw);
	for (int i = GW_STAGES - 1; i >= 0; i--)
		if (gw->stages[i].lane_count > 0)
			gw->stages[i].ops->close(&gw->stages[i]);
	for (int i = 0; i < GW_STAGES; i++) {
		struct gw_stage *stage = &gw->stages[i];

		for (uint32_t k = 0; k < stage->lane_count; k++) {
			for (uint32_t out = 0; out < stage->lanes[k].out_count; out++)
				gw_link_destroy(stage->lanes[k].out[out]);
			gw_lane_stats_destroy(stage->lanes[k].stats);
		}
		free(stage->lanes);
	}
	gw_pool_destroy(gw->pool);
	for (uint32_t i = 0; i < GW_LANES; i++) {
		gw_latency_destroy(gw->latency[i]);
		gw_receipts_destroy(gw->receipts[i]);
	}
	gw_trace_free(&gw->trace);
	gw_alarms_destroy(gw->alarms);
	gw_views_destroy(gw->views);
	pthread_mutex_destroy(&gw->models_lock);
	gw_config_free(gw->config);
	memset(gw, 0, sizeof(*gw));
}

uint64_t gw_total_drops(const struct gw *gw, uint32_t subject, enum gw_drop drop)
{
	uint64_t total = 0;

	for (int i = 0; i < GW_STAGES; i++)
		total += GW_COUNT(&gw->stages[i], subject, drops[drop]);
	return total;
}

uint64_t gw_total_events(const struct gw *gw, uint32_t subject, enum gw_event event)
{
	uint64_t total = 0;

	for (int i = 0; i < GW_STAGES; i++)
		total += GW_COUNT(&gw->stages[i], subject, events[event]);
	return total;
}

uint64_t gw_sources_count(const struct gw *gw, uint32_t subject, size_t counter)
{
	return gw_stage_count(&gw->stages[GW_STAGE_RX], subject, counter) +
		gw_stage_count(&gw->stages[GW_STAGE_SOURCE], subject, counter);
}

uint64_t gw_total_begun(const struct gw *gw, uint32_t subject)
{
	return GW_COUNT_SOURCES(gw, subject, frames_in);
}
