#include "jpeg/parts.h"

#include <errno.h>
#include <string.h>

#include "core/bytes.h"
#include "jpeg/huffman.h"
#include "jpeg/marker.h"

enum { DC, AC };

/* T.81, B.2.4.1. */
static int read_quantisation(struct jpeg_parts *parts, const uint8_t *body, uint32_t size)
{
	while (size > 0) {
		const uint32_t number = body[0] & 15;
		const bool wide = body[0] >> 4 == 1;
		const uint32_t length = 1 + JPEG_TABLE_VALUES * (wide ? 2 : 1);

		if (body[0] >> 4 > 1 || number >= JPEG_PARTS_TABLES || size < length)
			return -EBADMSG;
		for (int i = 0; i < JPEG_TABLE_VALUES; i++)
			parts->value[number][i] = wide ? read_be16(body + 1 + 2 * i) : body[1 + i];
		parts->quantisation |= (uint8_t)(1u << number);
		parts->wide &= (uint8_t) ~(1u << number);
		parts->wide |= (uint8_t)(wide << number);
		body += length;
		size -= length;
	}
	return 0;
}

/* T.81, B.2.4.2. */
static int read_huffman(struct jpeg_parts *parts, const uint8_t *body, uint32_t size)
{
	while (size > 0) {
		const uint32_t class = body[0] >> 4, number = body[0] & 15;
		uint32_t values = 0;

		if (class > AC || number >= JPEG_PARTS_TABLES || size < 17)
			return -EBADMSG;
		for (int i = 1; i <= 16; i++)
			values += body[i];
		if (values > 256 || size < 17 + values)
			return -EBADMSG;
		memcpy(parts->code[class][number], body + 1, 16 + values);
		parts->code_size[class][number] = (uint16_t)(16 + values);
		parts->huffman[class] |= (uint8_t)(1u << number);
		body += 17 + values;
		size -= 17 + values;
	}
	return 0;
}

static int read_frame(
	struct jpeg_parts_frame *frame, uint8_t marker, const uint8_t *body, uint32_t size)
{
	const struct jpeg_parts_frame colours = *frame;

	if (marker != MARKER_SOF0 && marker != MARKER_SOF1)
		return -EBADMSG;
	if (size < 6 || body[0] != 8 || (body[5] != 1 && body[5] != 3) || size != 6 + 3u * body[5])
		return -EBADMSG;
	*frame = (struct jpeg_parts_frame){
		.marker = marker,
		.height = read_be16(body + 1),
		.width = read_be16(body + 3),
		.components = body[5],
		.has_jfif = colours.has_jfif,
		.has_adobe = colours.has_adobe,
		.adobe_transform = colours.adobe_transform,
	};
	if (frame->width == 0 || frame->height == 0)
		return -EBADMSG;
	for (uint8_t i = 0; i < frame->components; i++) {
		uint8_t *component = frame->component[i];

		memcpy(component, body + 6 + 3 * i, 3);
		if (component[1] >> 4 < 1 || component[1] >> 4 > 4 || (component[1] & 15) < 1 ||
			(component[1] & 15) > 4 || component[2] >= JPEG_PARTS_TABLES)
			return -EBADMSG;
	}
	return 0;
}

/* T.81, B.2.3. */
static int read_scan(struct jpeg_parts_once *once, const uint8_t *body, uint32_t size)
{
	if (size < 4 || (body[0] != 1 && body[0] != 3) || size != 4 + 2u * body[0])
		return -EBADMSG;
	once->scan_components = body[0];
	for (uint8_t i = 0; i < body[0]; i++) {
		memcpy(once->scan[i], body + 1 + 2 * i, 2);
		if (once->scan[i][1] >> 4 >= JPEG_PARTS_TABLES ||
			(once->scan[i][1] & 15) >= JPEG_PARTS_TABLES)
			return -EBADMSG;
	}
	return 0;
}

