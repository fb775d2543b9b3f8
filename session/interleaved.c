#include "session/interleaved.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "core/bytes.h"
#include "session/sdp.h"

#define HEADER_MOST 16384
#define BODY_MOST SDP_SIZE

static const char answer_begins[] = "RTSP/";
static const char length_begins[] = "Content-Length:";

/* What a message that begins with these bytes is. Returns 1, 0 when that cannot be told yet, or
 * -EPROTO. */
static int32_t tell_kind(const uint8_t *data, uint32_t size, enum interleaved_kind *kind)
{
	const uint32_t whole = sizeof(answer_begins) - 1;
	const uint32_t known = size < whole ? size : whole;

	if (memcmp(data, answer_begins, known) == 0) {
		*kind = INTERLEAVED_ANSWER;
		return known == whole;
	}
	/* The name of a method. */
	*kind = INTERLEAVED_REQUEST;
	return data[0] >= 'A' && data[0] <= 'Z' ? 1 : -EPROTO;
}

static int32_t read_length(struct interleaved *it)
{
	const char *text = it->line + sizeof(length_begins) - 1;
	uint32_t length = 0;

	if (strncasecmp(it->line, length_begins, sizeof(length_begins) - 1) != 0)
		return 0;
	text += strspn(text, " \t");
	if (*text < '0' || *text > '9')
		return -EPROTO;
	for (; *text >= '0' && *text <= '9' && length <= BODY_MOST; text++)
		length = length * 10 + (uint32_t)(*text - '0');
	if (length > BODY_MOST)
		return -EMSGSIZE;
	if (text[strspn(text, " \t")] != '\0')
		return -EPROTO;
	it->body_left = length;
	return 0;
}

/* One more byte of the header. Returns 1 at its end, 0 before it, or a negative errno. */
static int32_t take_header_byte(struct interleaved *it, uint8_t byte)
{
	if (++it->header_size > HEADER_MOST)
		return -EMSGSIZE;
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
	return read_length(it);
}

static int32_t take_header(struct interleaved *it, const uint8_t *data, uint32_t size)
{
	for (uint32_t i = 0; i < size; i++) {
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

static int32_t take_packet(const uint8_t *data, uint32_t size, struct interleaved_piece *piece)
{
	if (size < INTERLEAVED_HEAD)
		return 0;
	const uint32_t length = read_be16(data + 2);

	if (size - INTERLEAVED_HEAD < length)
		return 0;
	*piece = (struct interleaved_piece){
		INTERLEAVED_PACKET, data[1], data + INTERLEAVED_HEAD, length};
	return (int32_t)(INTERLEAVED_HEAD + length);
}

int32_t interleaved_take(
	struct interleaved *it, const uint8_t *data, uint32_t size, struct interleaved_piece *piece)
{
	int32_t taken;

	if (size == 0)
		return 0;
	if (it->place == INTERLEAVED_BETWEEN) {
		if (data[0] == '$')
			return take_packet(data, size, piece);
		if (data[0] == '\r' || data[0] == '\n') {
			*piece = (struct interleaved_piece){INTERLEAVED_REQUEST, 0, data, 1};
			return 1;
		}
		taken = tell_kind(data, size, &it->kind);
		if (taken <= 0)
			return taken;
		it->place = INTERLEAVED_IN_HEADER;
		it->header_size = it->line_size = it->body_left = 0;
	}
	taken = it->place == INTERLEAVED_IN_HEADER ? take_header(it, data, size)
						   : take_body(it, size);
	if (taken > 0)
		*piece = (struct interleaved_piece){it->kind, 0, data, (uint32_t)taken};
	return taken;
}
