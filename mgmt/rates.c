#include "mgmt/rates.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "core/clock.h"
#include "mgmt/processor.h"
#include "mgmt/tally.h"

#define READINGS 4
/* A reading must be this old to be compared with. */
#define MIN_AGE_NS (950 * GW_NS_PER_MS)
#define LIVE_NS (2 * GW_NS_PER_S)
#define LIVE_PERIODS 5

struct camera_mark {
	uint64_t packets, bytes, frames, dropped;
	int64_t last_frame;
};

struct reading {
	int64_t time; /* 0: not taken yet */
	uint64_t turns[GW_STAGES], busy[GW_STAGES], processor[GW_STAGES];
	struct camera_mark *camera;
};

struct rates {
	const struct gw *gw;
	pthread_mutex_t lock; /* guards the readings and the periods */
	uint32_t next; /* reading to be overwritten */
	struct reading reading[READINGS];
	int64_t *period; /* per camera: nanoseconds from frame to frame, 0: not known yet */
};

static uint64_t frame_drops(const struct gw_camera_stats *stats)
{
	uint64_t sum = 0;

	for (int drop = GW_DROP_NONE + 1; drop < GW_DROP_COUNT; drop++)
		if (gw_drops[drop].unit == GW_FRAME)
			sum += gw_counter_get(&stats->drops[drop]);
	return sum;
}

/* Of the source that had one last: a camera has one source at a time. */
static int64_t last_frame(const struct gw *gw, uint32_t camera)
{
	const int64_t packets = (int64_t)GW_COUNT(&gw->stages[GW_STAGE_RX], camera, last_frame);
	const int64_t records = (int64_t)GW_COUNT(&gw->stages[GW_STAGE_SOURCE], camera, last_frame);

	return packets > records ? packets : records;
}

static struct camera_mark mark_camera(const struct gw *gw, uint32_t camera)
{
	struct camera_mark mark = {
		.packets = GW_COUNT_SOURCES(gw, camera, packets),
		.bytes = GW_COUNT_SOURCES(gw, camera, bytes),
		.frames = GW_COUNT_SOURCES(gw, camera, frames_out),
		.last_frame = last_frame(gw, camera),
	};

	for (int i = 0; i < GW_STAGES; i++)
		for (uint32_t k = 0; k < gw->stages[i].lane_count; k++)
			mark.dropped += frame_drops(&gw->stages[i].lanes[k].stats->camera[camera]);
	return mark;
}

/* The mean time from frame to frame between two marks; 0 when they do not say. */
static int64_t frame_period(const struct camera_mark *from, const struct camera_mark *to)
{
	if (from->last_frame == 0 || to->last_frame <= from->last_frame ||
		to->frames <= from->frames)
		return 0;
	return (to->last_frame - from->last_frame) / (int64_t)(to->frames - from->frames);
}

/* The newest reading that is old enough, else the oldest. */
static const struct reading *reference(const struct rates *rates, int64_t now)
{
	const struct reading *best = NULL, *oldest = NULL;

	for (int i = 0; i < READINGS; i++) {
		const struct reading *reading = &rates->reading[i];

		if (reading->time == 0)
			continue;
		if (!oldest || reading->time < oldest->time)
			oldest = reading;
		if (now - reading->time >= MIN_AGE_NS && (!best || reading->time > best->time))
			best = reading;
	}
	return best ? best : oldest;
}

/* Turns of all lanes, or those that found work. */
static uint64_t stage_turns(const struct gw_stage *stage, size_t counter)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < stage->lane_count; i++)
		sum += gw_counter_get(
			(const struct gw_counter *)((const char *)stage->lanes[i].stats + counter));
	return sum;
}

void rates_note(struct rates *rates, int64_t now)
{
	const struct gw *gw = rates->gw;
	uint64_t processor[GW_STAGES];

	processor_time(gw, processor);
	pthread_mutex_lock(&rates->lock);
	struct reading *reading = &rates->reading[rates->next];
	const struct reading *before = &rates->reading[(rates->next + READINGS - 1) % READINGS];

	for (int i = 0; i < GW_STAGES; i++) {
		reading->turns[i] =
			stage_turns(&gw->stages[i], offsetof(struct gw_lane_stats, turns));
		reading->busy[i] =
			stage_turns(&gw->stages[i], offsetof(struct gw_lane_stats, busy_turns));
		reading->processor[i] = processor[i];
	}
	for (uint32_t i = 0; i < gw_camera_high(gw); i++) {
		reading->camera[i] = mark_camera(gw, i);
		int64_t period =
			before->time ? frame_period(&before->camera[i], &reading->camera[i]) : 0;

		if (period > 0)
			rates->period[i] = period;
	}
	reading->time = now;
	rates->next = (rates->next + 1) % READINGS;
	pthread_mutex_unlock(&rates->lock);
}

