#include "jpeg/probe.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "core/orientation.h"
#include "jpeg/marker.h"
#include "jpeg/scan.h"
#include "jpeg/segments.h"

/* Other bytes that senders leave behind the end: they change nothing. */
#define MOST_LEFT_OVER 64

static int next_marker(struct jpeg_walk *walk, uint8_t *marker)
{
	const int status = jpeg_marker_next(&walk->markers, marker);

	if (status == 0)
		return 0;
	return jpeg_walk_bad(
		walk, status == -ENODATA ? "no end of image" : "no marker where one must stand");
}

static int take_segment(struct jpeg_walk *walk, const uint8_t **body, uint32_t *size)
{
	const int status = jpeg_marker_segment(&walk->markers, body, size);

	if (status == 0)
		return 0;
	return jpeg_walk_bad(walk,
		status == -ENODATA ? "a segment is cut short"
				   : "a segment is longer than the picture");
}

/* Steps over the entropy-coded bytes: only stuffed 0xff and restart markers in their order may
 * stand there, and one more that begins nothing. Ends before the marker that is neither. */
static int walk_scan(struct jpeg_walk *walk)
{
	const uint8_t *data = walk->markers.at;
	struct jpeg_scan scan = {0};

	jpeg_scan_look(&scan, data, (uint32_t)(walk->markers.end - data));
	walk->markers.at = data + (scan.foreign ? scan.foreign_at : scan.size);
	if (scan.foreign)
		return 0;
	if (!scan.ended)
		return jpeg_walk_bad(walk, "no end of image");
	if (scan.restarts == walk->restarts + 1)
		jpeg_scan_trim(&scan, data);
	if (scan.restarts != walk->restarts || scan.out_of_order)
		return jpeg_walk_bad(walk, "restart markers do not fit the interval");
	return 0;
}

/* Whether what follows the end is no picture: zero bytes, more end markers, a few bytes. */
static bool only_padding(const uint8_t *at, const uint8_t *end)
{
	while (at < end) {
		if (at[0] == 0)
			at++;
		else if (end - at >= 2 && at[0] == 0xff && at[1] == MARKER_EOI)
			at += 2;
		else
			break;
	}
	if (end - at > MOST_LEFT_OVER)
		return false;
	for (; end - at >= 2; at++)
		if (at[0] == 0xff && at[1] == MARKER_SOI)
			return false;
	return true;
}

/* What follows the scan: the end, and no picture after it. */
static int read_end(struct jpeg_walk *walk)
{
	uint8_t marker;
	int status = next_marker(walk, &marker);

	if (status != 0)
		return status;
	switch (marker) {
	case MARKER_EOI:
		if (!only_padding(walk->markers.at, walk->markers.end))
			return jpeg_walk_bad(walk, "bytes after the end of the image");
		walk->info->size = (uint32_t)(walk->markers.at - walk->begin);
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
	if (marker < MARKER_SOF0 || jpeg_marker_is_alone(marker))
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

	const uint8_t *begin = walk->begin;

	if (walk->markers.end - begin < 2 || begin[0] != 0xff || begin[1] != MARKER_SOI)
		return jpeg_walk_bad(walk, "no start of image");
	walk->markers.at = begin + 2;
	while (marker != MARKER_SOS) {
		status = next_marker(walk, &marker);
		if (status == 0)
			status = read_segment(walk, marker);
		if (status != 0)
			return status;
	}
	walk->info->scan_offset = (uint32_t)(walk->markers.at - walk->begin);
	status = walk_scan(walk);
	return status == 0 ? read_end(walk) : status;
}

int jpeg_probe(const uint8_t *data, size_t size, const struct jpeg_limits *limits,
	struct jpeg_info *info, const char **cause)
{
	struct jpeg_walk walk = {
		.begin = data, .markers = {data, data + size}, .limits = limits, .info = info};

	memset(info, 0, sizeof(*info));
	info->orientation = GW_UPRIGHT;
	int status = walk_all(&walk);
	*cause = walk.cause;
	return status;
}
