#include "sink/record.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/orientation.h"
#include "sink/findings.h"
#include "sink/result_message.h"
#include "sink/sink.h"
#include "sink/wire.h"

static const char *const clock_names[] = {
#define X(NAME, name) [GW_CLOCK_##NAME] = name,
	GW_CLOCKS(X)
#undef X
};

/* The segments as consumers see them. */
static const char *const segment_names[] = {
	[GW_SEGMENT_ASSEMBLE] = "assemble",
	[GW_SEGMENT_DECODE_WAIT] = "decodeWait",
	[GW_SEGMENT_DECODE] = "decode",
	[GW_SEGMENT_INFER_WAIT] = "inferWait",
	[GW_SEGMENT_INFER] = "infer",
	[GW_SEGMENT_SINK_WAIT] = "sinkWait",
	[GW_SEGMENT_TOTAL] = "total",
};

static_assert(sizeof(segment_names) / sizeof(segment_names[0]) == GW_SEGMENT_COUNT,
	"a new segment needs a name in the record format and in its schema");

static const struct {
	uint32_t bit;
	const char *name;
} flag_names[] = {
#define X(NAME, name, bit) {GW_FLAG_##NAME, name},
	GW_FRAME_FLAGS(X)
#undef X
};

const char *record_clock_name(enum gw_clock clock)
{
	return clock_names[clock];
}

char *record_source(const char *gateway, const char *camera)
{
	static const char hex[] = "0123456789ABCDEF";
	const char *parts[] = {"/gateways/", gateway, "/cameras/", camera};
	size_t room = 1;

	for (size_t i = 0; i < 4; i++)
		room += 3 * strlen(parts[i]);
	char *source = malloc(room);
	char *at = source;

	if (!source)
		return NULL;
	for (size_t i = 0; i < 4; i++) {
		for (const unsigned char *s = (const unsigned char *)parts[i]; *s; s++) {
			bool plain = i % 2 == 0 || (*s >= 'a' && *s <= 'z') ||
				(*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9') ||
				strchr("-._~", *s);

			if (plain) {
				*at++ = (char)*s;
				continue;
			}
			*at++ = '%';
			*at++ = hex[*s >> 4];
			*at++ = hex[*s & 15];
		}
	}
	*at = '\0';
	return source;
}

struct record *record_create(const struct gw *gw)
{
	struct record *record = calloc(1, sizeof(*record));

	if (record)
		record->gw = gw;
	return record;
}

void record_destroy(struct record *record)
{
	free(record);
}

void record_begin(struct record *record, const struct gw_frame *frame)
{
	struct writer writer;

	writer_time(record->time, frame->capture_ns);
	if (frame->has_origin) {
		memcpy(record->id, frame->origin.id, sizeof(record->id));
		record->source = frame->origin.source;
		return;
	}
	writer_begin(&writer, record->id, sizeof(record->id) - 1);
	writer_raw(&writer, record->gw->boot_id);
	writer_raw(&writer, "/");
	writer_raw(&writer, frame->version->config->name);
	writer_raw(&writer, "/");
	writer_unsigned(&writer, frame->sequence);
	record->id[writer.size] = '\0';
	record->source = ((struct sink_camera *)frame->version->of[GW_STAGE_SINK])->source;
}

void record_write_flags(struct writer *writer, uint32_t flags)
{
	const char *comma = "";

	writer_raw(writer, "[");
	for (size_t i = 0; i < sizeof(flag_names) / sizeof(flag_names[0]); i++) {
		if (!(flags & flag_names[i].bit))
			continue;
		writer_raw(writer, comma);
		writer_string(writer, flag_names[i].name);
		comma = ",";
	}
	writer_raw(writer, "]");
}

void record_write_orientation(struct writer *writer, const struct gw_frame *frame)
{
	if (frame->orientation <= GW_UPRIGHT)
		return;
	writer_raw(writer, ",\"orientation\":");
	writer_unsigned(writer, frame->orientation);
}

static void write_frame(struct writer *writer, const struct gw_frame *frame)
{
	writer_raw(writer, "{\"sequence\":");
	writer_unsigned(writer, frame->sequence);
	writer_raw(writer, ",\"rtpTimestamp\":");
	writer_unsigned(writer, frame->rtp_timestamp);
	writer_raw(writer, ",\"ssrc\":");
	writer_unsigned(writer, frame->ssrc);
	writer_raw(writer, ",\"width\":");
	writer_unsigned(writer, frame->width);
	writer_raw(writer, ",\"height\":");
	writer_unsigned(writer, frame->height);
	record_write_orientation(writer, frame);
	writer_raw(writer, ",\"clockSource\":");
	writer_string(writer, record_clock_name(frame->clock));
	writer_raw(writer, ",\"flags\":");
	record_write_flags(writer, frame->flags);
	writer_raw(writer, ",\"bytes\":");
	writer_unsigned(writer, frame->jpeg.size);
	writer_raw(writer, "}");
}

static void write_latencies(struct writer *writer, const struct gw_frame *frame)
{
	const char *comma = "";

	writer_raw(writer, "{");
	for (int i = 0; i < GW_SEGMENT_COUNT; i++) {
		int64_t us = gw_frame_span_us(frame, gw_segments[i].from, gw_segments[i].to);

		if (us < 0)
			continue;
		writer_raw(writer, comma);
		writer_string(writer, segment_names[i]);
		writer_raw(writer, ":");
		writer_unsigned(writer, (uint64_t)us);
		comma = ",";
	}
	writer_raw(writer, "}");
}

static void write_text(struct writer *writer, const struct record *record,
	const struct gw_frame *frame, bool sampled)
{
	writer_raw(writer, "{\"version\":\"1.0\",\"id\":");
	writer_string(writer, record->id);
	writer_raw(writer, ",\"@timestamp\":");
	writer_string(writer, record->time);
	writer_raw(writer, ",\"sensorId\":");
	writer_string(writer, frame->version->config->name);
	writer_raw(writer, ",\"gateway\":");
	writer_string(writer, record->gw->config->gateway->name);
	writer_raw(writer, ",\"frame\":");
	write_frame(writer, frame);
	writer_raw(writer, ",");
	findings_write(writer, record->gw, &frame->result);
	writer_raw(writer, sampled ? ",\"sampled\":true" : ",\"sampled\":false");
	writer_raw(writer, ",\"latencyUs\":");
	write_latencies(writer, frame);
	writer_raw(writer, "}");
}

int record_finish(struct record *record, const struct gw_frame *frame, bool sampled)
{
	const struct gw_kafka_config *config = record->gw->config->kafka;
	struct writer writer;

	writer_begin(&writer, record->value, sizeof(record->value));
	if (config->framing == GW_FRAMING_CONFLUENT)
		wire_framing(&writer, config->results->schema_id);
	if (config->format == GW_RECORD_PROTOBUF)
		result_message_write(&writer, record, frame, sampled);
	else
		write_text(&writer, record, frame, sampled);
	record->size = (uint32_t)writer.size;
	return writer.cut ? -EMSGSIZE : 0;
}

int record_finish_text(struct record *record, const struct gw_frame *frame, bool sampled)
{
	struct writer writer;

	writer_begin(&writer, record->value, sizeof(record->value));
	write_text(&writer, record, frame, sampled);
	record->size = (uint32_t)writer.size;
	return writer.cut ? -EMSGSIZE : 0;
}
