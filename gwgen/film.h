/* All packets that a kind of camera sends of a set of pictures, made before the first one goes.
 * Many cameras send the same film. Read-only once it is made: any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "gwgen/kinds.h"

enum film_flag {
	FILM_STRAY = 1, /* not of the camera's source: it takes none of its numbers */
	FILM_LAST = 2, /* the last packet of a shot */
};

struct film_packet {
	uint32_t at; /* in the film's bytes: an RTP packet without number, timestamp and SSRC */
	uint32_t sum; /* of its 16-bit words */
	uint16_t size;
	uint16_t number; /* within its shot */
	uint8_t flags; /* enum film_flag */
};

/* What goes out under one timestamp. */
struct film_shot {
	uint32_t first, count; /* packets */
	uint16_t numbers; /* how many sequence numbers they take */
	uint16_t pictures; /* 2: fields */
	uint32_t picture; /* the first of them */
};

struct film {
	const struct kind *kind;
	uint8_t *bytes;
	struct film_packet *packets;
	struct film_shot *shots;
	struct picture *pictures; /* as a receiver must see them */
	uint32_t bytes_count, packet_count, shot_count, picture_count;
	uint32_t bytes_room, packet_room;
	uint32_t loop; /* after the last shot, this one follows */
	uint32_t longest; /* RTP packet */
	uint32_t kept, lossless, lossy; /* how the pictures came about */
};

/* Where a picture comes from. */
struct film_source {
	const char *name; /* for errors */
	const uint8_t *bytes; /* a JPEG file */
	uint32_t size;
};

/* Makes a film whose RTP packets have `room` bytes at most. What it was made from stays the
 * caller's. Returns 0, or a negative errno and a line. */
int film_make(struct film *film, const struct kind *kind, const struct film_source *sources,
	uint32_t count, uint32_t room, struct gw_error *error);

/* One packet of that many bytes, again and again: no pictures. */
int film_make_plain(struct film *film, uint32_t size, struct gw_error *error);

/* Appends an RTP packet to the shot that is open; for who makes films from elsewhere. -ENOMEM. */
int film_add(struct film *film, const uint8_t *rtp, uint32_t size, uint16_t number, uint8_t flags);

/* Ends the shot of those packets that were added since the last one. `numbers`: what they take.
 * -ENOMEM. */
int film_cut(struct film *film, uint16_t numbers, uint16_t pictures, uint32_t picture);

void film_destroy(struct film *film);
