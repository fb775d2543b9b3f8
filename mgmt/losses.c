#include "mgmt/losses.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/clock.h"
#include "core/plural.h"
#include "mgmt/rates.h"

#define WINDOW_NS (5 * GW_NS_PER_S)
/* Fewer say nothing. */
#define LEAST_FRAMES 5
#define LEAST_PACKETS 20
/* Shares from which on it is a trouble. */
#define SHED_PERCENT 5
#define BAD_PERCENT 50
#define LOST_PERCENT 1
#define NONE_PERCENT 99
/* Frames of a camera that have begun and may be arriving. */
#define OPEN_FRAMES 2
/* A camera may take so long to begin. */
#define BEGIN_NS (10 * GW_NS_PER_S)
#define NAMES 5

/* Sums since the start, of one camera. */
struct mark {
	uint64_t packets, not_jpeg, lost;
	uint64_t begun, passed, bad, refused;
};

struct reading {
	int64_t time; /* 0: none yet */
	uint64_t begun, shed, over_quota, no_slot; /* of all cameras */
	struct mark camera[GW_CAMERAS];
};

struct losses {
	const struct gw *gw;
	struct rates *rates;
	pthread_mutex_t lock; /* of what follows */
	uint32_t last;
	struct reading reading[2];
};

struct losses *losses_create(const struct gw *gw, struct rates *rates)
{
	struct losses *losses = calloc(1, sizeof(*losses));

	if (!losses)
		return NULL;
	losses->gw = gw;
	losses->rates = rates;
	pthread_mutex_init(&losses->lock, NULL);
	return losses;
}

void losses_destroy(struct losses *losses)
{
	if (!losses)
		return;
	pthread_mutex_destroy(&losses->lock);
	free(losses);
}

static struct mark mark_camera(const struct gw *gw, uint32_t camera)
{
	const struct gw_stage *rx = &gw->stages[GW_STAGE_RX];
	struct mark mark = {
		.packets = GW_COUNT(rx, camera, packets),
		.not_jpeg = GW_COUNT(rx, camera, drops[GW_DROP_NOT_JPEG]),
		.lost = GW_COUNT(rx, camera, events[GW_EVENT_SEQUENCE_GAP]),
		.begun = gw_total_begun(gw, camera),
		.passed = GW_COUNT_SOURCES(gw, camera, frames_out),
	};

	for (int drop = 1; drop < GW_DROP_COUNT; drop++) {
		if (gw_drops[drop].fault == GW_FAULT_UNDECODABLE)
			mark.bad += gw_total_drops(gw, camera, drop);
		else if (gw_drops[drop].fault == GW_FAULT_REFUSED)
			mark.refused += gw_total_drops(gw, camera, drop);
	}
	return mark;
}

void losses_note(struct losses *losses, int64_t now)
{
	const struct gw *gw = losses->gw;

	pthread_mutex_lock(&losses->lock);
	if (now - losses->reading[losses->last].time < WINDOW_NS) {
		pthread_mutex_unlock(&losses->lock);
		return;
	}
	losses->last ^= 1;
	struct reading *reading = &losses->reading[losses->last];

	reading->begun = reading->shed = reading->over_quota = reading->no_slot = 0;
	for (uint32_t i = 0; i < gw_camera_high(gw); i++) {
		reading->camera[i] = mark_camera(gw, i);
		reading->begun += reading->camera[i].begun;
		reading->shed += gw_total_drops(gw, i, GW_DROP_SHED);
		reading->over_quota += gw_total_drops(gw, i, GW_DROP_OVER_QUOTA);
		reading->no_slot += gw_total_drops(gw, i, GW_DROP_NO_SLOT);
	}
	reading->time = now;
	pthread_mutex_unlock(&losses->lock);
}

/* The difference of two sums; a slot that got another camera begins anew. */
static uint64_t since(uint64_t was, uint64_t is)
{
	return is > was ? is - was : 0;
}

static bool at_least(uint64_t part, uint64_t whole, uint64_t percent)
{
	return part * 100 >= whole * percent;
}

static void say_shed(const struct reading *was, const struct reading *is, struct gw_health *health)
{
	const uint64_t begun = since(was->begun, is->begun);
	const uint64_t shed = since(was->shed, is->shed);
	const uint64_t over_quota = since(was->over_quota, is->over_quota);
	const uint64_t no_slot = since(was->no_slot, is->no_slot);
	const uint64_t given_up = shed + over_quota + no_slot;

	if (given_up < LEAST_FRAMES || !at_least(given_up, begun, SHED_PERCENT))
		return;
	gw_health_add(health, GW_DEGRADED, "frames.shed", NULL,
		"%lu of %lu frames of the last %lld s were given up (shed %lu, over_quota %lu, "
		"no_slot %lu): more come than are worked off; see `gwctl stages` for the stage "
		"that is busy, or for a Kafka that takes nothing; lower the cameras' rates, or for "
		"no_slot raise the counts in `frames.classes`, or `frames.memory`",
		given_up, begun, (long long)(WINDOW_NS / GW_NS_PER_S), shed, over_quota, no_slot);
}

