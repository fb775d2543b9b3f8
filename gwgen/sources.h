/* The JPEG files that cameras send. */
#pragma once

#include "gwgen/film.h"

struct sources {
	struct film_source *list;
	uint32_t count;
	uint32_t room;
	const char *capture; /* a capture was named in place of pictures; the caller's */
};

/* Adds a JPEG file, all files *.jpg and *.jpeg of a folder in the order of their names, or a
 * capture, which must then be all there is. A negative errno and a line. */
int sources_add(struct sources *sources, const char *path, struct gw_error *error);

/* Adds `count` pictures that are made here. */
int sources_draw(struct sources *sources, uint32_t count, uint16_t width, uint16_t height,
	struct gw_error *error);

void sources_close(struct sources *sources);
