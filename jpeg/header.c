#include "jpeg/header.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "core/bytes.h"
#include "core/frame.h"
#include "jpeg/huffman.h"
#include "jpeg/marker.h"

static_assert(JPEG_HEADER_MAX <= GW_JPEG_HEADROOM, "the header is written before the scan");

static_assert(JPEG_HEADER_HUFFMAN == 2 * (5 + JPEG_DC_SIZE) + 2 * (5 + JPEG_AC_SIZE), "");

enum { COMPONENTS = 3 };

static uint8_t *put(uint8_t *out, uint8_t byte)
{
	*out = byte;
	return out + 1;
}

static uint8_t *put_be16(uint8_t *out, uint32_t value)
{
	return put(put(out, (uint8_t)(value >> 8)), (uint8_t)value);
}

/* A marker and the length of its segment; `size` is that of the contents. */
static uint8_t *put_segment(uint8_t *out, uint8_t marker, uint32_t size)
{
	return put_be16(put(put(out, 0xFF), marker), size + 2);
}

static uint8_t *put_app0(uint8_t *out)
{
	/* JFIF 1.01, no density: it tells decoders that the colours are YCbCr. */
	static const uint8_t jfif[] = {'J', 'F', 'I', 'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0};

	out = put_segment(out, MARKER_APP0, sizeof(jfif));
	memcpy(out, jfif, sizeof(jfif));
	return out + sizeof(jfif);
}

static uint8_t *put_table(uint8_t *out, uint8_t number, bool wide, const uint16_t *value)
{
	out = put_segment(out, MARKER_DQT, 1 + JPEG_TABLE_VALUES * (wide ? 2 : 1));
	out = put(out, (uint8_t)(wide << 4 | number));
	for (int i = 0; i < JPEG_TABLE_VALUES; i++)
		out = wide ? put_be16(out, value[i]) : put(out, (uint8_t)value[i]);
	return out;
}

static uint8_t *put_frame_header(uint8_t *out, const struct jpeg_header_key *key)
{
	const uint8_t luma_sampling = key->subsampling == 0 ? 0x21 : 0x22;
	const uint8_t chroma_table = key->tables.count > 1;

	/* 16-bit tables are beyond the baseline process (T.81, B.2.4.1). */
	out = put_segment(out, key->tables.wide ? MARKER_SOF1 : MARKER_SOF0, 6 + 3 * COMPONENTS);
	out = put(out, 8);
	out = put_be16(out, key->height);
	out = put_be16(out, key->width);
	out = put(out, COMPONENTS);
	out = put(put(put(out, 1), luma_sampling), 0);
	out = put(put(put(out, 2), 0x11), chroma_table);
	return put(put(put(out, 3), 0x11), chroma_table);
}

static uint8_t *put_huffman(
	uint8_t *out, uint8_t class_and_number, const uint8_t *table, uint32_t size)
{
	out = put_segment(out, MARKER_DHT, 1 + size);
	out = put(out, class_and_number);
	memcpy(out, table, size);
	return out + size;
}

void jpeg_header_put_huffman(uint8_t *out)
{
	out = put_huffman(out, 0x00, jpeg_dc_luma, JPEG_DC_SIZE);
	out = put_huffman(out, 0x10, jpeg_ac_luma, JPEG_AC_SIZE);
	out = put_huffman(out, 0x01, jpeg_dc_chroma, JPEG_DC_SIZE);
	put_huffman(out, 0x11, jpeg_ac_chroma, JPEG_AC_SIZE);
}

static uint8_t *put_scan_header(uint8_t *out)
{
	out = put_segment(out, MARKER_SOS, 4 + 2 * COMPONENTS);
	out = put(out, COMPONENTS);
	out = put(put(out, 1), 0x00);
	out = put(put(out, 2), 0x11);
	out = put(put(out, 3), 0x11);
	return put(put(put(out, 0), 63), 0);
}

static uint32_t write_header(const struct jpeg_header_key *key, uint8_t *begin)
{
	uint8_t *out = put(put(begin, 0xFF), MARKER_SOI);

	out = put_app0(out);
	for (uint8_t i = 0; i < key->tables.count; i++)
		out = put_table(out, i, key->tables.wide, key->tables.value[i]);
	out = put_frame_header(out, key);
	jpeg_header_put_huffman(out);
	out += JPEG_HEADER_HUFFMAN;
	if (key->interval > 0)
		out = put_be16(put_segment(out, MARKER_DRI, 2), key->interval);
	out = put_scan_header(out);
	return (uint32_t)(out - begin);
}

static bool tables_equal(const struct jpeg_tables *a, const struct jpeg_tables *b)
{
	return a->count == b->count && a->wide == b->wide &&
		memcmp(a->value, b->value, a->count * sizeof(a->value[0])) == 0;
}

static bool holds_zero(const struct jpeg_tables *tables)
{
	for (uint8_t i = 0; i < tables->count; i++)
		for (int k = 0; k < JPEG_TABLE_VALUES; k++)
			if (tables->value[i][k] == 0)
				return true;
	return false;
}

void jpeg_header_update(struct jpeg_header *header, const struct jpeg_header_key *key)
{
	if (header->size > 0 && header->key.width == key->width &&
		header->key.height == key->height && header->key.interval == key->interval &&
		header->key.subsampling == key->subsampling &&
		tables_equal(&header->key.tables, &key->tables))
		return;
	header->key = *key;
	header->size = write_header(key, header->bytes);
	header->sound = !holds_zero(&key->tables);
}

int jpeg_header_find_size(const uint8_t *data, uint32_t size, uint16_t *width, uint16_t *height)
{
	struct jpeg_markers markers = {data, data + size};
	uint8_t marker;

	while (jpeg_marker_next(&markers, &marker) == 0) {
		const uint8_t *body;
		uint32_t length;

		if (marker == MARKER_EOI || marker == MARKER_SOS || marker == 0)
			break;
		if (jpeg_marker_is_alone(marker))
			continue;
		if (jpeg_marker_segment(&markers, &body, &length) != 0)
			break;
		if (jpeg_marker_is_frame(marker)) {
			if (length < 6)
				break;
			if (read_be16(body + 1) == 0 || read_be16(body + 3) == 0)
				break;
			*height = read_be16(body + 1);
			*width = read_be16(body + 3);
			return 0;
		}
	}
	return -ENODATA;
}

void jpeg_header_add_interval(uint8_t *header, uint32_t size, uint16_t interval)
{
	/* DRI goes before SOS, which comes last and always has the same length. */
	const uint32_t scan_header = 4 + 4 + 2 * COMPONENTS;

	memmove(header - JPEG_HEADER_INTERVAL, header, size - scan_header);
	uint8_t *out = header - JPEG_HEADER_INTERVAL + size - scan_header;

	put_be16(put_segment(out, MARKER_DRI, 2), interval);
}
