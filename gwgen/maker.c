#include "gwgen/maker.h"

#include <errno.h>
#include <string.h>

#include "gwgen/put.h"

#define PAYLOAD_TYPE 26
#define REPLAY_WORDS 3
#define MOST_CHUNK 65536

/* One packet on its way. */
struct fragment {
	uint32_t offset;
	const uint8_t *data;
	uint32_t size;
	bool marker;
};

/* What a header extension holds: words of 4 bytes, the last one filled up with 0xFF. */
static uint8_t *put_segments(const struct maker *maker, uint8_t *out, bool first)
{
	const struct maker_style *style = &maker->style;
	const uint32_t size = first ? style->segments_size : 0;
	const uint32_t words = (size + 3) / 4;

	if (style->replay) {
		out = put16(put16(out, 0xABAC), words + 1 + REPLAY_WORDS);
		out = put32(put32(out, (uint32_t)(style->ntp >> 32)), (uint32_t)style->ntp);
		out = put32(out, 0xE0000000u + maker->sequence);
	}
	out = put16(put16(out, first ? 0xFFD8 : 0xFFFF), words);
	if (size > 0)
		memcpy(out, style->segments, size);
	memset(out + size, 0xFF, words * 4 - size);
	return out + words * 4;
}

static uint8_t *put_rtp(const struct maker *maker, uint8_t *out, bool marker, bool first)
{
	const struct maker_style *style = &maker->style;
	const bool onvif = style->onvif && (first ? style->segments_size > 0 : style->onvif_later);

	out = put8(out,
		0x80 | (style->padding ? 0x20 : 0) | (style->extension || onvif ? 0x10 : 0) |
			style->csrc);
	out = put8(out,
		(marker ? 0x80u : 0) | (style->payload_type ? style->payload_type : PAYLOAD_TYPE));
	out = put32(put32(put16(out, maker->sequence), maker->timestamp), maker->ssrc);
	for (uint8_t i = 0; i < style->csrc; i++)
		out = put32(out, 0xC0FFEE00u + i);
	if (onvif)
		out = put_segments(maker, out, first);
	else if (style->extension)
		out = put32(put32(put16(put16(out, 0xBEDE), 2), 0x10AA0000), 0);
	return out;
}

static uint8_t *put_tables(
	const struct maker_style *style, const struct picture *picture, uint8_t *out)
{
	uint8_t *length = put8(put8(out, 0), style->precision & ((1u << style->tables) - 1));
	uint8_t *begin = put16(length, 0);

	out = begin;
	for (uint32_t t = 0; t < style->tables; t++)
		for (int i = 0; i < 64; i++)
			out = style->precision >> t & 1 ? put16(out, picture->table[t][i])
							: put8(out, picture->table[t][i]);
	put16(length, (uint32_t)(out - begin));
	return out;
}

static uint32_t eights(const struct maker_style *style, uint32_t pixels)
{
	if (style->no_size)
		return 0;
	return style->size_down ? pixels / 8 : (pixels + 7) / 8;
}

static uint8_t *put_jpeg(const struct maker *maker, const struct picture *picture, uint32_t offset,
	bool first, uint8_t *out)
{
	const struct maker_style *style = &maker->style;
	const bool restart = style->announce_restart && picture->interval > 0;
	const uint8_t type = picture_type(picture) == 0 ? 0 : 1;

	out = put16(put8(put8(out, style->specific), offset >> 16), offset);
	out = put8(put8(out, type | (restart ? 64u : 0)),
		!first && style->later_q ? style->later_q : style->q);
	out = put8(put8(out, eights(style, picture->width)), eights(style, picture->height));
	if (restart)
		out = put16(put16(out, style->interval_0 ? 0u : picture->interval),
			maker->restart_word);
	if (first && style->q >= 128)
		out = put_tables(style, picture, out);
	return out;
}

static uint8_t *put_headers(const struct maker *maker, const struct picture *picture,
	const struct fragment *fragment, uint8_t *out)
{
	const bool first = fragment->offset == 0;

	out = put_rtp(maker, out, fragment->marker, first);
	return put_jpeg(maker, picture, maker->style.no_offset ? 0 : fragment->offset, first, out);
}

