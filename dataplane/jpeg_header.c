#include "dataplane/jpeg_header.h"

#include <errno.h>
#include <string.h>

#include "core/frame.h"
#include "dataplane/bytes.h"

static_assert(JPEG_HEADER_MAX <= GW_JPEG_HEADROOM, "the header is written before the scan");

enum {
	SOF0 = 0xC0,
	SOF1 = 0xC1,
	DHT = 0xC4,
	JPG = 0xC8,
	DAC = 0xCC,
	SOF15 = 0xCF,
	RST0 = 0xD0,
	SOI = 0xD8,
	EOI = 0xD9,
	SOS = 0xDA,
	DQT = 0xDB,
	DRI = 0xDD,
	APP0 = 0xE0,
	TEM = 0x01,
	COMPONENTS = 3,
};

/* T.81, tables K.3 to K.6: how many codes there are of each length, then the values. */
static const uint8_t dc_luma[] = {
	0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0,
	0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
};
static const uint8_t dc_chroma[] = {
	0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0,
	0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
};
static const uint8_t ac_luma[] = {
	0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 0x7D,
	0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51, 0x61,
	0x07, 0x22, 0x71, 0x14, 0x32, 0x81, 0x91, 0xA1, 0x08, 0x23, 0x42, 0xB1, 0xC1, 0x15, 0x52,
	0xD1, 0xF0, 0x24, 0x33, 0x62, 0x72, 0x82, 0x09, 0x0A, 0x16, 0x17, 0x18, 0x19, 0x1A, 0x25,
	0x26, 0x27, 0x28, 0x29, 0x2A, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3A, 0x43, 0x44, 0x45,
	0x46, 0x47, 0x48, 0x49, 0x4A, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5A, 0x63, 0x64,
	0x65, 0x66, 0x67, 0x68, 0x69, 0x6A, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7A, 0x83,
	0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99,
	0x9A, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7, 0xA8, 0xA9, 0xAA, 0xB2, 0xB3, 0xB4, 0xB5, 0xB6,
	0xB7, 0xB8, 0xB9, 0xBA, 0xC2, 0xC3, 0xC4, 0xC5, 0xC6, 0xC7, 0xC8, 0xC9, 0xCA, 0xD2, 0xD3,
	0xD4, 0xD5, 0xD6, 0xD7, 0xD8, 0xD9, 0xDA, 0xE1, 0xE2, 0xE3, 0xE4, 0xE5, 0xE6, 0xE7, 0xE8,
	0xE9, 0xEA, 0xF1, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF7, 0xF8, 0xF9, 0xFA,
};
static const uint8_t ac_chroma[] = {
	0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 0x77,
	0x00, 0x01, 0x02, 0x03, 0x11, 0x04, 0x05, 0x21, 0x31, 0x06, 0x12, 0x41, 0x51, 0x07, 0x61,
	0x71, 0x13, 0x22, 0x32, 0x81, 0x08, 0x14, 0x42, 0x91, 0xA1, 0xB1, 0xC1, 0x09, 0x23, 0x33,
	0x52, 0xF0, 0x15, 0x62, 0x72, 0xD1, 0x0A, 0x16, 0x24, 0x34, 0xE1, 0x25, 0xF1, 0x17, 0x18,
	0x19, 0x1A, 0x26, 0x27, 0x28, 0x29, 0x2A, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3A, 0x43, 0x44,
	0x45, 0x46, 0x47, 0x48, 0x49, 0x4A, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5A, 0x63,
	0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6A, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7A,
	0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97,
	0x98, 0x99, 0x9A, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7, 0xA8, 0xA9, 0xAA, 0xB2, 0xB3, 0xB4,
	0xB5, 0xB6, 0xB7, 0xB8, 0xB9, 0xBA, 0xC2, 0xC3, 0xC4, 0xC5, 0xC6, 0xC7, 0xC8, 0xC9, 0xCA,
	0xD2, 0xD3, 0xD4, 0xD5, 0xD6, 0xD7, 0xD8, 0xD9, 0xDA, 0xE2, 0xE3, 0xE4, 0xE5, 0xE6, 0xE7,
	0xE8, 0xE9, 0xEA, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF7, 0xF8, 0xF9, 0xFA,
};
static_assert(sizeof(ac_luma) == 16 + 162 && sizeof(ac_chroma) == 16 + 162, "K.5, K.6");

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

	out = put_segment(out, APP0, sizeof(jfif));
	memcpy(out, jfif, sizeof(jfif));
	return out + sizeof(jfif);
}

