#include "session/sdp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/config/srtp_key.h"
#include "session/sdp_value.h"

#define LINE 2048 /* longer lines are cut */
#define FORMATS 32 /* payload types of one stream that are looked at */
#define JPEG_TYPE 26

/* One description of a stream ("m=") while it is read, and the session's part before the first. */
struct section {
	struct sdp_stream stream;
	bool is_video, is_open, is_secure;
	struct gw_error key_fault; /* why none of its keys can be used; or empty */
	uint8_t formats[FORMATS];
	uint32_t format_count;
	bool is_jpeg; /* `stream.payload_type` is */
	char encoding[32]; /* that another type has */
	uint16_t frame_width[128], frame_height[128]; /* a=framesize, by payload type */
};

struct reader {
	struct section session, media, best;
	bool have_best;
	char other[32]; /* an encoding that is not JPEG */
	bool is_closed; /* there is JPEG, and no key to open it */
	struct gw_error key_fault; /* then: why; empty: it names none */
};

/* "m=video 5004 RTP/AVP 96 26". */
static void read_media(struct section *media, const char *text)
{
	char kind[16], port[16], protocol[32];
	int used = 0;

	media->is_open = true;
	if (sscanf(text, "%15s %15s %31s%n", kind, port, protocol, &used) != 3)
		return;
	media->is_video = strcasecmp(kind, "video") == 0;
	media->is_secure = strncasecmp(protocol, "RTP/SAVP", 8) == 0;
	media->stream.port = (uint16_t)(strtoul(port, NULL, 10) & UINT16_MAX);
	if (strncasecmp(protocol, "RTP/", 4) != 0)
		media->is_video = false;
	for (const char *at = text + used; media->format_count < FORMATS;) {
		char *end;
		const unsigned long type = strtoul(at, &end, 10);

		if (end == at)
			break;
		if (type < 128)
			media->formats[media->format_count++] = (uint8_t)type;
		at = end;
	}
	for (uint32_t i = 0; i < media->format_count && !media->is_jpeg; i++) {
		media->is_jpeg = media->formats[i] == JPEG_TYPE;
		media->stream.payload_type = JPEG_TYPE;
	}
}

static bool has_format(const struct section *media, unsigned int type)
{
	for (uint32_t i = 0; i < media->format_count; i++)
		if (media->formats[i] == type)
			return true;
	return false;
}

/* "rtpmap:96 JPEG/90000". */
static void read_map(struct section *media, const char *text)
{
	unsigned int type, clock = 0;
	char encoding[32];

	if (sscanf(text, "%3u %31[^/ ]/%u", &type, encoding, &clock) < 2 ||
		!has_format(media, type))
		return;
	if (strcasecmp(encoding, "JPEG") != 0 || (clock != 0 && clock != 90000)) {
		strcpy(media->encoding, encoding);
		return;
	}
	/* The first of several: the order is the camera's preference. */
	if (!media->is_jpeg)
		media->stream.payload_type = (uint8_t)type;
	media->is_jpeg = true;
}

static void read_frame_size(struct section *media, const char *text)
{
	char *end;
	const unsigned long type = strtoul(text, &end, 10);
	uint16_t width, height;

	if (end != text && type < 128 && *end == ' ' &&
		sdp_read_size(end + 1, '-', &width, &height)) {
		media->frame_width[type] = width;
		media->frame_height[type] = height;
	}
}

/* The first key that we can use; others are in other ways. */
static void read_key(struct section *section, const char *text)
{
	struct gw_srtp_key *key = &section->stream.srtp_key;

	if (!key->is_set)
		(void)gw_srtp_key_from_sdp(text, key, &section->key_fault);
}

static void read_attribute(struct section *section, const char *text)
{
	struct sdp_stream *stream = &section->stream;
	const char *rest;

	if (sdp_begins(text, "control:", &rest)) {
		if (strlen(rest) < sizeof(stream->control))
			strcpy(stream->control, rest);
	} else if (sdp_begins(text, "rtpmap:", &rest)) {
		read_map(section, rest);
	} else if (sdp_begins(text, "framesize:", &rest)) {
		read_frame_size(section, rest);
	} else if (sdp_begins(text, "x-dimensions:", &rest)) {
		uint16_t width, height;

		if (sdp_read_size(rest, ',', &width, &height)) {
			stream->width = width;
			stream->height = height;
		}
	} else if (sdp_begins(text, "cliprect:", &rest)) {
		if (stream->width == 0)
			(void)sdp_read_clip(rest, &stream->width, &stream->height);
	} else if (sdp_begins(text, "crypto:", &rest)) {
		read_key(section, rest);
	} else if (sdp_begins(text, "framerate:", &rest) ||
		sdp_begins(text, "x-framerate:", &rest)) {
		const double rate = sdp_read_rate(rest);

		if (rate > 0)
			stream->rate = rate;
	}
}

/* What the stream did not say, the session may have. */
static void inherit(struct section *media, const struct section *session)
{
	struct sdp_stream *stream = &media->stream;
	const uint8_t type = stream->payload_type;

	strcpy(stream->session_control, session->stream.control);
	if (media->frame_width[type] > 0) {
		stream->width = media->frame_width[type];
		stream->height = media->frame_height[type];
	}
	if (stream->width == 0) {
		stream->width = session->stream.width;
		stream->height = session->stream.height;
	}
	if (stream->rate == 0)
		stream->rate = session->stream.rate;
	if (!stream->srtp_key.is_set)
		stream->srtp_key = session->stream.srtp_key;
	if (stream->group.family == 0)
		stream->group = session->stream.group;
	if (stream->group.family == 0)
		stream->port = 0;
}