struct rates *rates_create(const struct gw *gw)
{
	const uint32_t cameras = GW_CAMERAS;
	struct rates *rates = calloc(1, sizeof(*rates));

	if (!rates)
		return NULL;
	rates->gw = gw;
	pthread_mutex_init(&rates->lock, NULL);
	rates->period = calloc(cameras, sizeof(*rates->period));
	bool complete = rates->period;
	for (int i = 0; i < READINGS; i++) {
		rates->reading[i].camera = calloc(cameras, sizeof(struct camera_mark));
		complete = complete && rates->reading[i].camera;
	}
	if (!complete) {
		rates_destroy(rates);
		errno = ENOMEM;
		return NULL;
	}
	rates_note(rates, gw_now());
	return rates;
}

void rates_destroy(struct rates *rates)
{
	if (!rates)
		return;
	for (int i = 0; i < READINGS; i++)
		free(rates->reading[i].camera);
	free(rates->period);
	pthread_mutex_destroy(&rates->lock);
	free(rates);
}

static enum camera_state state_of(const struct camera_mark *mark, int64_t period, int64_t now)
{
	int64_t limit = period * LIVE_PERIODS > LIVE_NS ? period * LIVE_PERIODS : LIVE_NS;

	if (mark->last_frame == 0)
		return CAMERA_SILENT;
	return now - mark->last_frame <= limit ? CAMERA_LIVE : CAMERA_STALLED;
}

/* A slot that got another camera counts from 0 again. */
static double grown(uint64_t now, uint64_t then)
{
	return (double)(now >= then ? now - then : now);
}

struct camera_rates rates_camera(struct rates *rates, uint32_t camera, int64_t now)
{
	struct camera_mark mark = mark_camera(rates->gw, camera);
	struct camera_rates result = {.last_frame_age_ms = -1};

	pthread_mutex_lock(&rates->lock);
	const struct reading *then = reference(rates, now);
	const struct camera_mark *from = &then->camera[camera];
	double seconds = (double)(now - then->time) / GW_NS_PER_S;
	int64_t period = frame_period(from, &mark);

	if (period == 0)
		period = rates->period[camera];
	result.state = state_of(&mark, period, now);
	if (seconds > 0) {
		result.mbps = grown(mark.bytes, from->bytes) * 8 / 1e6 / seconds;
		result.packets_per_s = grown(mark.packets, from->packets) / seconds;
		result.dropped_per_s = grown(mark.dropped, from->dropped) / seconds;
		result.fps = grown(mark.frames, from->frames) / seconds;
	}
	/* From frame to frame is exact; from reading to reading is one frame more or less. */
	if (period > 0 && now - mark.last_frame < 2 * period)
		result.fps = (double)GW_NS_PER_S / (double)period;
	pthread_mutex_unlock(&rates->lock);

	if (mark.last_frame > 0)
		result.last_frame_age_ms =
			now > mark.last_frame ? (now - mark.last_frame) / GW_NS_PER_MS : 0;
	return result;
}

double rates_busy(struct rates *rates, enum gw_stage_index stage)
{
	const struct gw_stage *of = &rates->gw->stages[stage];
	uint64_t busy = stage_turns(of, offsetof(struct gw_lane_stats, busy_turns));
	uint64_t turns = stage_turns(of, offsetof(struct gw_lane_stats, turns));

	pthread_mutex_lock(&rates->lock);
	const struct reading *then = reference(rates, gw_now());
	busy -= then->busy[stage];
	turns -= then->turns[stage];
	pthread_mutex_unlock(&rates->lock);
	if (turns == 0)
		return 0;
	return busy < turns ? (double)busy / (double)turns : 1;
}

double rates_processor(struct rates *rates, enum gw_stage_index stage)
{
	double share = 0;

	pthread_mutex_lock(&rates->lock);
	const struct reading *last = &rates->reading[(rates->next + READINGS - 1) % READINGS];
	const struct reading *before = &rates->reading[(rates->next + READINGS - 2) % READINGS];

	/* A thread that ended takes its time with it. */
	if (before->time > 0 && last->processor[stage] > before->processor[stage])
		share = (double)(last->processor[stage] - before->processor[stage]) /
			(double)(last->time - before->time);
	pthread_mutex_unlock(&rates->lock);
	return share;
}

const char *camera_state_name(enum camera_state state)
{
	static const char *const names[] = {
		[CAMERA_SILENT] = "silent",
		[CAMERA_LIVE] = "live",
		[CAMERA_STALLED] = "stalled",
	};

	return names[state];
}
