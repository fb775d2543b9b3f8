#include "kafka/heartbeat.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "sink/record.h"

#define CAMERAS_PER_STEP 64
/* As of `gwctl camera show`. */
#define LIVE_NS (2 * GW_NS_PER_S)

/* One record while it is made. */
struct heartbeat {
	char id[RECORD_ID_SIZE + 32];
	const char *key, *source, *type;
	struct heartbeat_facts facts;
};

static void begin(
	const struct heartbeats *heartbeats, struct heartbeat *heartbeat, const char *camera)
{
	const struct gw *gw = heartbeats->news.gw;
	const char *gateway = gw->config->gateway->name;

	heartbeat->key = camera ? camera : gateway;
	snprintf(heartbeat->id, sizeof(heartbeat->id), "%s/%s%sheartbeat/%lu", gw->boot_id,
		camera ? camera : "", camera ? "/" : "", heartbeats->round);
	heartbeat->facts = (struct heartbeat_facts){
		.id = heartbeat->id,
		.gateway = gateway,
		.utc_ns = gw_now_utc(),
		.seconds = gw->config->kafka->heartbeats->seconds,
		.camera = camera,
	};
}

/* As the configuration wants values. */
static void write_value(
	struct writer *writer, const struct news *news, const struct heartbeat_facts *facts)
{
	news_begin_value(news, writer);
	if (news->gw->config->kafka->format == GW_RECORD_PROTOBUF)
		heartbeat_write_message(writer, facts);
	else
		heartbeat_write_text(writer, facts);
}

static void send_one(struct heartbeats *heartbeats, const struct heartbeat *heartbeat)
{
	char value[1024];
	struct writer writer;

	writer_begin(&writer, value, sizeof(value));
	write_value(&writer, &heartbeats->news, &heartbeat->facts);
	news_send(&heartbeats->news,
		&(struct news_record){.id = heartbeat->id,
			.key = heartbeat->key,
			.source = heartbeat->source,
			.type = heartbeat->type,
			.utc_ns = heartbeat->facts.utc_ns,
			.value = value,
			.size = writer.size,
			.cut = writer.cut});
}

static int64_t last_frame(const struct gw *gw, uint32_t camera)
{
	const int64_t packets = (int64_t)GW_COUNT(&gw->stages[GW_STAGE_RX], camera, last_frame);
	const int64_t records = (int64_t)GW_COUNT(&gw->stages[GW_STAGE_SOURCE], camera, last_frame);

	return packets > records ? packets : records;
}

/* With the cameras held, for their names. */
static void send_camera(struct heartbeats *heartbeats, uint32_t id, int64_t now)
{
	const struct gw *gw = heartbeats->news.gw;
	const struct gw_camera *camera = gw_camera_now(gw, id);
	const uint64_t frames = gw_counter_get(&gw->cameras->slot[id].next_sequence);
	const uint64_t first = gw->cameras->slot[id].first_sequence;
	/* Another camera that had the slot got no further than where this one began. */
	const uint64_t before = heartbeats->frames[id] > first ? heartbeats->frames[id] : first;
	const int64_t last = camera ? last_frame(gw, id) : 0;
	struct heartbeat heartbeat;
	enum heartbeat_state state = HEARTBEAT_STALLED;

	heartbeats->frames[id] = frames;
	if (!camera)
		return;
	if (last == 0)
		state = HEARTBEAT_SILENT;
	else if (frames != before || now - last < LIVE_NS)
		state = HEARTBEAT_LIVE;
	heartbeats->states[state]++;
	begin(heartbeats, &heartbeat, camera->config->name);
	heartbeat.type = "com.framegate.heartbeat.camera.v1";
	heartbeat.source = ((const struct sink_camera *)camera->of[GW_STAGE_SINK])->source;
	heartbeat.facts.state = state;
	heartbeat.facts.frames = frames - before;
	heartbeat.facts.delivered = GW_COUNT(&gw->stages[GW_STAGE_SINK], id, delivered);
	heartbeat.facts.last_frame_ms = -1;
	if (last != 0)
		heartbeat.facts.last_frame_ms = now > last ? (now - last) / GW_NS_PER_MS : 0;
	send_one(heartbeats, &heartbeat);
}

static void send_gateway(struct heartbeats *heartbeats, int64_t now)
{
	struct heartbeat heartbeat;

	begin(heartbeats, &heartbeat, NULL);
	heartbeat.type = "com.framegate.heartbeat.gateway.v1";
	heartbeat.source = heartbeats->news.source;
	heartbeat.facts.uptime = (uint64_t)(now - heartbeats->news.gw->start) / GW_NS_PER_S;
	heartbeat.facts.cameras = heartbeats->states;
	send_one(heartbeats, &heartbeat);
}

static void send_some(struct heartbeats *heartbeats, int64_t now)
{
	const struct gw *gw = heartbeats->news.gw;
	const uint32_t high = gw_camera_high(gw);
	const uint32_t step = heartbeats->camera + CAMERAS_PER_STEP;
	const uint32_t end = step < high ? step : high;

	/* A lane does not wait: the next step comes soon. */
	if (!gw_cameras_try_hold(gw))
		return;
	while (heartbeats->camera < end)
		send_camera(heartbeats, heartbeats->camera++, now);
	gw_cameras_release(gw);
	if (end < high)
		return;
	send_gateway(heartbeats, now);
	heartbeats->under_way = false;
}

void heartbeats_step(struct heartbeats *heartbeats, int64_t now)
{
	if (!heartbeats->news.gw)
		return;
	news_step(&heartbeats->news, now);
	if (!heartbeats->under_way && now < heartbeats->next)
		return;
	if (!heartbeats->under_way) {
		heartbeats->under_way = true;
		heartbeats->camera = 0;
		heartbeats->round++;
		memset(heartbeats->states, 0, sizeof(heartbeats->states));
		heartbeats->next =
			now + heartbeats->news.gw->config->kafka->heartbeats->seconds * GW_NS_PER_S;
	}
	send_some(heartbeats, now);
}

int heartbeats_open(struct heartbeats *heartbeats, const struct gw *gw, struct gw_error *error)
{
	const struct gw_heartbeats_config *config = gw->config->kafka->heartbeats;

	if (!config)
		return 0;
	heartbeats->frames = calloc(GW_CAMERAS, sizeof(*heartbeats->frames));
	if (!heartbeats->frames)
		return gw_error_set(error, -ENOMEM, "kafka: out of memory");
	/* The first round says what the first seconds brought. */
	heartbeats->next = gw_now() + config->seconds * GW_NS_PER_S;
	return news_open(
		&heartbeats->news, gw, "heartbeats", config->topic, config->schema_id, error);
}

void heartbeats_close(struct heartbeats *heartbeats)
{
	news_close(&heartbeats->news);
	free(heartbeats->frames);
	*heartbeats = (struct heartbeats){0};
}
