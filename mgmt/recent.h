/* How long frames took within the last minute, part by part: the histograms now against those of a
 * minute ago. */
#pragma once

#include "core/gateway.h"
#include "core/latency.h"

#define RECENT_PARTS (GW_SEGMENT_COUNT + 1) /* the last one: until the confirmation */

struct recent;

/* NULL when out of memory. */
struct recent *recent_create(const struct gw *gw);
void recent_destroy(struct recent *recent); /* accepts NULL */

/* Takes a reading every five seconds, when it is called more often; `now` as of gw_now(). One
 * thread. */
void recent_note(struct recent *recent, int64_t now);

/* What came into one part since the oldest reading, which is a minute old, or the start. Its
 * largest is that of its bucket. Any thread. */
void recent_read(struct recent *recent, uint32_t part, struct gw_histogram *histogram);

/* All lanes' of one part together, since the start. Any thread. */
void recent_total(const struct gw *gw, uint32_t part, struct gw_histogram *histogram);
