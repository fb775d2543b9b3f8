#include "kafka/picture.h"

#include <errno.h>
#include <string.h>

#include "core/clock.h"
#include "core/config/config.h"
#include "core/config/name.h"

/* Nanoseconds since 1970 end in 2262. */
#define LAST_YEAR 2261
#define LAST_MS (INT64_MAX / GW_NS_PER_MS)

/* What a gateway calls the pictures that it samples (docs/records.md). */
static const char frame_type[] = "com.framegate.frame.v1";

static bool is_name(const char *key, size_t size)
{
	return key && size < GW_NAME && gw_name_is_good(key, size) &&
		!gw_name_is_reserved(key, size);
}

/* `count` digits and what follows them. Moves *text on. */
static bool read_number(const char **text, int count, char end, int *number)
{
	*number = 0;
	for (; count > 0; count--, (*text)++) {
		if (**text < '0' || **text > '9')
			return false;
		*number = 10 * *number + **text - '0';
	}
	return *(*text)++ == end;
}

static bool is_date(int year, int month, int date)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month >= 1 && month <= 12 && date >= 1 &&
		date <= days[month - 1] + (month == 2 && leap);
}

/* RFC 3339 in UTC, as a gateway writes it: 2026-01-02T03:04:05.678Z. Only years whose nanoseconds
 * fit, as they do in all records. */
static bool read_time(const char *text, int64_t *ns)
{
	int year, month, date, hour, minute, second, ms;

	if (!read_number(&text, 4, '-', &year) || !read_number(&text, 2, '-', &month) ||
		!read_number(&text, 2, 'T', &date) || !read_number(&text, 2, ':', &hour) ||
		!read_number(&text, 2, ':', &minute) || !read_number(&text, 2, '.', &second) ||
		!read_number(&text, 3, 'Z', &ms) || *text != '\0')
		return false;
	if (year < 1970 || year > LAST_YEAR || !is_date(year, month, date) || hour > 23 ||
		minute > 59 || second > 60)
		return false;
	/* Days since 1970 by a calendar that begins in March: sink/writer.c has the way back. */
	const int64_t y = month > 2 ? year : year - 1, m = month > 2 ? month - 3 : month + 9;
	const int64_t day =
		365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + date - 1 - 719468;

	*ns = (((day * 24 + hour) * 60 + minute) * 60 + second) * GW_NS_PER_S + ms * GW_NS_PER_MS;
	return true;
}

static enum gw_drop look_at_headers(const struct kafka_record *record, struct picture *picture)
{
	struct gw_origin origin;
	char text[64];

	kafka_record_header(record, "ce_type", text, sizeof(text));
	picture->relayed = strcmp(text, frame_type) == 0;
	if (!picture->relayed)
		return GW_DROP_NONE;
	kafka_record_header(record, "ce_id", origin.id, sizeof(origin.id));
	kafka_record_header(record, "ce_source", origin.source, sizeof(origin.source));
	/* A topic may be set up to replace the record's time by its arrival's. */
	kafka_record_header(record, "ce_time", text, sizeof(text));
	if (read_time(text, &picture->capture_ns))
		picture->clock = GW_CLOCK_SOURCE;
	return origin.id[0] && origin.source[0] ? GW_DROP_NONE : GW_DROP_RECORD_HEADERS;
}

static enum gw_drop look_at_value(const struct kafka_record *record,
	const struct jpeg_limits *limits, struct picture *picture)
{
	const char *cause;

	switch (jpeg_probe(record->value, record->size, limits, &picture->info, &cause)) {
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

void picture_look(const struct kafka_record *record, const struct jpeg_limits *limits,
	struct picture *picture)
{
	/* Whoever sent it may write any number. */
	const bool has_time = record->time_ms >= 0 && record->time_ms <= LAST_MS;

	*picture = (struct picture){
		.clock = has_time ? GW_CLOCK_SOURCE : GW_CLOCK_ARRIVAL,
		.capture_ns = has_time ? record->time_ms * GW_NS_PER_MS : gw_now_utc(),
	};
	if (!is_name(record->key, record->key_size))
		picture->drop = GW_DROP_RECORD_KEY;
	else if (!record->value)
		picture->drop = GW_DROP_RECORD_BAD;
	else
		picture->drop = look_at_value(record, limits, picture);
	if (picture->drop == GW_DROP_NONE)
		picture->drop = look_at_headers(record, picture);
}

void picture_copy(
	const struct kafka_record *record, const struct picture *picture, struct gw_frame *frame)
{
	frame->ssrc = 0;
	frame->rtp_timestamp = 0;
	frame->capture_ns = picture->capture_ns;
	frame->clock = picture->clock;
	frame->width = picture->info.width;
	frame->height = picture->info.height;
	frame->jpeg.data = frame->jpeg.room;
	frame->jpeg.size = picture->info.size;
	memcpy(frame->jpeg.data, record->value, picture->info.size);
	frame->has_origin = picture->relayed;
	if (!picture->relayed)
		return;
	kafka_record_header(record, "ce_id", frame->origin.id, sizeof(frame->origin.id));
	kafka_record_header(
		record, "ce_source", frame->origin.source, sizeof(frame->origin.source));
}
