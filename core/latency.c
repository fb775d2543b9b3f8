#include "core/latency.h"

#include <sys/mman.h>

const struct gw_segment_info gw_segments[GW_SEGMENT_COUNT] = {
#define X(NAME, name, from, to, meaning) \
	[GW_SEGMENT_##NAME] = {name, GW_STAMP_##from, GW_STAMP_##to, meaning},
	GW_SEGMENTS(X)
#undef X
};

/* Values below 2^SUB_BITS have a bucket each; above, the highest SUB_BITS + 1 bits choose it. */
static uint32_t bucket_of(uint64_t us)
{
	if (us < (1u << GW_HISTOGRAM_SUB_BITS))
		return (uint32_t)us;
	uint32_t exponent = 63 - (uint32_t)__builtin_clzll(us);
	uint32_t shift = exponent - GW_HISTOGRAM_SUB_BITS;
	uint32_t bucket = ((shift + 1) << GW_HISTOGRAM_SUB_BITS) +
		(uint32_t)((us >> shift) & ((1u << GW_HISTOGRAM_SUB_BITS) - 1));

	return bucket < GW_HISTOGRAM_BUCKETS ? bucket : GW_HISTOGRAM_BUCKETS - 1;
}

/* The largest value that falls into the bucket. */
static uint64_t bucket_limit(uint32_t bucket)
{
	uint32_t group = bucket >> GW_HISTOGRAM_SUB_BITS;
	uint64_t step = bucket & ((1u << GW_HISTOGRAM_SUB_BITS) - 1);

	if (group == 0)
		return step;
	return (((1ull << GW_HISTOGRAM_SUB_BITS) + step + 1) << (group - 1)) - 1;
}

void gw_histogram_record(struct gw_histogram *histogram, uint64_t us)
{
	gw_counter_add(&histogram->bucket[bucket_of(us)], 1);
	gw_counter_add(&histogram->sum_us, us);
	if (us > gw_counter_get(&histogram->max_us))
		gw_counter_set(&histogram->max_us, us);
	gw_counter_add(&histogram->count, 1);
}

uint64_t gw_histogram_quantile(const struct gw_histogram *histogram, double quantile)
{
	uint64_t total = gw_counter_get(&histogram->count);
	uint64_t seen = 0;

	if (total == 0)
		return 0;
	uint64_t wanted = (uint64_t)(quantile * (double)total + 0.999999);
	uint64_t max = gw_counter_get(&histogram->max_us);

	/* The last bucket has no limit but the maximum. */
	for (uint32_t i = 0; i < GW_HISTOGRAM_BUCKETS - 1; i++) {
		seen += gw_counter_get(&histogram->bucket[i]);
		if (seen >= wanted && seen > 0)
			return bucket_limit(i) < max ? bucket_limit(i) : max;
	}
	return max;
}

uint64_t gw_histogram_below(const struct gw_histogram *histogram, uint64_t us)
{
	const uint32_t end = us == UINT64_MAX ? GW_HISTOGRAM_BUCKETS : bucket_of(us);
	uint64_t sum = 0;

	for (uint32_t i = 0; i < end; i++)
		sum += gw_counter_get(&histogram->bucket[i]);
	return sum;
}

void gw_histogram_add(struct gw_histogram *sum, const struct gw_histogram *one)
{
	const uint64_t max = gw_counter_get(&one->max_us);

	gw_counter_add(&sum->count, gw_counter_get(&one->count));
	gw_counter_add(&sum->sum_us, gw_counter_get(&one->sum_us));
	if (max > gw_counter_get(&sum->max_us))
		gw_counter_set(&sum->max_us, max);
	for (uint32_t i = 0; i < GW_HISTOGRAM_BUCKETS; i++)
		gw_counter_add(&sum->bucket[i], gw_counter_get(&one->bucket[i]));
}

struct gw_latency *gw_latency_create(void)
{
	struct gw_latency *latency = mmap(NULL, sizeof(*latency), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return latency == MAP_FAILED ? NULL : latency;
}

void gw_latency_destroy(struct gw_latency *latency)
{
	if (latency)
		munmap(latency, sizeof(*latency));
}

void gw_latency_retire(struct gw_latency *latency, uint32_t camera)
{
	struct gw_histogram *histogram = &latency->camera[camera];

	if (gw_counter_get(&histogram->count) == 0)
		return;
	for (uint32_t i = 0; i < GW_HISTOGRAM_BUCKETS; i++)
		gw_counter_set(&histogram->bucket[i], 0);
	gw_counter_set(&histogram->count, 0);
	gw_counter_set(&histogram->sum_us, 0);
	gw_counter_set(&histogram->max_us, 0);
}

int64_t gw_frame_span_us(const struct gw_frame *frame, enum gw_stamp from, enum gw_stamp to)
{
	if (frame->stamp[from] == 0 || frame->stamp[to] < frame->stamp[from])
		return -1;
	return (frame->stamp[to] - frame->stamp[from]) / 1000;
}

void gw_latency_record(struct gw_latency *latency, const struct gw_frame *frame)
{
	for (int i = 0; i < GW_SEGMENT_COUNT; i++) {
		int64_t us = gw_frame_span_us(frame, gw_segments[i].from, gw_segments[i].to);

		if (us < 0)
			continue;
		gw_histogram_record(&latency->segment[i], (uint64_t)us);
		if (i == GW_SEGMENT_TOTAL)
			gw_histogram_record(&latency->camera[frame->camera], (uint64_t)us);
	}
}
