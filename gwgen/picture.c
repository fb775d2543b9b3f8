#include "gwgen/picture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/bytes.h"
#include "jpeg/huffman.h"
#include "jpeg/marker.h"
#include "jpeg/probe.h"

struct tables {
	uint16_t value[PICTURE_TABLES][64];
};

static void read_quantisation(struct tables *tables, const uint8_t *body, uint32_t size)
{
	while (size > 0) {
		const bool wide = body[0] >> 4;
		uint16_t *value = tables->value[body[0] & 3];

		for (uint32_t i = 0; i < 64; i++)
			value[i] = wide ? read_be16(body + 1 + 2 * i) : body[1 + i];
		body += wide ? 129 : 65;
		size -= wide ? 129 : 65;
	}
}

/* Whether a table that is defined there is another than the one of Annex K in its place. */
static bool is_own(const uint8_t *body, uint32_t size)
{
	static const struct {
		const uint8_t *table;
		uint32_t size;
	} usual[2][2] = {{{jpeg_dc_luma, JPEG_DC_SIZE}, {jpeg_dc_chroma, JPEG_DC_SIZE}},
		{{jpeg_ac_luma, JPEG_AC_SIZE}, {jpeg_ac_chroma, JPEG_AC_SIZE}}};

	while (size > 0) {
		const uint8_t class = body[0] >> 4, number = body[0] & 15;
		uint32_t length = 16;

		for (int i = 0; i < 16; i++)
			length += body[1 + i];
		if (number > 1 || length != usual[class][number].size ||
			memcmp(body + 1, usual[class][number].table, length) != 0)
			return true;
		body += 1 + length;
		size -= 1 + length;
	}
	return false;
}

static void read_frame(struct picture *picture, const uint8_t *body, uint8_t names[3])
{
	picture->sampling = body[7];
	for (int i = 0; i < picture->components; i++)
		names[i] = body[6 + 3 * i + 2];
}

/* The probe has found the segments well-formed. */
static void read_segments(struct picture *picture)
{
	struct jpeg_markers markers = {picture->bytes + 2, picture->scan};
	struct tables tables = {0};
	uint8_t marker, names[3] = {0};
	const uint8_t *body;
	uint32_t size;

	while (markers.at < picture->scan && jpeg_marker_next(&markers, &marker) == 0) {
		if (jpeg_marker_segment(&markers, &body, &size) != 0)
			break;
		if (marker == MARKER_DQT)
			read_quantisation(&tables, body, size);
		else if (marker == MARKER_DHT)
			picture->own_huffman |= is_own(body, size);
		else if (jpeg_marker_is_frame(marker))
			read_frame(picture, body, names);
	}
	for (int i = 0; i < picture->components; i++) {
		memcpy(picture->table[i], tables.value[names[i] & 3], sizeof(picture->table[i]));
		if (names[i] >= picture->table_count)
			picture->table_count = (uint8_t)(names[i] + 1);
		for (int k = 0; k < 64; k++)
			picture->wide |= picture->table[i][k] > 255;
	}
}

int picture_open(struct picture *picture, uint8_t *bytes, uint32_t size, struct gw_error *error)
{
	const struct jpeg_limits limits = {65535, 65535};
	struct jpeg_info info;
	const char *cause = "";
	const int status = jpeg_probe(bytes, size, &limits, &info, &cause);

	memset(picture, 0, sizeof(*picture));
	if (status != 0)
		return gw_error_set(
			error, status, "no picture that can be sent as it is: %s", cause);
	*picture = (struct picture){
		.bytes = bytes,
		.size = info.size,
		.width = info.width,
		.height = info.height,
		.interval = info.restart_interval,
		.components = info.components,
		.scan = bytes + info.scan_offset,
		.scan_size = info.size - info.scan_offset - 2,
	};
	read_segments(picture);
	return 0;
}

void picture_close(struct picture *picture)
{
	free(picture->bytes);
	memset(picture, 0, sizeof(*picture));
}

int picture_type(const struct picture *picture)
{
	if (picture->components != 3)
		return -1;
	return picture->sampling == 0x21 ? 0 : picture->sampling == 0x22 ? 1 : -1;
}

uint32_t picture_segments(
	const struct picture *picture, const char *wanted, uint8_t *out, uint32_t room)
{
	struct jpeg_markers markers = {picture->bytes + 2, picture->scan};
	uint32_t used = 0, size;
	const uint8_t *body;
	uint8_t marker;

	while (markers.at < picture->scan && jpeg_marker_next(&markers, &marker) == 0) {
		if (jpeg_marker_segment(&markers, &body, &size) != 0)
			break;
		if (wanted[0] && !strchr(wanted, (char)marker))
			continue;
		if (used + 4 + size > room)
			return 0;
		out[used] = 0xFF;
		out[used + 1] = marker;
		memcpy(out + used + 2, body - 2, size + 2);
		used += 4 + size;
	}
	return used;
}