static void lock_out(struct reader *reader, const struct section *media)
{
	reader->is_closed = true;
	reader->key_fault = media->key_fault.text[0] ? media->key_fault : reader->session.key_fault;
}

static void end_media(struct reader *reader)
{
	struct section *media = &reader->media;
	struct sdp_stream *stream = &media->stream;

	if (!media->is_open || !media->is_video)
		return;
	inherit(media, &reader->session);
	if (!media->is_jpeg)
		strcpy(reader->other, media->encoding[0] ? media->encoding : "no known encoding");
	else if (media->is_secure && !stream->srtp_key.is_set)
		lock_out(reader, media);
	/* A key without the profile protects nothing (RFC 4568, 3.1). */
	stream->has_idle_key =
		!media->is_secure && (stream->srtp_key.is_set || media->key_fault.text[0]);
	if (!media->is_secure)
		stream->srtp_key = (struct gw_srtp_key){0};
	if (media->is_jpeg && !reader->have_best &&
		(!media->is_secure || stream->srtp_key.is_set)) {
		reader->best = *media;
		reader->have_best = true;
	}
}

static void read_line(struct reader *reader, const char *line)
{
	struct section *section = reader->media.is_open ? &reader->media : &reader->session;

	if (line[0] == '\0' || line[1] != '=')
		return;
	switch (line[0]) {
	case 'm':
		end_media(reader);
		reader->media = (struct section){0};
		read_media(&reader->media, line + 2);
		break;
	case 'c':
		sdp_read_group(line + 2, &section->stream.group);
		break;
	case 'a':
		read_attribute(section, line + 2);
		break;
	default:
		break;
	}
}

/* Some put an empty line or a byte order mark before it, and count the end of their string. */
static void trim(const char **text, size_t *size)
{
	static const char mark[] = "\xEF\xBB\xBF";

	if (*size >= 3 && memcmp(*text, mark, 3) == 0) {
		*text += 3;
		*size -= 3;
	}
	while (*size > 0 && strchr(" \t\r\n", **text) && **text != '\0') {
		(*text)++;
		(*size)--;
	}
	while (*size > 0 && (*text)[*size - 1] == '\0')
		(*size)--;
}

/* Some leave out what stands before their streams. */
static bool is_description(const char *text, size_t size)
{
	return size >= 2 && (text[0] == 'v' || text[0] == 'm') && text[1] == '=' &&
		!memchr(text, '\0', size);
}

/* What is behind a line's last word would become a part of it. */
static void cut_end(char *line)
{
	size_t size = strcspn(line, "\r");

	while (size > 0 && (line[size - 1] == ' ' || line[size - 1] == '\t'))
		size--;
	line[size] = '\0';
}

int sdp_parse(const char *text, size_t size, struct sdp_stream *stream, struct gw_error *error)
{
	struct reader *reader;
	char line[LINE];
	int status = 0;

	if (size > SDP_SIZE)
		return gw_error_set(error, -EMSGSIZE,
			"describes its streams in %zu bytes: more than %d are not read", size,
			SDP_SIZE);
	trim(&text, &size);
	if (size == 0)
		return gw_error_set(error, -EINVAL,
			"answers DESCRIBE without a description, or does not say how long it is "
			"(Content-Length): is this the address of a stream?");
	if (!is_description(text, size))
		return gw_error_set(error, -EINVAL,
			"answers DESCRIBE with something that is no SDP: is this the address of a "
			"stream?");
	reader = calloc(1, sizeof(*reader));
	if (!reader)
		return gw_error_set(error, -ENOMEM, "out of memory");
	for (size_t at = 0; at < size;) {
		const char *end = memchr(text + at, '\n', size - at);
		const size_t length = end ? (size_t)(end - text) - at : size - at;

		snprintf(line, sizeof(line), "%.*s", (int)length, text + at);
		cut_end(line);
		read_line(reader, line);
		at += length + 1;
	}
	end_media(reader);
	if (reader->have_best)
		*stream = reader->best.stream;
	else if (reader->is_closed)
		status = gw_error_set(error, -ENOTSUP,
			"sends encrypted JPEG (SRTP), and its description has no key that can be "
			"used (%s): let the camera send plain RTP, or SDES keys (a=crypto) of "
			"AES_CM_128_HMAC_SHA1_80",
			reader->key_fault.text[0] ? reader->key_fault.text
						  : "it names none, as with MIKEY or DTLS");
	else if (reader->other[0])
		status = gw_error_set(error, -ENOTSUP,
			"sends %s: set the stream's encoding to MJPEG (JPEG) in the camera, or "
			"take the URL of a stream that has it",
			reader->other);
	else
		status = gw_error_set(error, -ENOTSUP,
			"describes no video: take the URL of a stream that has pictures");
	explicit_bzero(line, sizeof(line));
	explicit_bzero(reader, sizeof(*reader));
	free(reader);
	return status;
}
