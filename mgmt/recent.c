#include "mgmt/recent.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"

#define EVERY_NS (5 * GW_NS_PER_S)
#define READINGS 12 /* a minute */

struct recent {
	const struct gw *gw;
	int64_t noted; /* when; the thread that notes alone */
	pthread_mutex_t lock; /* guards what follows */
	uint32_t count, next; /* of the readings; the oldest is at `next` when there are all */
	struct gw_histogram reading[READINGS][RECENT_PARTS];
};

struct recent *recent_create(const struct gw *gw)
{
	struct recent *recent = calloc(1, sizeof(*recent));

	if (!recent)
		return NULL;
	recent->gw = gw;
	pthread_mutex_init(&recent->lock, NULL);
	return recent;
}

void recent_destroy(struct recent *recent)
{
	if (!recent)
		return;
	pthread_mutex_destroy(&recent->lock);
	free(recent);
}

void recent_total(const struct gw *gw, uint32_t part, struct gw_histogram *histogram)
{
	memset(histogram, 0, sizeof(*histogram));
	for (uint32_t i = 0; i < gw->stages[GW_STAGE_SINK].lane_count; i++)
		gw_histogram_add(histogram,
			part < GW_SEGMENT_COUNT ? &gw->latency[i]->segment[part]
						: &gw->latency[i]->acknowledge);
}

void recent_note(struct recent *recent, int64_t now)
{
	if (recent->noted != 0 && now - recent->noted < EVERY_NS)
		return;
	recent->noted = now;
	pthread_mutex_lock(&recent->lock);
	for (uint32_t part = 0; part < RECENT_PARTS; part++)
		recent_total(recent->gw, part, &recent->reading[recent->next][part]);
	recent->next = (recent->next + 1) % READINGS;
	if (recent->count < READINGS)
		recent->count++;
	pthread_mutex_unlock(&recent->lock);
}

static void take_away(struct gw_counter *from, const struct gw_counter *what)
{
	gw_counter_set(from, gw_counter_get(from) - gw_counter_get(what));
}

static void subtract(struct gw_histogram *from, const struct gw_histogram *what)
{
	take_away(&from->count, &what->count);
	take_away(&from->sum_us, &what->sum_us);
	for (uint32_t i = 0; i < GW_HISTOGRAM_BUCKETS; i++)
		take_away(&from->bucket[i], &what->bucket[i]);
}

void recent_read(struct recent *recent, uint32_t part, struct gw_histogram *histogram)
{
	recent_total(recent->gw, part, histogram);
	pthread_mutex_lock(&recent->lock);
	if (recent->count > 0)
		subtract(histogram,
			&recent->reading[recent->count < READINGS ? 0 : recent->next][part]);
	pthread_mutex_unlock(&recent->lock);
	gw_counter_set(&histogram->max_us, gw_histogram_quantile(histogram, 1));
}
