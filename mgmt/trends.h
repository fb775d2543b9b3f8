/* How each camera did over the last hour: what came, what was lost, how long frames took and what
 * was dropped, in spans of ten seconds.
 *
 * It is a ring for each slot of a camera, made whole at the start and touched by use only: about
 * 20 KiB a camera, 80 MiB for all 4,096 (TRENDS_BYTES). Counters are read, and none is written:
 * it costs the pipeline nothing.
 */
#pragma once

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "core/gateway.h"

#define TREND_POINTS 360 /* an hour */
#define TREND_EVERY_S 10
#define TREND_DROPS 4

/* What no reading says: the camera was not there, or nobody looked. */
#define TREND_UNKNOWN UINT32_MAX

/* Of one span. What would not fit is the largest that does. */
struct trend_point {
	uint32_t frames; /* complete ones; TREND_UNKNOWN: nothing of the point is known */
	uint32_t packets, lost; /* those that came, and those that did not, by their numbers */
	uint32_t kib; /* of payload */
	uint32_t p50_us, p90_us, p99_us; /* first packet to record; 0: no frame came to its end */
	/* The causes that took most, the largest first; GW_DROP_NONE: no more. */
	struct {
		uint32_t cause : 8; /* enum gw_drop */
		uint32_t count : 24;
	} drop[TREND_DROPS];
	uint32_t beside; /* of all other causes */
};

static_assert(sizeof(struct trend_point) == 48, "docs/operating.md says what an hour takes");
static_assert(GW_DROP_COUNT <= 256, "a cause is told in eight bits");

/* One camera's, the oldest first. */
struct trend {
	uint32_t count;
	int64_t end[TREND_POINTS]; /* gw_now() */
	int64_t took[TREND_POINTS]; /* ns that the span is long */
	struct trend_point point[TREND_POINTS];
};

struct trends;

/* NULL when out of memory. Destroy accepts NULL. */
struct trends *trends_create(const struct gw *gw);
void trends_destroy(struct trends *trends);

/* Takes a reading every ten seconds, when it is called more often; `now` as of gw_now(). One
 * thread: some milliseconds for thousands of cameras, during which who reads waits. */
void trends_note(struct trends *trends, int64_t now);

/* Copies what is kept of the camera that has the slot now, held (gw_cameras_hold()), from when
 * something was first known of it. Any thread. */
void trends_read(struct trends *trends, uint32_t camera, struct trend *trend);

/* What all of it takes when every slot is used. */
extern const size_t TRENDS_BYTES;
