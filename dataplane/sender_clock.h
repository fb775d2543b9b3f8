/* The camera's clock, as its RTCP sender reports tell it (RFC 3550, 6.4.1): what UTC it was at the
 * camera when the RTP clock said so. One session's; its lane's thread only.
 *
 * A report is a word of somebody else's. It is believed when it is near the gateway's own time: a
 * camera whose clock was never set (1970), that sends local time, or whose reports are forged says
 * nothing. What is believed is followed slowly. A report that contradicts what was believed counts
 * only when the next one agrees with it. A clock that is not told anew is given up. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/clock.h"

/* No camera's clock is believed that is further from the gateway's. */
#define SENDER_CLOCK_MOST_NS (60 * GW_NS_PER_S)

/* Reports this near to what the ones before let expect agree with them; each moves the clock by so
 * much at most. */
#define SENDER_CLOCK_AGREE_NS (100 * GW_NS_PER_MS)
#define SENDER_CLOCK_STEP_NS (5 * GW_NS_PER_MS)

/* A clock holds for so long after a report. */
#define SENDER_CLOCK_HOLD_NS (120 * GW_NS_PER_S)

/* The drift is known after so long, and is that of the last ten to twenty times that. Crystals are
 * within 0.01 %: more is a clock that is being set, and is told as this much. */
#define SENDER_CLOCK_DRIFT_NS (60 * GW_NS_PER_S)
#define SENDER_CLOCK_MOST_DRIFT_PPB 500000

/* Of one sender report. */
struct sender_report {
	int64_t utc; /* the camera's */
	uint32_t timestamp; /* of its RTP clock at that time */
	int64_t when; /* it came, by a clock that never jumps */
	int64_t when_utc; /* the same, by the gateway's UTC clock */
};

struct sender_clock {
	bool is_told; /* `utc` and `timestamp` belong together */
	bool is_doubted; /* the last report said something else: `doubted` */
	bool has_drift;
	uint32_t timestamp;
	int64_t utc;
	int64_t when; /* the last believed report came */
	int64_t offset; /* the camera's UTC less the gateway's, as of then */
	int32_t drift_ppb; /* how fast that grows */
	struct sender_report doubted;

	/* Where the drift is measured from: the older one, and the one that takes its place. */
	struct sender_clock_mark {
		int64_t when, offset;
	} mark[2];
};

enum sender_clock_verdict {
	SENDER_CLOCK_TAKEN,
	/* It contradicts what was believed: the next one decides. */
	SENDER_CLOCK_DOUBTED,
	/* The second that says so: the camera's clock was set. */
	SENDER_CLOCK_JUMPED,
	/* It is too far from the gateway's time. */
	SENDER_CLOCK_REFUSED,
};

/* Takes a report. */
enum sender_clock_verdict sender_clock_take(
	struct sender_clock *clock, const struct sender_report *report);

/* Forgets what was told: the RTP clock jumped. */
void sender_clock_forget(struct sender_clock *clock);

/* When the RTP clock said so: UTC in nanoseconds. False when no report tells it, or what it tells
 * is too far from the gateway's time, `now_utc`; `now` is the same time by the clock that never
 * jumps.
 */
bool sender_clock_read(const struct sender_clock *clock, uint32_t timestamp, int64_t now,
	int64_t now_utc, int64_t *utc);