static uint8_t *put_table(uint8_t *out, uint8_t number, bool wide, const uint16_t *value)
{
	out = put_segment(out, DQT, 1 + JPEG_TABLE_VALUES * (wide ? 2 : 1));
	out = put(out, (uint8_t)(wide << 4 | number));
	for (int i = 0; i < JPEG_TABLE_VALUES; i++)
		out = wide ? put_be16(out, value[i]) : put(out, (uint8_t)value[i]);
	return out;
}

static uint8_t *put_frame_header(uint8_t *out, const struct jpeg_header_key *key)
{
	const uint8_t luma_sampling = key->sampling == 0 ? 0x21 : 0x22;
	const uint8_t chroma_table = key->tables.count > 1;

	/* 16-bit tables are beyond the baseline process (T.81, B.2.4.1). */
	out = put_segment(out, key->tables.wide ? SOF1 : SOF0, 6 + 3 * COMPONENTS);
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
	out = put_segment(out, DHT, 1 + size);
	out = put(out, class_and_number);
	memcpy(out, table, size);
	return out + size;
}

static uint8_t *put_scan_header(uint8_t *out)
{
	out = put_segment(out, SOS, 4 + 2 * COMPONENTS);
	out = put(out, COMPONENTS);
	out = put(put(out, 1), 0x00);
	out = put(put(out, 2), 0x11);
	out = put(put(out, 3), 0x11);
	return put(put(put(out, 0), 63), 0);
}

static uint32_t write_header(const struct jpeg_header_key *key, uint8_t *begin)
{
	uint8_t *out = put(put(begin, 0xFF), SOI);

	out = put_app0(out);
	for (uint8_t i = 0; i < key->tables.count; i++)
		out = put_table(out, i, key->tables.wide, key->tables.value[i]);
	out = put_frame_header(out, key);
	out = put_huffman(out, 0x00, dc_luma, sizeof(dc_luma));
	out = put_huffman(out, 0x10, ac_luma, sizeof(ac_luma));
	out = put_huffman(out, 0x01, dc_chroma, sizeof(dc_chroma));
	out = put_huffman(out, 0x11, ac_chroma, sizeof(ac_chroma));
	if (key->interval > 0)
		out = put_be16(put_segment(out, DRI, 2), key->interval);
	out = put_scan_header(out);
	return (uint32_t)(out - begin);
}

static bool tables_equal(const struct jpeg_tables *a, const struct jpeg_tables *b)
{
	return a->count == b->count && a->wide == b->wide &&
	       memcmp(a->value, b->value, a->count * sizeof(a->value[0])) == 0;
}

void jpeg_header_update(struct jpeg_header *header, const struct jpeg_header_key *key)
{
	if (header->size > 0 && header->key.width == key->width &&
		header->key.height == key->height && header->key.interval == key->interval &&
		header->key.sampling == key->sampling &&
		tables_equal(&header->key.tables, &key->tables))
		return;
	header->key = *key;
	header->size = write_header(key, header->bytes);
}

static bool is_frame_header(uint8_t marker)
{
	return marker >= SOF0 && marker <= SOF15 && marker != DHT && marker != JPG && marker != DAC;
}

static bool stands_alone(uint8_t marker)
{
	return marker == TEM || (marker >= RST0 && marker <= SOI);
}

int jpeg_header_find_size(
	const uint8_t *data, uint32_t size, uint16_t *width, uint16_t *height)
{
	uint32_t at = 0;

	while (size - at >= 4 && data[at] == 0xFF) {
		uint8_t marker = data[at + 1];

		if (marker == 0xFF) {
			at++;
			continue;
		}
		at += 2;
		if (stands_alone(marker))
			continue;
		if (marker == EOI || marker == SOS || marker == 0)
			break;
		uint32_t length = size - at >= 2 ? read_be16(data + at) : 0;

		if (length < 2 || length > size - at)
			break;
		if (is_frame_header(marker)) {
			if (length < 8)
				break;
			*height = read_be16(data + at + 3);
			*width = read_be16(data + at + 5);
			return *width && *height ? 0 : -ENODATA;
		}
		at += length;
	}
	return -ENODATA;
}
