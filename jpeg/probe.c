#include "jpeg/probe.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "core/bytes.h"
#include "jpeg/marker.h"
#include "jpeg/segments.h"

/* Goes to the next marker, over fill bytes (T.81, B.1.1.2). */
static int next_marker(struct jpeg_walk *walk, uint8_t *marker)
{
	if (walk->at == walk->end || *walk->at != 0xff)
		return jpeg_walk_bad(walk,
			walk->at == walk->end ? "no end of image"
					      : "no marker where one must stand");
	while (walk->at < walk->end && *walk->at == 0xff)
		walk->at++;
	if (walk->at == walk->end)
		return jpeg_walk_bad(walk, "no end of image");
	*marker = *walk->at++;
	return 0;
}

/* Takes a segment's length and steps over the segment: `body` is what follows the length. */
static int take_segment(struct jpeg_walk *walk, const uint8_t **body, uint32_t *size)
{
	size_t left = (size_t)(walk->end - walk->at);

	if (left < 2)
		return jpeg_walk_bad(walk, "a segment is cut short");
	uint32_t length = read_be16(walk->at);
	if (length < 2 || length > left)
		return jpeg_walk_bad(walk, "a segment is longer than the picture");
	*body = walk->at + 2;
	*size = length - 2;
	walk->at += length;
	return 0;
}

/* Steps over the entropy-coded bytes: only stuffed 0xff and restart markers in their order may
 * stand there. Ends before the marker that is neither. */
static int walk_scan(struct jpeg_walk *walk)
{
	uint32_t restarts = 0;

	for (;;) {
		const uint8_t *ff = memchr(walk->at, 0xff, (size_t)(walk->end - walk->at));

		if (!ff)
			return jpeg_walk_bad(walk, "no end of image");
		walk->at = ff;
		while (walk->at < walk->end && *walk->at == 0xff)
			walk->at++;
		if (walk->at == walk->end)
			return jpeg_walk_bad(walk, "no end of image");
		uint8_t next = *walk->at++;
		if (next == 0)
			continue;
		if (next < MARKER_RST0 || next > MARKER_RST7) {
			walk->at -= 2;
			break;
		}
		if (restarts == walk->restarts || next != MARKER_RST0 + restarts % 8)
			return jpeg_walk_bad(walk, "restart markers do not fit the interval");
		restarts++;
	}
	if (restarts != walk->restarts)
		return jpeg_walk_bad(walk, "restart markers do not fit the interval");
	return 0;
}

/* Zero bytes and more end markers. */
static bool only_padding(const uint8_t *at, const uint8_t *end)
{
	while (at < end) {
		if (at[0] == 0)
			at++;
		else if (end - at >= 2 && at[0] == 0xff && at[1] == MARKER_EOI)
			at += 2;
		else
			return false;
	}
	return true;
}

/* What follows the scan: the end, and nothing after it. */
static int read_end(struct jpeg_walk *walk)
{
	uint8_t marker;
	int status = next_marker(walk, &marker);

	if (status != 0)
		return status;
	switch (marker) {
	case MARKER_EOI:
		if (!only_padding(walk->at, walk->end))
			return jpeg_walk_bad(walk, "bytes after the end of the image");
		walk->info->size = (uint32_t)(walk->at - walk->begin);
		return 0;
	case MARKER_DNL:
		return jpeg_walk_refuse(walk, "height after the scan");
	case MARKER_SOS:
	case MARKER_DHT:
	case MARKER_DQT:
	case MARKER_DRI:
		return jpeg_walk_refuse(walk, "more than one scan");
	default:
		return jpeg_walk_bad(walk, "a marker that must not follow a scan");
	}
}

/* One marker before the scan, with its segment. */
static int read_segment(struct jpeg_walk *walk, uint8_t marker)
{
	const uint8_t *body = NULL;
	uint32_t size = 0;

	if (jpeg_segment_refused(marker))
		return jpeg_walk_refuse(walk, jpeg_segment_refused(marker));
	if (marker == MARKER_EOI)
		return jpeg_walk_bad(walk, "no scan");
	if (marker < MARKER_SOF0 || (marker >= MARKER_RST0 && marker <= MARKER_SOI))
		return jpeg_walk_bad(walk, "a marker that must not stand there");
	int status = take_segment(walk, &body, &size);
	if (status != 0)
		return status;
	return jpeg_segment_read(walk, marker, body, size);
}

static int walk_all(struct jpeg_walk *walk)
{
	uint8_t marker = 0;
	int status;

	if (walk->end - walk->at < 2 || walk->at[0] != 0xff || walk->at[1] != MARKER_SOI)
		return jpeg_walk_bad(walk, "no start of image");
	walk->at += 2;
	while (marker != MARKER_SOS) {
		status = next_marker(walk, &marker);
		if (status == 0)
			status = read_segment(walk, marker);
		if (status != 0)
			return status;
	}
	walk->info->scan_offset = (uint32_t)(walk->at - walk->begin);
	status = walk_scan(walk);
	return status == 0 ? read_end(walk) : status;
}

int jpeg_probe(const uint8_t *data, size_t size, const struct jpeg_limits *limits,
	struct jpeg_info *info, const char **cause)
{
	struct jpeg_walk walk = {
		.begin = data, .at = data, .end = data + size, .limits = limits, .info = info};

	memset(info, 0, sizeof(*info));
	int status = walk_all(&walk);
	*cause = walk.cause;
	return status;
}
