#include "gwgen/form.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gwgen/put.h"
#include "jpeg/marker.h"

#define NOTES 3 /* segments */
#define NOTE 1200 /* bytes of each */
#define REST "\xff\xd9\0\0\x12"

static bool is_restart(const uint8_t *at)
{
	return at[0] == 0xFF && at[1] >= MARKER_RST0 && at[1] <= MARKER_RST7;
}

/* Two zero bytes before every restart marker. */
static uint8_t *put_filled(const struct picture *picture, uint8_t *out)
{
	for (uint32_t i = 0; i < picture->scan_size; i++) {
		if (i + 1 < picture->scan_size && is_restart(picture->scan + i))
			out = put16(out, 0);
		out = put8(out, picture->scan[i]);
	}
	return out;
}

/* A restart marker that begins nothing, the end, and a few bytes behind it. */
static uint8_t *put_rest(const struct picture *picture, uint8_t *out)
{
	uint32_t restarts = 0;

	for (uint32_t i = 0; i + 1 < picture->scan_size; i++)
		restarts += is_restart(picture->scan + i);
	out = put16(out, 0xFFD0 + restarts % 8);
	memcpy(out, REST, sizeof(REST) - 1);
	return out + sizeof(REST) - 1;
}

static uint8_t *put_note(uint8_t *out)
{
	out = put16(put16(out, 0xFFE1), 2 + NOTE);
	memset(out, 'n', NOTE);
	return out + NOTE;
}

/* The headers of the file; `scan_header` becomes where the SOS segment ends. */
static uint8_t *put_headers(const struct picture *picture, enum kind_file file, uint8_t *out)
{
	struct jpeg_markers markers = {picture->bytes + 2, picture->scan};
	const uint8_t *body;
	uint8_t marker;
	uint32_t size;

	out = put16(out, 0xFFD8);
	for (int i = 0; file == KIND_FILE_NOTES && i < NOTES; i++)
		out = put_note(out);
	while (markers.at < picture->scan && jpeg_marker_next(&markers, &marker) == 0) {
		if (jpeg_marker_segment(&markers, &body, &size) != 0)
			break;
		if (marker == MARKER_DHT && file == KIND_FILE_BARE)
			continue;
		out = put16(put16(out, 0xFF00u | marker), size + 2);
		memcpy(out, body, size);
		out += size;
		if (marker == MARKER_SOS && file == KIND_FILE_NO_SPECTRUM)
			out[-2] = 0;
	}
	return out;
}

int form_make(struct picture *form, const struct picture *picture, const struct kind *kind)
{
	/* At the worst every second byte begins a marker. */
	const size_t most = 2 * (size_t)picture->size + NOTES * (NOTE + 4) + sizeof(REST) + 8;
	uint8_t *bytes = malloc(most), *out;

	*form = *picture;
	form->bytes = bytes;
	if (!bytes)
		return -ENOMEM;
	out = put_headers(picture, kind->file, bytes);
	form->scan = out;
	if (kind->filling) {
		out = put_filled(picture, out);
	} else {
		memcpy(out, picture->scan, picture->scan_size);
		out += picture->scan_size;
	}
	if (kind->rest)
		out = put_rest(picture, out);
	form->scan_size = (uint32_t)(out - form->scan);
	out = put16(out, 0xFFD9);
	form->size = (uint32_t)(out - bytes);
	return 0;
}
