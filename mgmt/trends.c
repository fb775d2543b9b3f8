#include "mgmt/trends.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

#include "core/clock.h"
#include "core/latency.h"

#define EVERY_NS (TREND_EVERY_S * GW_NS_PER_S)
/* Whoever calls once a second is never early by more. */
#define EARLY_NS (GW_NS_PER_S / 2)

/* A camera's counters at the last reading, modulo 2^32 but for the first four. */
struct mark {
	uint64_t frames, packets, lost, kib;
	uint32_t drops[GW_DROP_COUNT];
	uint32_t bucket[GW_HISTOGRAM_BUCKETS];
};

struct track {
	char name[GW_NAME]; /* whose it is; empty: nobody's yet */
	bool marked; /* `mark` is of the reading before */
	struct mark mark;
	struct trend_point point[TREND_POINTS];
};

struct trends {
	const struct gw *gw;
	pthread_mutex_t lock; /* guards what follows */
	uint32_t readings; /* so far; number n is at n % TREND_POINTS */
	int64_t last; /* when; 0: none yet */
	int64_t end[TREND_POINTS], took[TREND_POINTS];
	struct gw_histogram span; /* of one camera: of the thread that notes */
	struct track track[GW_CAMERAS];
};

const size_t TRENDS_BYTES = sizeof(struct trends);

struct trends *trends_create(const struct gw *gw)
{
	struct trends *trends = mmap(NULL, sizeof(*trends), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (trends == MAP_FAILED)
		return NULL;
	trends->gw = gw;
	pthread_mutex_init(&trends->lock, NULL);
	return trends;
}

void trends_destroy(struct trends *trends)
{
	if (!trends)
		return;
	pthread_mutex_destroy(&trends->lock);
	munmap(trends, sizeof(*trends));
}

static uint32_t bounded(uint64_t count, uint32_t most)
{
	return count < most ? (uint32_t)count : most;
}

/* Of a counter that is kept whole; 0 where it began anew. */
static uint32_t grown(uint64_t *was, uint64_t is)
{
	const uint64_t more = is > *was ? is - *was : 0;

	*was = is;
	return bounded(more, TREND_UNKNOWN - 1);
}

static uint32_t grown_by_32(uint32_t *was, uint64_t is)
{
	const uint32_t more = (uint32_t)is - *was;

	*was = (uint32_t)is;
	return more;
}

/* Puts a cause at its place among the largest; what falls out goes to the others. */
static void add_drop(struct trend_point *point, uint32_t cause, uint32_t count)
{
	uint32_t at = 0;

	while (at < TREND_DROPS && point->drop[at].cause != GW_DROP_NONE &&
		point->drop[at].count >= count)
		at++;
	if (at == TREND_DROPS) {
		point->beside += count;
		return;
	}
	if (point->drop[TREND_DROPS - 1].cause != GW_DROP_NONE)
		point->beside += point->drop[TREND_DROPS - 1].count;
	memmove(&point->drop[at + 1], &point->drop[at],
		(TREND_DROPS - 1 - at) * sizeof(point->drop[0]));
	point->drop[at].cause = cause & 0xff;
	point->drop[at].count = bounded(count, (1u << 24) - 1) & 0xffffff;
}

/* Lane by lane, each with its counters in a row: thousands of cameras are read at a time. */
static void read_drops(
	const struct gw *gw, uint32_t camera, struct mark *mark, struct trend_point *point)
{
	uint64_t sum[GW_DROP_COUNT] = {0};

	for (int i = 0; i < GW_STAGES; i++) {
		for (uint32_t k = 0; k < gw->stages[i].lane_count; k++) {
			const struct gw_camera_stats *stats =
				&gw->stages[i].lanes[k].stats->camera[camera];

			for (uint32_t drop = GW_DROP_NONE + 1; drop < GW_DROP_COUNT; drop++)
				sum[drop] += gw_counter_get(&stats->drops[drop]);
		}
	}
	for (uint32_t drop = GW_DROP_NONE + 1; drop < GW_DROP_COUNT; drop++) {
		const uint32_t more = grown_by_32(&mark->drops[drop], sum[drop]);

		if (more > 0)
			add_drop(point, drop, more);
	}
}

/* Frames that came to their end within the span. */
static void read_latency(
	struct trends *trends, uint32_t camera, struct mark *mark, struct trend_point *point)
{
	const struct gw *gw = trends->gw;
	struct gw_histogram *span = &trends->span;
	const uint32_t lanes = gw->stages[GW_STAGE_SINK].lane_count;
	uint64_t count = 0, max = 0;

