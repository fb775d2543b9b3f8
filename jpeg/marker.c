#include "jpeg/marker.h"

#include <errno.h>
#include <stddef.h>

#include "core/bytes.h"

int jpeg_marker_next(struct jpeg_markers *markers, uint8_t *marker)
{
	const uint8_t *at = markers->at;

	if (at < markers->end && *at != 0xFF)
		return -EBADMSG;
	while (at < markers->end && *at == 0xFF)
		at++;
	if (at == markers->end)
		return -ENODATA;
	*marker = *at;
	markers->at = at + 1;
	return 0;
}

int jpeg_marker_segment(struct jpeg_markers *markers, const uint8_t **body, uint32_t *size)
{
	const size_t left = (size_t)(markers->end - markers->at);

	if (left < 2)
		return -ENODATA;
	const uint32_t length = read_be16(markers->at);

	if (length < 2 || length > left)
		return -EBADMSG;
	*body = markers->at + 2;
	*size = length - 2;
	markers->at += length;
	return 0;
}

bool jpeg_marker_is_frame(uint8_t marker)
{
	return marker >= MARKER_SOF0 && marker <= MARKER_SOF15 && marker != MARKER_DHT &&
		marker != MARKER_JPG && marker != MARKER_DAC;
}

bool jpeg_marker_is_alone(uint8_t marker)
{
	return marker == MARKER_TEM || (marker >= MARKER_RST0 && marker <= MARKER_EOI);
}
