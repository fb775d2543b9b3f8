#include "mgmt/alarms/cameras.h"

#include <stdlib.h>

#include "core/clock.h"
#include "mgmt/rates.h"

/* A camera may take so long to begin. */
#define BEGIN_NS (10 * GW_NS_PER_S)
/* Loss is a share of what came in that time; of fewer packets it says nothing. */
#define WINDOW_NS (5 * GW_NS_PER_S)
#define LEAST_PACKETS 20

struct mark {
	uint64_t packets, lost; /* sums */
	double percent; /* lost in the last window */
};

struct alarm_cameras {
	struct gw *gw;
	struct rates *rates;
	int64_t marked; /* gw_now() when the window began */
	struct mark mark[GW_CAMERAS];
};

struct alarm_cameras *alarm_cameras_open(struct gw *gw, struct rates *rates)
{
	struct alarm_cameras *cameras = calloc(1, sizeof(*cameras));

	if (!cameras)
		return NULL;
	cameras->gw = gw;
	cameras->rates = rates;
	return cameras;
}

void alarm_cameras_close(struct alarm_cameras *cameras)
{
	free(cameras);
}

static void mark_all(struct alarm_cameras *cameras, int64_t now)
{
	const struct gw_stage *rx = &cameras->gw->stages[GW_STAGE_RX];

	if (now - cameras->marked < WINDOW_NS)
		return;
	cameras->marked = now;
	for (uint32_t id = 0; id < gw_camera_high(cameras->gw); id++) {
		struct mark *mark = &cameras->mark[id];
		const struct mark is = {
			.packets = GW_COUNT(rx, id, packets),
			.lost = GW_COUNT(rx, id, events[GW_EVENT_SEQUENCE_GAP]),
		};
		/* A slot that got another camera counts from 0 again. */
		const bool grew = is.packets >= mark->packets && is.lost >= mark->lost;
		const uint64_t lost = grew ? is.lost - mark->lost : 0;
		const uint64_t all = grew ? is.packets - mark->packets + lost : 0;

		*mark = is;
		mark->percent = all >= LEAST_PACKETS ? (double)lost * 100 / (double)all : 0;
	}
}

static void say_silent(struct alarm_cameras *cameras, uint32_t id, const char *name,
	struct gw_alarm_patience patience, int64_t now)
{
	const struct camera_rates rates = rates_camera(cameras->rates, id, now);
	struct gw_alarms *alarms = cameras->gw->alarms;

	if (rates.state == CAMERA_SILENT)
		gw_alarms_say(alarms, GW_ALARM_CAMERA_SILENT, name, GW_DEGRADED, patience,
			"camera %s has sent no complete picture since the gateway started", name);
	else if (rates.state == CAMERA_STALLED)
		gw_alarms_say(alarms, GW_ALARM_CAMERA_SILENT, name, GW_DEGRADED, patience,
			"camera %s sent its last complete picture %.1f s ago", name,
			(double)rates.last_frame_age_ms / 1000);
}

void alarm_cameras_say(
	struct alarm_cameras *cameras, struct gw_alarm_patience patience, int64_t now)
{
	struct gw *gw = cameras->gw;
	const double limit = *gw->config->alarms->loss;

	mark_all(cameras, now);
	for (uint32_t id = 0; id < gw_camera_high(gw); id++) {
		const struct gw_camera *camera = gw_camera_now(gw, id);
		const double percent = cameras->mark[id].percent;

		/* What comes from a topic comes when there is something. */
		if (!camera || gw_camera_is_of_records(camera->config))
			continue;
		const char *name = camera->config->name;

		if (now - gw->start >= BEGIN_NS)
			say_silent(cameras, id, name, patience, now);
		if (limit > 0 && percent > 0 &&
			(percent >= limit ||
				(percent >= limit / 2 &&
					gw_alarms_is_raised(
						gw->alarms, GW_ALARM_CAMERA_LOSS, name))))
			gw_alarms_say(gw->alarms, GW_ALARM_CAMERA_LOSS, name, GW_DEGRADED, patience,
				"%.1f %% of the packets of camera %s did not come in the last "
				"%lld s",
				percent, name, (long long)(WINDOW_NS / GW_NS_PER_S));
	}
}