	for (uint32_t i = 0; i < GW_HISTOGRAM_BUCKETS; i++) {
		uint64_t sum = 0;

		for (uint32_t k = 0; k < lanes; k++)
			sum += gw_counter_get(&gw->latency[k]->camera[camera].bucket[i]);
		const uint32_t more = grown_by_32(&mark->bucket[i], sum);

		gw_counter_set(&span->bucket[i], more);
		count += more;
	}
	for (uint32_t k = 0; k < lanes; k++) {
		const uint64_t one = gw_counter_get(&gw->latency[k]->camera[camera].max_us);

		max = one > max ? one : max;
	}
	gw_counter_set(&span->count, count);
	gw_counter_set(&span->max_us, max);
	point->p50_us = bounded(gw_histogram_quantile(span, 0.50), UINT32_MAX);
	point->p90_us = bounded(gw_histogram_quantile(span, 0.90), UINT32_MAX);
	point->p99_us = bounded(gw_histogram_quantile(span, 0.99), UINT32_MAX);
}

static void read_camera(struct trends *trends, uint32_t camera, struct trend_point *point)
{
	const struct gw *gw = trends->gw;
	struct mark *mark = &trends->track[camera].mark;

	*point = (struct trend_point){
		.frames = grown(&mark->frames, GW_COUNT_SOURCES(gw, camera, frames_out)),
		.packets = grown(&mark->packets, GW_COUNT_SOURCES(gw, camera, packets)),
		.lost = grown(&mark->lost,
			GW_COUNT(&gw->stages[GW_STAGE_RX], camera, events[GW_EVENT_SEQUENCE_GAP])),
	};
	point->kib = grown(&mark->kib, GW_COUNT_SOURCES(gw, camera, bytes) / 1024);
	read_drops(gw, camera, mark, point);
	read_latency(trends, camera, mark, point);
}

/* A slot that another camera has got begins anew. */
static void take_over(struct track *track, const char *name)
{
	memset(track, 0, sizeof(*track));
	strcpy(track->name, name);
	for (uint32_t i = 0; i < TREND_POINTS; i++)
		track->point[i].frames = TREND_UNKNOWN;
}

static void note_camera(struct trends *trends, uint32_t id, uint32_t at)
{
	const struct gw_camera *camera = gw_camera_now(trends->gw, id);
	struct track *track = &trends->track[id];

	if (camera && strcmp(track->name, camera->config->name) != 0)
		take_over(track, camera->config->name);
	if (track->name[0] == '\0')
		return;
	if (camera)
		read_camera(trends, id, &track->point[at]);
	/* The first reading only says where it begins. */
	if (!camera || !track->marked)
		track->point[at].frames = TREND_UNKNOWN;
	track->marked = camera != NULL;
}

void trends_note(struct trends *trends, int64_t now)
{
	if (trends->last != 0 && now - trends->last < EVERY_NS - EARLY_NS)
		return;
	gw_cameras_hold(trends->gw);
	pthread_mutex_lock(&trends->lock);
	const uint32_t at = trends->readings % TREND_POINTS;

	trends->end[at] = now;
	trends->took[at] = trends->last != 0 ? now - trends->last : 0;
	trends->last = now;
	for (uint32_t i = 0; i < gw_camera_high(trends->gw); i++)
		note_camera(trends, i, at);
	trends->readings++;
	pthread_mutex_unlock(&trends->lock);
	gw_cameras_release(trends->gw);
}

void trends_read(struct trends *trends, uint32_t camera, struct trend *trend)
{
	const struct track *track = &trends->track[camera];

	trend->count = 0;
	pthread_mutex_lock(&trends->lock);
	const uint32_t kept = trends->readings < TREND_POINTS ? trends->readings : TREND_POINTS;
	const bool is_its_own =
		strcmp(track->name, gw_camera_now(trends->gw, camera)->config->name) == 0;

	for (uint32_t i = is_its_own ? 0 : kept; i < kept; i++) {
		const uint32_t at = (trends->readings - kept + i) % TREND_POINTS;

		if (trend->count == 0 && track->point[at].frames == TREND_UNKNOWN)
			continue;
		trend->end[trend->count] = trends->end[at];
		trend->took[trend->count] = trends->took[at];
		trend->point[trend->count++] = track->point[at];
	}
	pthread_mutex_unlock(&trends->lock);
}
