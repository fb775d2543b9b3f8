/* Figures per second: counters now against counters of one to two seconds ago.
 *
 * The last few readings are kept; a request compares with one of them, so that asking costs no
 * waiting and many who ask do not disturb each other.
 */
#pragma once

#include "core/gateway.h"

struct rates;

enum camera_state {
	CAMERA_SILENT, /* no complete frame so far */
	CAMERA_LIVE, /* a frame within 2 s, or within 5 of its frame periods */
	CAMERA_STALLED, /* it was live */
};

struct camera_rates {
	enum camera_state state;
	double fps; /* complete frames */
	double mbps; /* 10^6 bit/s of UDP payload */
	double packets_per_s;
	double dropped_per_s; /* frames */
	int64_t last_frame_age_ms; /* -1: none so far */
};

/* Prepares the readings; NULL and errno on failure. Takes the first one at once. */
struct rates *rates_create(const struct gw *gw);

/* Frees everything. Accepts NULL. */
void rates_destroy(struct rates *rates);

/* Takes one reading; `now` as of gw_now(). One thread, about once a second. */
void rates_note(struct rates *rates, int64_t now);

/* Any thread. */
struct camera_rates rates_camera(struct rates *rates, uint32_t camera, int64_t now);

/* The share (0 .. 1) of the stage's turns that found work. Any thread. */
double rates_busy(struct rates *rates, enum gw_stage_index stage);

/* Processors that the stage's threads kept busy between the last two readings: 1.5 is one and a
 * half. Any thread. */
double rates_processor(struct rates *rates, enum gw_stage_index stage);

const char *camera_state_name(enum camera_state state);