static void say_camera(
	const char *name, const struct mark *was, const struct mark *is, struct gw_health *health)
{
	const uint64_t packets = since(was->packets, is->packets);
	const uint64_t not_jpeg = since(was->not_jpeg, is->not_jpeg);
	const uint64_t lost = since(was->lost, is->lost);
	const uint64_t begun = since(was->begun, is->begun);
	const uint64_t bad = since(was->bad, is->bad);
	const uint64_t refused = since(was->refused, is->refused);

	if (not_jpeg >= LEAST_PACKETS && at_least(not_jpeg, packets, BAD_PERCENT))
		gw_health_add(health, GW_DEGRADED, "camera.%s.not_jpeg", name,
			"camera %s sends no RTP/JPEG but what H.264 and other codecs send: set it "
			"to MJPEG",
			name);
	if (bad >= LEAST_FRAMES && at_least(bad, begun, BAD_PERCENT))
		gw_health_add(health, GW_DEGRADED, "camera.%s.undecodable", name,
			"%lu of %lu pictures of camera %s cannot be decoded: `gwctl drops` says "
			"why",
			bad, begun, name);
	/* Pictures that are well and go nowhere (brokers that are away) are no fault of its. */
	if (refused >= LEAST_FRAMES && since(was->passed, is->passed) == 0 &&
		at_least(refused + OPEN_FRAMES, begun, NONE_PERCENT))
		gw_health_add(health, GW_DEGRADED, "camera.%s.refused", name,
			"camera %s sends, and none of its pictures gets through: %lu were refused "
			"in the "
			"last %lld s; `gwctl drops` says why",
			name, refused, (long long)(WINDOW_NS / GW_NS_PER_S));
	if (lost >= LEAST_FRAMES && at_least(lost, packets + lost, LOST_PERCENT))
		gw_health_add(health, GW_NOTICE, "camera.%s.network", name,
			"about %lu of %lu packets of camera %s were lost before the gateway read "
			"them: look at the network, and at `missed` of the port in `gwctl stages`",
			lost, packets + lost, name);
}

/* Cameras that send nothing at all: no fault of the gateway's, but who looks after them wants to
 * know. Those of a topic send when there is something. Locked. */
static void say_silent(struct losses *losses, struct gw_health *health, int64_t now)
{
	const struct mark *is = losses->reading[losses->last].camera;
	const struct mark *was = losses->reading[losses->last ^ 1].camera;
	const struct gw *gw = losses->gw;
	uint32_t silent = 0, cameras = 0;
	char names[NAMES * (GW_NAME + 2) + 8] = "";
	size_t used = 0;

	if (now - gw->start < BEGIN_NS)
		return;
	for (uint32_t i = 0; i < gw_camera_high(gw); i++) {
		const struct gw_camera *camera = gw_camera_now(gw, i);

		if (!camera || gw_camera_is_of_records(camera->config))
			continue;
		cameras++;
		if (rates_camera(losses->rates, i, now).state == CAMERA_LIVE ||
			since(was[i].packets, is[i].packets) > 0)
			continue;
		if (silent++ < NAMES)
			used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s",
				used > 0 ? ", " : "", camera->config->name);
	}
	if (silent > 0)
		gw_health_add(health, GW_NOTICE, "cameras.silent", NULL,
			"%u of %u camera%s send%s no pictures: %s%s", silent, cameras,
			gw_plural(cameras), silent == 1 ? "s" : "", names,
			silent > NAMES ? ", ..." : "");
}

void losses_health(struct losses *losses, struct gw_health *health, int64_t now)
{
	const struct gw *gw = losses->gw;

	gw_cameras_hold(gw);
	pthread_mutex_lock(&losses->lock);
	const struct reading *is = &losses->reading[losses->last];
	const struct reading *was = &losses->reading[losses->last ^ 1];

	if (was->time != 0) {
		say_shed(was, is, health);
		for (uint32_t i = 0; i < gw_camera_high(gw); i++)
			if (gw_camera_now(gw, i))
				say_camera(gw->cameras->slot[i].name, &was->camera[i],
					&is->camera[i], health);
	}
	say_silent(losses, health, now);
	pthread_mutex_unlock(&losses->lock);
	gw_cameras_release(gw);
}
