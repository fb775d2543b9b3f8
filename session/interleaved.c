#include "session/interleaved.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/bytes.h"
#include "session/sdp.h"

#define HEADER_MOST 16384
#define BODY_MOST SDP_SIZE
#define METHOD_MOST 24
#define PACKET_LEAST 8 /* of RTP or RTCP: shorter ones are not looked for in garbage */

static const char answer_begins[] = "RTSP/";

/* Whether an answer stands here: 1, 0 when that cannot be told yet, or -1. */
static int answer_at(const uint8_t *data, uint32_t size)
{
	const uint32_t whole = sizeof(answer_begins) - 1;
	const uint32_t known = size < whole ? size : whole;

	if (memcmp(data, answer_begins, known) != 0)
		return -1;
	return known == whole;
}

/* The same of a packet, as it is looked for in garbage: on a channel of the camera's, and of RTP's
 * version. */
static int packet_at(const struct interleaved *it, const uint8_t *data, uint32_t size)
{
	if (data[0] != '$' ||
		(size > 1 && data[1] != it->channels[0] && data[1] != it->channels[1]))
		return -1;
	if (size <= INTERLEAVED_HEAD)
		return 0;
	return read_be16(data + 2) >= PACKET_LEAST && data[INTERLEAVED_HEAD] >> 6 == 2 ? 1 : -1;
}

static bool has_name(const struct interleaved *it, const char *name, const char **value)
{
	const size_t size = strlen(name);

	if (strncasecmp(it->line, name, size) != 0)
		return false;
	*value = it->line + size + strspn(it->line + size, " \t");
	return true;
}

/* A length that is no number is as if not said: what it may have been of is garbage. */
static int32_t read_length(struct interleaved *it, const char *text)
{
	uint32_t length = 0;

	for (; *text >= '0' && *text <= '9' && length <= BODY_MOST; text++)
		length = length * 10 + (uint32_t)(*text - '0');
	if (length > BODY_MOST)
		return -EMSGSIZE;
	if (text[strspn(text, " \t")] == '\0')
		it->body_left = length;
	return 0;
}

static int32_t read_line(struct interleaved *it)
{
	const char *value;

	if (has_name(it, "Content-Length:", &value))
		return read_length(it, value);
	if (has_name(it, "CSeq:", &value)) {
		const unsigned long number = strtoul(value, NULL, 10);

		it->number = number <= INT32_MAX ? (uint32_t)number : 0;
	}
	return 0;
}

/* One more byte of the header. Returns 1 at its end, 0 before it, or a negative errno. */
static int32_t take_header_byte(struct interleaved *it, uint8_t byte)
{
	if (++it->header_size > HEADER_MOST)
		return -EMSGSIZE;
	it->in_method &= byte != ' ';
	if (byte == '\r')
		return 0;
	if (byte != '\n') {
		if (it->line_size < sizeof(it->line) - 1)
			it->line[it->line_size++] = (char)byte;
		return 0;
	}
	if (it->line_size == 0)
		return 1;
	it->line[it->line_size] = '\0';
	it->line_size = 0;
	return read_line(it);
}

/* Whether no header goes on with that byte: it broke off, or never was one. */
static bool breaks_off(const struct interleaved *it, uint8_t byte)
{
	if (it->in_method)
		return byte != '_' && byte != ' ' &&
			(byte < 'A' || byte > 'Z' || it->header_size > METHOD_MOST);
	return byte < ' ' && byte != '\t' && byte != '\r' && byte != '\n';
}

static int32_t take_header(struct interleaved *it, const uint8_t *data, uint32_t size)
{
	for (uint32_t i = 0; i < size; i++) {
		if (breaks_off(it, data[i])) {
			it->place = INTERLEAVED_BETWEEN;
			it->is_lost = true;
			return (int32_t)i;
		}
		const int32_t status = take_header_byte(it, data[i]);

		if (status < 0)
			return status;
		if (status == 0)
			continue;
		it->place = it->body_left > 0 ? INTERLEAVED_IN_BODY : INTERLEAVED_BETWEEN;
		return (int32_t)i + 1;
	}
	return (int32_t)size;
}