static uint32_t size_of_headers(
	const struct maker *maker, const struct picture *picture, uint32_t offset)
{
	const struct fragment fragment = {.offset = offset};
	uint8_t scratch[MAKER_MOST];

	return (uint32_t)(put_headers(maker, picture, &fragment, scratch) - scratch);
}

/* How many bytes of the scan the packet at `offset` has room for. */
static uint32_t room_at(const struct maker *maker, const struct picture *picture, uint32_t offset)
{
	if (maker->style.room == 0)
		return maker->style.chunk;
	return maker->style.room - maker->style.padding - size_of_headers(maker, picture, offset);
}

static void make_packet(struct maker *maker, const struct picture *picture,
	const struct fragment *fragment, maker_take *take, void *arg)
{
	uint8_t rtp[MAKER_MOST + MOST_CHUNK];
	uint8_t *out = put_headers(maker, picture, fragment, rtp);

	memcpy(out, fragment->data, fragment->size);
	out += fragment->size;
	if (maker->style.padding) {
		memset(out, 0, maker->style.padding);
		out += maker->style.padding;
		out[-1] = maker->style.padding;
	}
	take(arg, rtp, (uint32_t)(out - rtp));
	maker->sequence++;
}

/* Where the interval that begins at `at` ends, its marker included. */
static uint32_t end_of_interval(const uint8_t *data, uint32_t at, uint32_t size)
{
	for (; at + 1 < size; at++)
		if (data[at] == 0xFF && data[at + 1] >= 0xD0 && data[at + 1] <= 0xD7)
			return at + 2;
	return size;
}

/* Chunks of whole intervals; one that is larger than a packet goes into several. */
static void send_intervals(struct maker *maker, const struct picture *picture,
	const struct fragment *all, maker_take *take, void *arg)
{
	uint32_t at = 0, count = 0;

	while (at < all->size) {
		uint32_t end = end_of_interval(all->data, at, all->size);
		const uint32_t room = room_at(maker, picture, at);
		uint32_t held = 1;

		for (uint32_t next; end < all->size; end = next, held++) {
			next = end_of_interval(all->data, end, all->size);
			if (next - at > room)
				break;
		}
		for (uint32_t from = at, most; from < end; from += most) {
			most = room_at(maker, picture, from);
			const bool last = end - from <= most;
			const struct fragment fragment = {from, all->data + from,
				last ? end - from : most, last && end == all->size && all->marker};

			maker->restart_word = (uint16_t)((from == at ? 0x8000 : 0) |
				(last ? 0x4000 : 0) | (count & 0x3FFF));
			make_packet(maker, picture, &fragment, take, arg);
		}
		count += held;
		at = end;
	}
	maker->restart_word = 0xFFFF;
}

static void send_chunks(struct maker *maker, const struct picture *picture,
	const struct fragment *all, maker_take *take, void *arg)
{
	for (uint32_t at = 0, most; at < all->size; at += most) {
		most = room_at(maker, picture, at);
		const bool last = all->size - at <= most;
		const struct fragment fragment = {
			at, all->data + at, last ? all->size - at : most, last && all->marker};

		make_packet(maker, picture, &fragment, take, arg);
	}
}

int maker_picture(struct maker *maker, const struct picture *picture, maker_take *take, void *arg)
{
	const struct maker_style *style = &maker->style;
	const struct fragment all = {
		.data = style->whole_file ? picture->bytes : picture->scan,
		.size = style->whole_file ? picture->size
					  : picture->scan_size + (style->with_eoi ? 2 : 0),
		.marker = !style->no_marker,
	};

	if (style->segments_size > MAKER_MOST / 2)
		return -EMSGSIZE;
	const uint32_t first = size_of_headers(maker, picture, 0);
	const uint32_t later = size_of_headers(maker, picture, 1);
	const uint32_t headers = (first > later ? first : later) + style->padding;

	if (headers > MAKER_MOST ||
		(style->room == 0 ? style->chunk == 0 || style->chunk > MOST_CHUNK
				  : style->room <= headers || style->room > MAKER_MOST))
		return -EMSGSIZE;
	if (style->keep_intervals)
		send_intervals(maker, picture, &all, take, arg);
	else
		send_chunks(maker, picture, &all, take, arg);
	return 0;
}
