/* What every stage counts, per camera.
 *
 * Each stage thread owns one `struct gw_stage_stats` and is its only writer; the API and the audit
 * read them all and add up. The conservation equations, which `gwctl audit` checks on the running
 * daemon and every test at its end, per camera and in total:
 *
 *   packets   rx.packets      = rx.packets_used + packet drops
 *   frames    rx.frames_in    = delivered + frame drops (all stages) + in flight
 *             in flight       = slots in use (asked of the pool) - sink.samples_held
 *                               + sink.results_waiting
 *   samples   sink.samples    = sink.samples_delivered + sample drops + sink.samples_held
 */
#pragma once

#include <stdint.h>

#include "core/counter.h"
#include "core/drops.h"

struct gw_frame;

struct gw_camera_stats {
	/* rx only */
	struct gw_counter packets; /* matched to this camera */
	struct gw_counter packets_used; /* became part of a frame */
	struct gw_counter bytes; /* of UDP payload, matched packets */
	struct gw_counter last_frame; /* gw_now() of the last complete frame, 0: none yet */
	struct gw_counter size; /* width << 16 | height of the last complete frame */

	/* every stage: rx begins frames, the others take them from their link; out: pushed on, at
	 * the sink: done with. What rx counts in and not out is dropped (rx) or still open. */
	struct gw_counter frames_in;
	struct gw_counter frames_out;

	/* sink only */
	struct gw_counter delivered; /* results that the back-end confirmed */
	struct gw_counter results_waiting; /* gauge: handed over, neither confirmed nor refused */
	struct gw_counter samples; /* pictures chosen for sampling */
	struct gw_counter samples_delivered; /* ... that the back-end confirmed */
	struct gw_counter samples_held; /* gauge: slots that only a waiting sample keeps */

	/* A packet drop is counted where it happens, a frame drop by rx when the frame was never
	 * pushed on, otherwise by the sink, which sees every frame at its end. */
	struct gw_counter drops[GW_DROP_COUNT];
	struct gw_counter events[GW_EVENT_COUNT];
};

struct gw_stage_stats {
	const char *stage;
	struct gw_counter turns; /* of the poll loop */
	struct gw_counter busy_turns; /* ... that found work */
	uint32_t camera_count;
	/* camera_count + 1 entries: the last one counts what matches no camera. */
	struct gw_camera_stats camera[];
};

struct gw_stage_stats *gw_stage_stats_create(const char *stage, uint32_t camera_count);
void gw_stage_stats_destroy(struct gw_stage_stats *stats);

/* The entry for what matches no camera. */
static inline struct gw_camera_stats *gw_stats_unmatched(struct gw_stage_stats *stats)
{
	return &stats->camera[stats->camera_count];
}

static inline void gw_count_drop(struct gw_camera_stats *camera, enum gw_drop drop)
{
	gw_counter_add(&camera->drops[drop], 1);
}

static inline void gw_count_event(struct gw_camera_stats *camera, enum gw_event event)
{
	gw_counter_add(&camera->events[event], 1);
}
