/* A camera that sends a film: its numbers, its clock, and when its next packet is due. One thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "gwgen/film.h"
#include "gwgen/network.h"
#include "gwgen/random.h"

struct camera_plan {
	int64_t begin_ns; /* when its first picture begins, on whatever clock */
	double period_ns; /* from picture to picture */
	bool at_once; /* the packets of a picture back to back; else evenly over its period */
	uint64_t link_bps; /* back to back means at that speed, 0: at once */
	uint64_t seed;
};

struct camera {
	const struct film *film;
	struct network network;
	struct camera_plan plan;
	uint32_t ssrc, stray_ssrc;
	uint32_t clock_base; /* the timestamp at clock_begin_ns */
	int64_t clock_begin_ns;
	uint16_t sequence, stray_sequence; /* of the shot's first packet; of the next stray */
	uint32_t shot, packet; /* the next one */
	uint64_t shots; /* that were sent */
	uint64_t since_anew; /* pictures */
	int64_t shot_bytes; /* of the shot that went before the next packet */
	struct random random;

	/* For sender reports. */
	uint32_t packets, octets;
	int64_t report_due_ns;
};

/* One packet, not yet written. */
struct camera_packet {
	uint32_t index; /* in the film */
	uint32_t timestamp, ssrc;
	uint16_t sequence;
};

void camera_begin(struct camera *camera, const struct film *film, const struct network *network,
	const struct camera_plan *plan);

/* When the next packet is due. */
int64_t camera_due(const struct camera *camera);

/* When the picture that is being sent, or comes next, began. */
int64_t camera_shot_begin(const struct camera *camera);

/* Takes the next packet; returns its flags (enum film_flag). */
uint8_t camera_take(struct camera *camera, struct camera_packet *packet);

/* Writes a packet that was taken, with all headers. Returns its size; `out` has room for the
 * longest one. */
uint32_t camera_write(
	const struct camera *camera, const struct camera_packet *packet, uint8_t *out);

/* The timestamp of the picture that is being sent, or comes next. */
uint32_t camera_timestamp(const struct camera *camera);
