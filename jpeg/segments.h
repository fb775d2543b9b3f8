/* The segments before a JPEG's scan, one by one, and what the probe learns from them. Private to
 * the probe: jpeg_probe.c walks over the markers, jpeg_segments.c understands what follows each. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jpeg/marker.h"
#include "jpeg/probe.h"

#define JPEG_MAX_COMPONENTS 3
#define JPEG_TABLES 4

struct jpeg_component {
	uint8_t id;
	uint8_t h, v; /* sampling factors, 1 .. 4 */
	uint8_t quantisation;
};

/* Where the probe stands, and what it knows by then. */
struct jpeg_walk {
	const uint8_t *begin;
	struct jpeg_markers markers;
	const struct jpeg_limits *limits;
	struct jpeg_info *info;
	const char *cause;

	struct jpeg_component component[JPEG_MAX_COMPONENTS];
	uint8_t frame_marker; /* SOF0 or SOF1, 0 while none was seen */
	bool wide_quantisation[JPEG_TABLES];
	/* Bit n: table n is defined. */
	uint8_t quantisation, dc, ac;
	uint32_t restarts; /* markers that the scan must hold */
};

/* Notes why the walk ends; returns -EBADMSG and -ENOTSUP. */
int jpeg_walk_bad(struct jpeg_walk *walk, const char *cause);
int jpeg_walk_refuse(struct jpeg_walk *walk, const char *cause);

/* Reads `body` .. `body + size`, what stands after the length of the segment of that marker.
 * Returns 0 or what jpeg_probe() returns; after SOS the walk stands at the first byte of the scan.
 */
int jpeg_segment_read(struct jpeg_walk *walk, uint8_t marker, const uint8_t *body, uint32_t size);

/* The name of a coding that is refused, by its marker; NULL for all other markers. */
const char *jpeg_segment_refused(uint8_t marker);