static int read_segment(struct jpeg_parts *parts, struct jpeg_parts_once *once, uint8_t marker,
	const uint8_t *body, uint32_t size)
{
	switch (marker) {
	case MARKER_DQT:
		once->has_tables = true;
		return read_quantisation(parts, body, size);
	case MARKER_DHT:
		return read_huffman(parts, body, size);
	case MARKER_DRI:
		if (size != 2)
			return -EBADMSG;
		once->interval = read_be16(body);
		return 0;
	case MARKER_SOS:
		return read_scan(once, body, size);
	case MARKER_APP0:
		parts->frame.has_jfif |= size >= 5 && memcmp(body, "JFIF", 5) == 0;
		return 0;
	case MARKER_APP0 + 14:
		if (size >= 12 && memcmp(body, "Adobe", 5) == 0) {
			parts->frame.has_adobe = true;
			parts->frame.adobe_transform = body[11];
		}
		return 0;
	default:
		if (!jpeg_marker_is_frame(marker))
			return 0;
		once->has_frame = true;
		return read_frame(&parts->frame, marker, body, size);
	}
}

int jpeg_parts_read(
	struct jpeg_parts *parts, struct jpeg_parts_once *once, const uint8_t *data, uint32_t size)
{
	struct jpeg_markers markers = {data, data + size};
	struct jpeg_parts read = *parts;
	uint8_t marker;
	int status;

	*once = (struct jpeg_parts_once){0};
	while ((status = jpeg_marker_next(&markers, &marker)) == 0) {
		const uint8_t *body;
		uint32_t length;

		if (marker == MARKER_EOI || marker == 0)
			return -EBADMSG;
		if (jpeg_marker_is_alone(marker))
			continue;
		if (jpeg_marker_segment(&markers, &body, &length) != 0 ||
			read_segment(&read, once, marker, body, length) != 0)
			return -EBADMSG;
	}
	if (status != -ENODATA)
		return -EBADMSG;
	*parts = read;
	return 0;
}

void jpeg_parts_set_frame(
	struct jpeg_parts_frame *frame, uint8_t subsampling, uint16_t width, uint16_t height)
{
	*frame = (struct jpeg_parts_frame){
		.marker = MARKER_SOF0,
		.components = 3,
		.width = width,
		.height = height,
		.component = {{1, subsampling == 0 ? 0x21 : 0x22, 0}, {2, 0x11, 1}, {3, 0x11, 1}},
		.has_jfif = true,
	};
}

uint32_t jpeg_parts_mcus(const struct jpeg_parts_frame *frame)
{
	uint32_t across = 1, down = 1;

	/* One component alone is not interleaved: its MCU is a block (T.81, A.2.2). */
	for (uint8_t i = 0; frame->components > 1 && i < frame->components; i++) {
		const uint32_t h = frame->component[i][1] >> 4, v = frame->component[i][1] & 15;

		across = h > across ? h : across;
		down = v > down ? v : down;
	}
	across *= 8;
	down *= 8;
	return ((frame->width + across - 1) / across) * ((frame->height + down - 1) / down);
}

/* Where headers are written to. */
struct out {
	uint8_t *at, *end;
	bool is_full;
};

static void put(struct out *out, const void *bytes, uint32_t size)
{
	if (out->is_full || (size_t)(out->end - out->at) < size) {
		out->is_full = true;
		return;
	}
	memcpy(out->at, bytes, size);
	out->at += size;
}

static void put8(struct out *out, uint32_t value)
{
	put(out, &(uint8_t){(uint8_t)value}, 1);
}

static void put16(struct out *out, uint32_t value)
{
	put8(out, value >> 8);
	put8(out, value);
}

static void put_segment(struct out *out, uint32_t marker, uint32_t size)
{
	put8(out, 0xFF);
	put8(out, marker);
	put16(out, size + 2);
}

static void put_quantisation(struct out *out, uint32_t number, bool wide, const uint16_t *value)
{
	put_segment(out, MARKER_DQT, 1 + JPEG_TABLE_VALUES * (wide ? 2 : 1));
	put8(out, (wide ? 16 : 0) + number);
	for (int i = 0; i < JPEG_TABLE_VALUES; i++) {
		if (wide)
			put16(out, value[i]);
		else
			put8(out, value[i]);
	}
}

