#include "jpeg/file.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "core/bytes.h"
#include "jpeg/header.h"
#include "jpeg/marker.h"

static_assert(JPEG_FILE_ROOM >= JPEG_HEADER_HUFFMAN, "the tables are put before the file");

/* What is found before the scan. */
struct file_headers {
	uint8_t *scan; /* the marker SOS */
	bool has_huffman;
	bool is_sequential;
	uint16_t width, height;
};

static int read_headers(uint8_t *data, uint32_t size, struct file_headers *headers)
{
	struct jpeg_markers markers = {data, data + size};
	uint8_t marker;

	while (jpeg_marker_next(&markers, &marker) == 0) {
		const uint8_t *begin = markers.at - 2;
		const uint8_t *body;
		uint32_t length;

		if (marker == MARKER_EOI || marker == 0)
			break;
		if (jpeg_marker_is_alone(marker))
			continue;
		if (jpeg_marker_segment(&markers, &body, &length) != 0)
			break;
		if (marker == MARKER_DHT)
			headers->has_huffman = true;
		if (jpeg_marker_is_frame(marker)) {
			if (length < 6)
				break;
			headers->is_sequential = marker == MARKER_SOF0 || marker == MARKER_SOF1;
			headers->height = read_be16(body + 1);
			headers->width = read_be16(body + 3);
		}
		if (marker == MARKER_SOS) {
			headers->scan = data + (begin - data);
			return headers->width && headers->height ? 0 : -ENODATA;
		}
	}
	return -ENODATA;
}

/* Ss, Se and the rest are the last three bytes of the segment (T.81, B.2.3). */
static void mend_scan_header(uint8_t *scan)
{
	const uint32_t length = read_be16(scan + 2);
	uint8_t *selection = scan + 2 + length - 3;

	if (length >= 6 && selection[0] == 0 && selection[1] == 0)
		selection[1] = 63;
}

int jpeg_file_mend(uint8_t *data, uint32_t size, uint16_t *width, uint16_t *height)
{
	struct file_headers headers = {0};
	const int status = read_headers(data, size, &headers);

	if (status != 0)
		return status;
	*width = headers.width;
	*height = headers.height;
	if (!headers.is_sequential)
		return 0;
	mend_scan_header(headers.scan);
	if (headers.has_huffman)
		return 0;
	memmove(data - JPEG_HEADER_HUFFMAN, data, (size_t)(headers.scan - data));
	jpeg_header_put_huffman(headers.scan - JPEG_HEADER_HUFFMAN);
	return JPEG_HEADER_HUFFMAN;
}
