#include "kafka/heartbeat.h"

#include <errno.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/health.h"
#include "core/log.h"
#include "kafka/message.h"
#include "sink/record.h"
#include "sink/wire.h"

#define SUBJECT "kafka"
#define CLOSE_NS (250 * GW_NS_PER_MS)
#define CAMERAS_PER_STEP 64
#define EVENTS_PER_STEP 64
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
	const struct gw *gw = heartbeats->gw;
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
static void write_value(struct writer *writer, const struct gw_kafka_config *config,
	const struct heartbeat_facts *facts)
{
	if (config->framing == GW_FRAMING_CONFLUENT)
		wire_framing(writer, config->heartbeats->schema_id);
	if (config->format == GW_RECORD_PROTOBUF)
		heartbeat_write_message(writer, facts);
	else
		heartbeat_write_text(writer, facts);
}

static void send_one(struct heartbeats *heartbeats, const struct heartbeat *heartbeat)
{
	const struct gw_kafka_config *config = heartbeats->gw->config->kafka;
	char time[WRITER_TIME_SIZE], value[1024];
	const struct {
		const char *name, *value;
	} attributes[] = {
		{"ce_specversion", "1.0"},
		{"ce_id", heartbeat->id},
		{"ce_source", heartbeat->source},
		{"ce_type", heartbeat->type},
		{"ce_time", time},
		{"content-type", message_content_type(config->format)},
	};
	const size_t count = sizeof(attributes) / sizeof(attributes[0]);
	rd_kafka_headers_t *headers = rd_kafka_headers_new(count);
	rd_kafka_resp_err_t error;
	struct writer writer;

	writer_time(time, heartbeat->facts.utc_ns);
	writer_begin(&writer, value, sizeof(value));
	write_value(&writer, config, &heartbeat->facts);
	const struct client_message message = {
		.value = value,
		.size = writer.size,
		.key = (void *)heartbeat->key,
		.key_size = strlen(heartbeat->key),
		.flags = RD_KAFKA_MSG_F_COPY,
		.time_ms = heartbeat->facts.utc_ns / GW_NS_PER_MS,
	};

	for (size_t i = 0; headers && i < count; i++)
		rd_kafka_header_add(headers, attributes[i].name, -1, attributes[i].value, -1);
	error = writer.cut ? RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE
			   : client_send(&heartbeats->client, &message, headers);
	if (!error) {
		heartbeats->waiting++;
		return;
	}
	if (headers)
		rd_kafka_headers_destroy(headers);
	gw_counter_add(&heartbeats->lost, 1);
	atomic_store_explicit(&heartbeats->error, error, memory_order_relaxed);
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
	const struct gw *gw = heartbeats->gw;
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
	heartbeat.source = heartbeats->source;
	heartbeat.facts.uptime = (uint64_t)(now - heartbeats->gw->start) / GW_NS_PER_S;
	heartbeat.facts.cameras = heartbeats->states;
	send_one(heartbeats, &heartbeat);
}

static void send_some(struct heartbeats *heartbeats, int64_t now)
{
	const struct gw *gw = heartbeats->gw;
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

static void count_reports(struct heartbeats *heartbeats, rd_kafka_event_t *event)
{
	const rd_kafka_message_t *message;

	while ((message = rd_kafka_event_message_next(event))) {
		heartbeats->waiting--;
		gw_counter_add(message->err ? &heartbeats->lost : &heartbeats->delivered, 1);
		atomic_store_explicit(&heartbeats->error, message->err, memory_order_relaxed);
	}
}

/* Serves one event of the client. False: there is none. */
static bool hear_one(struct heartbeats *heartbeats)
{
	rd_kafka_event_t *event = rd_kafka_queue_poll(heartbeats->client.events, 0);

	if (!event)
		return false;
	if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_DR)
		count_reports(heartbeats, event);
	rd_kafka_event_destroy(event);
	return true;
}

static void hear(struct heartbeats *heartbeats)
{
	int left = EVENTS_PER_STEP;

	while (left > 0 && hear_one(heartbeats))
		left--;
	client_log(&heartbeats->client, heartbeats->gw->config->kafka->heartbeats->topic,
		&heartbeats->words, true);
}

