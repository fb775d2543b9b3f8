/* What every lane of a stage counts, per camera.
 *
 * Each lane owns one `struct gw_lane_stats` and is its only writer; the API and the audit read them
 * all and add up. What is counted stays with the camera's slot: also after the camera was removed,
 * until another one gets the slot; then it is moved to what removed cameras had in all. The
 * conservation equations, which `gwctl audit` checks on the running daemon and every test at its
 * end, per camera and in total:
 *
 *   packets   rx.packets      = rx.packets_used + packet drops
 *   records   source.records  = source.records_used + record drops
 *   frames    frames_in       = delivered + frame drops (all stages) + in flight
 *                               + sink.results_spooled
 *             in flight       = slots in use (asked of the pool) - sink.samples_held
 *                               + sink.results_waiting
 *   samples   sink.samples    = sink.samples_delivered + sample drops + sink.samples_held
 *                               + sink.samples_beside + sink.samples_spooled
 *
 * A datagram that came in fragments is one packet, and its fragments are none. A fragment whose
 * datagram does not become whole is a packet that matches no camera, counted when that is known.
 */
#pragma once

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/config/config.h"
#include "core/counter.h"
#include "core/drops.h"

enum gw_clock_told { GW_CLOCK_TOLD_OFFSET = 1, GW_CLOCK_TOLD_DRIFT = 2 };

struct gw_camera_stats {
	/* rx only */
	struct gw_counter packets; /* matched to this camera */
	struct gw_counter packets_used; /* became part of a frame, or were RTCP that was taken */
	/* source only */
	struct gw_counter records; /* that named this camera */
	struct gw_counter records_used; /* became a frame */

	/* rx and source: where frames begin */
	struct gw_counter bytes; /* of UDP payload in matched packets; of records' values */
	struct gw_counter last_frame; /* gw_now() of the last complete frame, 0: none yet */
	struct gw_counter size; /* width << 16 | height of the last complete frame */

	/* rx and source: enum gw_clock of the last frame that began, plus 1; 0: none yet */
	struct gw_counter clock;

	/* rx only: what is last known of the stream */
	struct gw_counter reports; /* RTCP packets that were taken: a sum */
	struct gw_counter clock_told; /* enum gw_clock_told, of the two that follow */
	struct gw_counter clock_offset; /* ns, signed: the camera's UTC less the gateway's */
	struct gw_counter clock_drift; /* 10^-9, signed: how fast that grows */
	struct gw_counter jitter; /* ns: interarrival jitter of pictures (RFC 3550, 6.4.1) */
	struct gw_counter lost_ppm; /* packets of a million that did not come lately */

	/* every stage: rx and source begin frames, the others take them from their link; out:
	 * pushed on, at the sink: done with. What rx counts in and not out is dropped (rx) or still
	 * open. */
	struct gw_counter frames_in;
	struct gw_counter frames_out;

	/* sink only */
	struct gw_counter delivered; /* results that the back-end confirmed */
	struct gw_counter results_waiting; /* gauge: handed over, neither confirmed nor refused */
	struct gw_counter results_spooled; /* gauge: the same, and in the spool on the disk */
	struct gw_counter samples; /* pictures chosen for sampling, and enhanced ones */
	struct gw_counter samples_delivered; /* ... that the back-end confirmed */
	struct gw_counter samples_held; /* gauge: slots that only a waiting sample keeps */
	struct gw_counter samples_beside; /* gauge: more of them that wait in such a slot */
	struct gw_counter samples_spooled; /* gauge: those that wait on the disk, in no slot */

	/* A packet drop is counted where it happens, a frame drop by rx when the frame was never
	 * pushed on, otherwise by the sink, which sees every frame at its end. */
	struct gw_counter drops[GW_DROP_COUNT];
	struct gw_counter events[GW_EVENT_COUNT];
};

static_assert(sizeof(struct gw_camera_stats) % sizeof(struct gw_counter) == 0,
	"nothing but counters: they are retired as an array");

/* Entries beyond the cameras': packets that match none, and what is left of removed cameras. */
#define GW_UNMATCHED GW_CAMERAS
#define GW_REMOVED (GW_CAMERAS + 1)
#define GW_SUBJECTS (GW_CAMERAS + 2)

struct gw_lane_stats {
	struct gw_counter turns; /* of the poll loop */
	struct gw_counter busy_turns; /* ... that found work */
	struct gw_camera_stats camera[GW_SUBJECTS]; /* memory is touched by use only */
};

/* NULL when out of memory. */
struct gw_lane_stats *gw_lane_stats_create(void);
void gw_lane_stats_destroy(struct gw_lane_stats *stats);

/* Moves what a slot's camera had to GW_REMOVED: the slot counts from 0 for its next camera. Gauges
 * must be 0. The lane's thread only. */
void gw_lane_stats_retire(struct gw_lane_stats *stats, uint32_t camera);

static inline void gw_count_drop(struct gw_camera_stats *camera, enum gw_drop drop)
{
	gw_counter_add(&camera->drops[drop], 1);
}