/* Those that the frame's components name. False: one is missing. */
static bool put_all_quantisation(struct out *out, const struct jpeg_parts *parts,
	const struct jpeg_parts_frame *frame, const struct jpeg_tables *tables, bool *any_wide)
{
	uint32_t done = 0;

	for (uint8_t i = 0; i < frame->components; i++) {
		const uint32_t number = frame->component[i][2];
		const bool wide = tables ? tables->wide : parts->wide >> number & 1;

		if (done >> number & 1)
			continue;
		done |= 1u << number;
		*any_wide |= wide;
		if (tables)
			put_quantisation(
				out, number, wide, tables->value[number > 0 && tables->count > 1]);
		else if (parts->quantisation >> number & 1)
			put_quantisation(out, number, wide, parts->value[number]);
		else
			return false;
	}
	return true;
}

static void put_frame(struct out *out, const struct jpeg_parts_frame *frame, bool wide)
{
	put_segment(out, wide ? MARKER_SOF1 : frame->marker, 6 + 3u * frame->components);
	put8(out, 8);
	put16(out, frame->height);
	put16(out, frame->width);
	put8(out, frame->components);
	put(out, frame->component, 3u * frame->components);
}

static bool put_huffman(struct out *out, const struct jpeg_parts *parts, uint32_t class,
	uint32_t number, uint32_t *done)
{
	static const uint8_t *const usual[2][2] = {
		{jpeg_dc_luma, jpeg_dc_chroma}, {jpeg_ac_luma, jpeg_ac_chroma}};
	const bool is_own = parts->huffman[class] >> number & 1;
	uint32_t size = class == DC ? JPEG_DC_SIZE : JPEG_AC_SIZE;

	if (*done >> (4 * class + number) & 1)
		return true;
	*done |= 1u << (4 * class + number);
	if (!is_own && number > 1)
		return false;
	if (is_own)
		size = parts->code_size[class][number];
	put_segment(out, MARKER_DHT, 1 + size);
	put8(out, class * 16 + number);
	put(out, is_own ? parts->code[class][number] : usual[class][number], size);
	return true;
}

/* Luma has tables 0, chroma tables 1, unless the scan header says something else. */
static void find_scan(const struct jpeg_parts_frame *frame, const struct jpeg_parts_once *once,
	uint8_t scan[JPEG_PARTS_COMPONENTS][2])
{
	for (uint8_t i = 0; i < frame->components; i++) {
		scan[i][0] = frame->component[i][0];
		scan[i][1] = i == 0 ? 0x00 : 0x11;
	}
	if (once->scan_components == frame->components)
		memcpy(scan, once->scan, sizeof(once->scan));
}

static void put_colours(struct out *out, const struct jpeg_parts_frame *frame)
{
	static const uint8_t jfif[] = {'J', 'F', 'I', 'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0};
	static const uint8_t adobe[] = {'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0};

	if (frame->has_jfif) {
		put_segment(out, MARKER_APP0, sizeof(jfif));
		put(out, jfif, sizeof(jfif));
	}
	if (frame->has_adobe) {
		put_segment(out, MARKER_APP0 + 14, sizeof(adobe) + 1);
		put(out, adobe, sizeof(adobe));
		put8(out, frame->adobe_transform);
	}
}

uint32_t jpeg_parts_write(const struct jpeg_parts *parts, const struct jpeg_parts_frame *frame,
	const struct jpeg_parts_once *once, uint16_t interval, const struct jpeg_tables *tables,
	uint8_t *begin, uint32_t room)
{
	struct out out = {begin, begin + room, false};
	uint8_t scan[JPEG_PARTS_COMPONENTS][2];
	uint32_t done = 0;
	bool wide = false;

	find_scan(frame, once, scan);
	put8(&out, 0xFF);
	put8(&out, MARKER_SOI);
	put_colours(&out, frame);
	if (!put_all_quantisation(&out, parts, frame, tables, &wide))
		return 0;
	put_frame(&out, frame, wide);
	for (uint8_t i = 0; i < frame->components; i++)
		if (!put_huffman(&out, parts, DC, scan[i][1] >> 4, &done) ||
			!put_huffman(&out, parts, AC, scan[i][1] & 15, &done))
			return 0;
	if (interval > 0) {
		put_segment(&out, MARKER_DRI, 2);
		put16(&out, interval);
	}
	put_segment(&out, MARKER_SOS, 4 + 2u * frame->components);
	put8(&out, frame->components);
	put(&out, scan, 2u * frame->components);
	put8(&out, 0);
	put8(&out, 63);
	put8(&out, 0);
	return out.is_full ? 0 : (uint32_t)(out.at - begin);
}
