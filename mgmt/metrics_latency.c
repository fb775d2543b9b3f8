#include "mgmt/metrics.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* Limits of buckets, in microseconds: powers of two and one and a half of each, where the
 * gateway's own buckets begin too. */
#define FIRST_LIMIT 128u
#define LAST_LIMIT (1u << 25)

/* What all lanes of the sink have of one histogram, which lies at that place in each. */
static void add_histogram(
	const struct gw *gw, struct exposition *out, const char *part, size_t place)
{
	const struct exposition_label *labels = part ? EXPOSITION_LABELS({"part", part}) : NULL;
	struct gw_histogram sum;
	char le[32];

	memset(&sum, 0, sizeof(sum));
	for (uint32_t i = 0; i < gw->stages[GW_STAGE_SINK].lane_count; i++)
		gw_histogram_add(
			&sum, (const struct gw_histogram *)((const char *)gw->latency[i] + place));
	/* A value counts whole microseconds: one below the limit is at most the limit. */
	for (uint64_t limit = FIRST_LIMIT; limit <= LAST_LIMIT;
		limit = limit & (limit - 1) ? limit / 3 * 4 : limit / 2 * 3) {
		snprintf(le, sizeof(le), "%.9g", (double)limit / 1e6);
		exposition_part(out, "_bucket",
			part ? EXPOSITION_LABELS({"part", part}, {"le", le})
			     : EXPOSITION_LABELS({"le", le}),
			(double)gw_histogram_below(&sum, limit));
	}
	const double count = (double)gw_histogram_below(&sum, UINT64_MAX);

	exposition_part(out, "_bucket",
		part ? EXPOSITION_LABELS({"part", part}, {"le", "+Inf"})
		     : EXPOSITION_LABELS({"le", "+Inf"}),
		count);
	exposition_part(out, "_sum", labels, (double)gw_counter_get(&sum.sum_us) / 1e6);
	exposition_part(out, "_count", labels, count);
}

void metrics_latency(const struct mgmt *mgmt, struct exposition *out)
{
	exposition_begin(out, "framegate_frame_seconds", EXPOSITION_HISTOGRAM,
		"From a frame's first packet to its record.");
	add_histogram(mgmt->gw, out, NULL, offsetof(struct gw_latency, segment[GW_SEGMENT_TOTAL]));
	exposition_begin(out, "framegate_frame_part_seconds", EXPOSITION_HISTOGRAM,
		"The parts of that time: assemble, decode_wait, decode, infer_wait, infer, "
		"sink_wait.");
	for (int i = 0; i < GW_SEGMENT_TOTAL; i++)
		add_histogram(mgmt->gw, out, gw_segments[i].name,
			offsetof(struct gw_latency, segment[i]));
	exposition_begin(out, "framegate_acknowledge_seconds", EXPOSITION_HISTOGRAM,
		"From a record to its confirmation by the brokers.");
	add_histogram(mgmt->gw, out, NULL, offsetof(struct gw_latency, acknowledge));
}
