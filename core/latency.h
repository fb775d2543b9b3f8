/* How long frames take, stage by stage: histograms with a fixed relative error.
 *
 * Each lane of the sink has its own and is the only writer: at the end of the way a frame carries
 * all of its stamps. Readers may be any thread; what they read is a snapshot that is not torn per
 * bucket.
 */
#pragma once

#include <stdint.h>

#include "core/config/config.h"
#include "core/counter.h"
#include "core/frame.h"

/* Values in microseconds up to 2^26 (67 s, larger ones are counted there); 32 buckets per power of
 * two: a quantile is at most 3.2 % too large. */
#define GW_HISTOGRAM_SUB_BITS 5
#define GW_HISTOGRAM_BUCKETS ((26 - GW_HISTOGRAM_SUB_BITS + 1) << GW_HISTOGRAM_SUB_BITS)

struct gw_histogram {
	struct gw_counter count;
	struct gw_counter sum_us;
	struct gw_counter max_us;
	struct gw_counter bucket[GW_HISTOGRAM_BUCKETS];
};

void gw_histogram_record(struct gw_histogram *histogram, uint64_t us);

/* The smallest bucket limit that at least `quantile` (0 .. 1) of the values do not exceed, in
 * microseconds; 0 when nothing was recorded. */
uint64_t gw_histogram_quantile(const struct gw_histogram *histogram, double quantile);

/* How many of the values are below `us`. Exact where a bucket begins, as at every power of two and,
 * above 2^SUB_BITS, at one and a half of each; else what shares a bucket with `us` is left out. Of
 * UINT64_MAX: all of them. */
uint64_t gw_histogram_below(const struct gw_histogram *histogram, uint64_t us);

/* The parts of a frame's time, in its order. X(NAME, "name", from stamp, to stamp, "sentence") */
#define GW_SEGMENTS(X) \
	X(ASSEMBLE, "assemble", FIRST_PACKET, COMPLETE, "From the first packet to the last.") \
	X(DECODE_WAIT, "decode_wait", COMPLETE, DECODE, "Waiting for a decoder.") \
	X(DECODE, "decode", DECODE, DECODED, "Decoding.") \
	X(INFER_WAIT, "infer_wait", DECODED, INFER, "Waiting for the batch to be the next.") \
	X(INFER, "infer", INFER, INFERRED, \
		"Preparing what is left of the batch, and running the model on it.") \
	X(SINK_WAIT, "sink_wait", INFERRED, SINK, "Waiting for the sink and making the record.") \
	X(TOTAL, "total", FIRST_PACKET, SINK, "From the first packet to the record.")

enum gw_segment {
#define X(NAME, ...) GW_SEGMENT_##NAME,
	GW_SEGMENTS(X)
#undef X
		GW_SEGMENT_COUNT
};

struct gw_segment_info {
	const char *name;
	enum gw_stamp from, to;
	const char *meaning;
};

extern const struct gw_segment_info gw_segments[GW_SEGMENT_COUNT];

struct gw_latency {
	struct gw_histogram segment[GW_SEGMENT_COUNT];
	struct gw_histogram acknowledge; /* record handed over to delivery report; by the sink */
	struct gw_histogram camera[GW_CAMERAS]; /* total, per camera; touched by use only */
};

/* NULL when out of memory. */
struct gw_latency *gw_latency_create(void);
void gw_latency_destroy(struct gw_latency *latency);

/* Microseconds between two stamps of a frame; -1 when one of them was not reached. */
int64_t gw_frame_span_us(const struct gw_frame *frame, enum gw_stamp from, enum gw_stamp to);

/* Records all segments that the frame went through. The lane's thread only. */
void gw_latency_record(struct gw_latency *latency, const struct gw_frame *frame);

/* Forgets a camera's times: its slot gets another camera. The lane's thread only. */
void gw_latency_retire(struct gw_latency *latency, uint32_t camera);

/* Adds what one histogram holds to another, which nobody else reads. Any thread. */
void gw_histogram_add(struct gw_histogram *sum, const struct gw_histogram *one);
