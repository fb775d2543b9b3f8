#include "kafka/heartbeat_record.h"

#include "sink/wire.h"

static const char *const state_names[] = {
	[HEARTBEAT_LIVE] = "live",
	[HEARTBEAT_STALLED] = "stalled",
	[HEARTBEAT_SILENT] = "silent",
};

/* Of heartbeat.proto; Cameras has the same for its fields. */
static const uint8_t state_numbers[] = {
	[HEARTBEAT_LIVE] = 1,
	[HEARTBEAT_STALLED] = 2,
	[HEARTBEAT_SILENT] = 3,
};

enum heartbeat_field {
	HEARTBEAT_VERSION = 1,
	HEARTBEAT_ID = 2,
	HEARTBEAT_TIMESTAMP = 3,
	HEARTBEAT_SENSOR_ID = 4,
	HEARTBEAT_GATEWAY = 16,
	HEARTBEAT_SECONDS = 17,
	HEARTBEAT_STATE = 18,
	HEARTBEAT_FRAMES = 19,
	HEARTBEAT_DELIVERED = 20,
	HEARTBEAT_LAST_FRAME_AGE_MS = 21,
	HEARTBEAT_UPTIME = 22,
	HEARTBEAT_CAMERAS = 23,
};

static void write_number(struct writer *writer, const char *name, uint64_t number)
{
	writer_raw(writer, ",");
	writer_string(writer, name);
	writer_raw(writer, ":");
	writer_unsigned(writer, number);
}

void heartbeat_write_text(struct writer *writer, const struct heartbeat_facts *facts)
{
	char time[WRITER_TIME_SIZE];

	writer_time(time, facts->utc_ns);
	writer_raw(writer, "{\"version\":\"1.0\",\"id\":");
	writer_string(writer, facts->id);
	writer_raw(writer, ",\"@timestamp\":");
	writer_string(writer, time);
	writer_raw(writer, ",\"gateway\":");
	writer_string(writer, facts->gateway);
	write_number(writer, "seconds", facts->seconds);
	if (facts->camera) {
		writer_raw(writer, ",\"sensorId\":");
		writer_string(writer, facts->camera);
		writer_raw(writer, ",\"state\":");
		writer_string(writer, state_names[facts->state]);
		write_number(writer, "frames", facts->frames);
		write_number(writer, "delivered", facts->delivered);
		if (facts->last_frame_ms >= 0)
			write_number(writer, "lastFrameAgeMs", (uint64_t)facts->last_frame_ms);
	} else {
		write_number(writer, "uptime", facts->uptime);
		writer_raw(writer, ",\"cameras\":{\"live\":");
		writer_unsigned(writer, facts->cameras[HEARTBEAT_LIVE]);
		write_number(writer, "stalled", facts->cameras[HEARTBEAT_STALLED]);
		write_number(writer, "silent", facts->cameras[HEARTBEAT_SILENT]);
		writer_raw(writer, "}");
	}
	writer_raw(writer, "}");
}

void heartbeat_write_message(struct writer *writer, const struct heartbeat_facts *facts)
{
	wire_string(writer, HEARTBEAT_VERSION, "1.0");
	wire_string(writer, HEARTBEAT_ID, facts->id);
	wire_time(writer, HEARTBEAT_TIMESTAMP, facts->utc_ns);
	wire_string(writer, HEARTBEAT_GATEWAY, facts->gateway);
	wire_number(writer, HEARTBEAT_SECONDS, facts->seconds);
	if (facts->camera) {
		wire_string(writer, HEARTBEAT_SENSOR_ID, facts->camera);
		wire_number(writer, HEARTBEAT_STATE, state_numbers[facts->state]);
		wire_set_number(writer, HEARTBEAT_FRAMES, facts->frames);
		wire_set_number(writer, HEARTBEAT_DELIVERED, facts->delivered);
		if (facts->last_frame_ms >= 0)
			wire_set_number(writer, HEARTBEAT_LAST_FRAME_AGE_MS,
				(uint64_t)facts->last_frame_ms);
		return;
	}
	wire_set_number(writer, HEARTBEAT_UPTIME, facts->uptime);
	const size_t begin = wire_begin(writer, HEARTBEAT_CAMERAS);

	for (int i = 0; i < HEARTBEAT_STATES; i++)
		wire_number(writer, state_numbers[i], facts->cameras[i]);
	wire_end(writer, begin);
}