static int32_t take_body(struct interleaved *it, uint32_t size)
{
	const uint32_t taken = size < it->body_left ? size : it->body_left;

	it->body_left -= taken;
	if (it->body_left == 0)
		it->place = INTERLEAVED_BETWEEN;
	return (int32_t)taken;
}

static int32_t take_message(
	struct interleaved *it, const uint8_t *data, uint32_t size, struct interleaved_piece *piece)
{
	const bool is_body = it->place == INTERLEAVED_IN_BODY;
	const int32_t taken = is_body ? take_body(it, size) : take_header(it, data, size);

	if (taken <= 0)
		return taken;
	*piece = (struct interleaved_piece){
		.kind = it->kind,
		.is_body = is_body,
		.is_last = it->place == INTERLEAVED_BETWEEN && !it->is_lost,
		.data = data,
		.size = (uint32_t)taken,
	};
	if (piece->is_last)
		it->skipped = 0;
	return taken;
}

static int32_t take_packet(
	struct interleaved *it, const uint8_t *data, uint32_t size, struct interleaved_piece *piece)
{
	if (size < INTERLEAVED_HEAD)
		return 0;
	const uint32_t length = read_be16(data + 2);

	if (size - INTERLEAVED_HEAD < length)
		return 0;
	*piece = (struct interleaved_piece){
		.kind = INTERLEAVED_PACKET,
		.channel = data[1],
		.data = data + INTERLEAVED_HEAD,
		.size = length,
	};
	it->skipped = 0;
	return (int32_t)(INTERLEAVED_HEAD + length);
}

/* Up to what may be a packet or an answer. 0: that stands in front, or it cannot be told yet. */
static int32_t skip(
	struct interleaved *it, const uint8_t *data, uint32_t size, struct interleaved_piece *piece)
{
	uint32_t at = 0;

	for (; at < size; at++) {
		const int told = data[at] == '$' ? packet_at(it, data + at, size - at)
						 : answer_at(data + at, size - at);
		if (told < 0)
			continue;
		it->is_lost = told == 0 || at > 0;
		break;
	}
	if (at == 0)
		return 0;
	it->skipped += at;
	if (it->skipped > INTERLEAVED_GARBAGE_MOST)
		return -EPROTO;
	*piece = (struct interleaved_piece){.kind = INTERLEAVED_GARBAGE, .data = data, .size = at};
	return (int32_t)at;
}

/* Begins the message that stands in front. Returns 1, 0 when it cannot be told yet whether it is
 * one, or -1. */
static int begin_message(struct interleaved *it, const uint8_t *data, uint32_t size)
{
	const int is_answer = answer_at(data, size);
	/* The name of a method. */
	const bool is_request = data[0] >= 'A' && data[0] <= 'Z';

	if (is_answer == 0 || (is_answer < 0 && !is_request))
		return is_answer;
	it->kind = is_answer > 0 ? INTERLEAVED_ANSWER : INTERLEAVED_REQUEST;
	it->in_method = is_answer < 0;
	it->place = INTERLEAVED_IN_HEADER;
	it->header_size = it->line_size = it->body_left = it->number = 0;
	return 1;
}

int32_t interleaved_take(
	struct interleaved *it, const uint8_t *data, uint32_t size, struct interleaved_piece *piece)
{
	int32_t taken = 0;

	if (size == 0)
		return 0;
	if (it->place == INTERLEAVED_BETWEEN && !it->is_lost) {
		if (data[0] == '$')
			return take_packet(it, data, size, piece);
		if (data[0] == '\r' || data[0] == '\n') {
			*piece = (struct interleaved_piece){
				.kind = INTERLEAVED_REQUEST, .data = data, .size = 1};
			return 1;
		}
		const int begun = begin_message(it, data, size);

		if (begun == 0)
			return 0;
		it->is_lost = begun < 0;
	}
	if (it->place != INTERLEAVED_BETWEEN) {
		taken = take_message(it, data, size, piece);
		if (taken != 0)
			return taken;
	}
	/* What began as a message, or looked like a packet, may have turned out to be none. */
	if (it->is_lost) {
		taken = skip(it, data, size, piece);
		if (taken == 0 && !it->is_lost)
			return interleaved_take(it, data, size, piece);
	}
	return taken;
}
