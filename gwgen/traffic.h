/* The packets of many cameras in the order in which they are due, with what goes wrong on the way.
 * One thread; nothing is allocated after traffic_open(). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "gwgen/camera.h"

/* What goes wrong, each as a share of all packets from 0 to 1. */
struct traffic_faults {
	double loss, duplicate, reorder;
	double intruders; /* forged packets a second: a camera's address, another SSRC */
	int64_t jitter_ns; /* packets come later by up to so much, in their order */
};

struct traffic_plan {
	struct traffic_faults faults;
	bool reports; /* RTCP sender reports, to the next UDP port */
	bool same_port; /* ... to the same one (RFC 5761) */
	int64_t utc_ns; /* UTC at 0 of the clock that packets are due by */
	uint64_t pictures; /* that each camera sends, 0: no end */
	int64_t end_ns; /* no packet is due later, 0: no end */
	uint64_t seed;
};

struct traffic_counts {
	uint64_t packets, bytes; /* that were to be sent, everything included */
	uint64_t pictures; /* that went whole */
	uint64_t unsent; /* pictures with a packet that was to go and did not */
	uint64_t damaged; /* pictures with a packet that was lost on purpose */
	uint64_t lost, duplicates, reordered, intruders, strays, reports; /* packets */
};

struct traffic;

/* The cameras stay the caller's, and are the traffic's to use until it is closed. NULL and a line:
 * out of memory. */
struct traffic *traffic_open(struct camera *cameras, uint32_t count,
	const struct traffic_plan *plan, struct gw_error *error);
void traffic_close(struct traffic *traffic); /* accepts NULL */

/* When the next packet is due; false when all have been sent. */
bool traffic_due(const struct traffic *traffic, int64_t *due_ns);

/* Writes the next packet; `out` has room for TRAFFIC_ROOM bytes. Returns its size; 0 when it is
 * lost on purpose, or held back for a moment. Only while traffic_due() is true. */
#define TRAFFIC_ROOM (NETWORK_MOST + MAKER_MOST)
uint32_t traffic_next(struct traffic *traffic, uint8_t *out);

/* The packet that was written last does not go: its picture is not whole. */
void traffic_spoil(struct traffic *traffic);

const struct traffic_counts *traffic_counts(const struct traffic *traffic);