static int open_client(
	const struct heartbeats *heartbeats, struct client *client, struct gw_error *error)
{
	static const struct settings_mode mode = {.patient = true, .fleeting = true};
	const struct gw *gw = heartbeats->gw;

	return client_open(
		client, gw, SINK_RESULT, gw->config->kafka->heartbeats->topic, mode, error);
}

/* What the client has not reported never will be. */
static void replace_client(struct heartbeats *heartbeats, const struct client *next, int64_t now)
{
	while (hear_one(heartbeats))
		;
	gw_counter_add(&heartbeats->lost, heartbeats->waiting);
	heartbeats->waiting = 0;
	client_close(&heartbeats->client, now);
	heartbeats->client = *next;
}

/* Without a new client the old one stays, and another one is tried at the next look. */
static void look_at_files(struct heartbeats *heartbeats, int64_t now)
{
	const struct gw_kafka_config *config = heartbeats->gw->config->kafka;
	struct property_watch *watch = &heartbeats->watch;
	struct gw_error error;
	struct client next;

	if (!property_watch_look(watch, config->properties, config->properties_count, now))
		return;
	if (open_client(heartbeats, &next, &error) == 0) {
		replace_client(heartbeats, &next, now);
		property_watch_take(watch);
		return;
	}
	if (heartbeats->refused != watch->seen)
		gw_warn(SUBJECT,
			"%s: heartbeats go on with the files of `kafka.properties` as they were: "
			"%s",
			config->heartbeats->topic, error.text);
	heartbeats->refused = watch->seen;
}

void heartbeats_step(struct heartbeats *heartbeats, int64_t now)
{
	if (!heartbeats->gw)
		return;
	hear(heartbeats);
	look_at_files(heartbeats, now);
	if (!heartbeats->under_way && now < heartbeats->next)
		return;
	if (!heartbeats->under_way) {
		heartbeats->under_way = true;
		heartbeats->camera = 0;
		heartbeats->round++;
		memset(heartbeats->states, 0, sizeof(heartbeats->states));
		heartbeats->next =
			now + heartbeats->gw->config->kafka->heartbeats->seconds * GW_NS_PER_S;
	}
	send_some(heartbeats, now);
}

int heartbeats_open(struct heartbeats *heartbeats, const struct gw *gw, struct gw_error *error)
{
	const struct gw_heartbeats_config *config = gw->config->kafka->heartbeats;

	if (!config)
		return 0;
	heartbeats->frames = calloc(GW_CAMERAS, sizeof(*heartbeats->frames));
	heartbeats->source = record_source(gw->config->gateway->name, "");
	if (!heartbeats->frames || !heartbeats->source)
		return gw_error_set(error, -ENOMEM, "kafka: out of memory");
	*strstr(heartbeats->source, "/cameras/") = '\0';
	/* The first round says what the first seconds brought. */
	heartbeats->next = gw_now() + config->seconds * GW_NS_PER_S;
	heartbeats->gw = gw;
	property_watch_begin(&heartbeats->watch, gw->config->kafka->properties,
		gw->config->kafka->properties_count);
	return open_client(heartbeats, &heartbeats->client, error);
}

void heartbeats_close(struct heartbeats *heartbeats)
{
	client_close(&heartbeats->client, gw_now() + CLOSE_NS);
	free(heartbeats->frames);
	free(heartbeats->source);
	*heartbeats = (struct heartbeats){0};
}

void heartbeats_health(const struct heartbeats *heartbeats, struct gw_health *health)
{
	const rd_kafka_resp_err_t error =
		(rd_kafka_resp_err_t)atomic_load_explicit(&heartbeats->error, memory_order_relaxed);

	if (heartbeats->gw && error)
		gw_health_add(health, GW_DEGRADED, "kafka.%s.lost", "heartbeats",
			"heartbeats are lost: %s: see that %s exists and may be written",
			rd_kafka_err2str(error), heartbeats->gw->config->kafka->heartbeats->topic);
}

struct json_t *heartbeats_describe(const struct heartbeats *heartbeats)
{
	if (!heartbeats->gw)
		return NULL;
	return json_pack("{s:s, s:I, s:I}", "topic",
		heartbeats->gw->config->kafka->heartbeats->topic, "delivered",
		(json_int_t)gw_counter_get(&heartbeats->delivered), "lost",
		(json_int_t)gw_counter_get(&heartbeats->lost));
}
