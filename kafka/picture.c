#include "kafka/picture.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/config/config.h"

/* What a gateway calls the pictures that it samples (docs/records.md). */
static const char frame_type[] = "com.framegate.frame.v1";

static bool is_name(const char *key, size_t size)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789._-";

	if (!key || size == 0 || size >= GW_NAME)
		return false;
	for (size_t i = 0; i < size; i++)
		if (!memchr(letters, key[i], sizeof(letters) - 1))
			return false;
	return true;
}

/* The last header of that name, as text of at most `room` - 1 bytes; "" when there is none, when it
 * is too long or no text. */
static void read_header(
	const rd_kafka_headers_t *headers, const char *name, char *text, size_t room)
{
	const void *value;
	size_t size;

	text[0] = '\0';
	if (rd_kafka_header_get_last(headers, name, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR ||
		!value || size >= room || memchr(value, '\0', size))
		return;
	memcpy(text, value, size);
	text[size] = '\0';
}

/* RFC 3339 in UTC, as a gateway writes it: 2026-01-02T03:04:05.678Z. */
static bool read_time(const char *text, int64_t *ns)
{
	int year, month, date, hour, minute, second, ms, end = 0;

	if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ%n", &year, &month, &date, &hour, &minute,
		    &second, &ms, &end) != 7 ||
		end != 24 || text[end] != '\0')
		return false;
	/* Days since 1970 by a calendar that begins in March: sink/writer.c has the way back. */
	const int64_t y = month > 2 ? year : year - 1, m = month > 2 ? month - 3 : month + 9;
	const int64_t day =
		365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + date - 1 - 719468;

	*ns = (((day * 24 + hour) * 60 + minute) * 60 + second) * GW_NS_PER_S + ms * GW_NS_PER_MS;
	return true;
}

static enum gw_drop look_at_headers(const rd_kafka_message_t *message, struct picture *picture)
{
	rd_kafka_headers_t *headers;
	struct gw_origin origin;
	char text[64];

	if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
		return GW_DROP_NONE;
	read_header(headers, "ce_type", text, sizeof(text));
	picture->relayed = strcmp(text, frame_type) == 0;
	if (!picture->relayed)
		return GW_DROP_NONE;
	read_header(headers, "ce_id", origin.id, sizeof(origin.id));
	read_header(headers, "ce_source", origin.source, sizeof(origin.source));
	/* A topic may be set up to replace the record's time by its arrival's. */
	read_header(headers, "ce_time", text, sizeof(text));
	if (read_time(text, &picture->capture_ns))
		picture->clock = GW_CLOCK_SOURCE;
	return origin.id[0] && origin.source[0] ? GW_DROP_NONE : GW_DROP_RECORD_HEADERS;
}

static enum gw_drop look_at_value(const rd_kafka_message_t *message,
	const struct jpeg_limits *limits, struct picture *picture)
{
	const char *cause;

	switch (jpeg_probe(message->payload, message->len, limits, &picture->info, &cause)) {
	case 0:
		return GW_DROP_NONE;
	case -ENOTSUP:
		return GW_DROP_RECORD_UNSUPPORTED;
	case -EFBIG:
		return GW_DROP_RECORD_TOO_LARGE;
	default:
		return GW_DROP_RECORD_BAD;
	}
}

void picture_look(const rd_kafka_message_t *message, const struct jpeg_limits *limits,
	struct picture *picture)
{
	rd_kafka_timestamp_type_t type;
	const int64_t time_ms = rd_kafka_message_timestamp(message, &type);

	*picture = (struct picture){
		.clock = time_ms >= 0 ? GW_CLOCK_SOURCE : GW_CLOCK_ARRIVAL,
		.capture_ns = time_ms >= 0 ? time_ms * GW_NS_PER_MS : gw_now_utc(),
	};
	if (!is_name(message->key, message->key_len))
		picture->drop = GW_DROP_RECORD_KEY;
	else if (!message->payload)
		picture->drop = GW_DROP_RECORD_BAD;
	else
		picture->drop = look_at_value(message, limits, picture);
	if (picture->drop == GW_DROP_NONE)
		picture->drop = look_at_headers(message, picture);
}

void picture_copy(
	const rd_kafka_message_t *message, const struct picture *picture, struct gw_frame *frame)
{
	rd_kafka_headers_t *headers;

	frame->ssrc = 0;
	frame->rtp_timestamp = 0;
	frame->capture_ns = picture->capture_ns;
	frame->clock = picture->clock;
	frame->width = picture->info.width;
	frame->height = picture->info.height;
	frame->jpeg.data = frame->jpeg.room;
	frame->jpeg.size = picture->info.size;
	memcpy(frame->jpeg.data, message->payload, picture->info.size);
	frame->has_origin = picture->relayed;
	if (!picture->relayed ||
		rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
		return;
	read_header(headers, "ce_id", frame->origin.id, sizeof(frame->origin.id));
	read_header(headers, "ce_source", frame->origin.source, sizeof(frame->origin.source));
}
