#include "mgmt/alarms/pictures.h"

#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/view.h"
#include "mgmt/alarms/brightness.h"
#include "mgmt/rates.h"

#define EVERY_NS (ALARM_PICTURES_EVERY_S * GW_NS_PER_S)
/* What was seen of a camera says nothing of it after so many of its turns. */
#define STALE_TURNS 3
/* Black in video levels (ITU-R BT.601) and the levels from there to white. */
#define LIMITED_BLACK 16
#define LIMITED_LEVELS 219

/* One that came: its bytes are looked at while nobody is held up. */
struct taken {
	uint32_t id;
	bool is_limited; /* its camera's range */
	const struct gw_view *view;
};

struct seen {
	char name[GW_NAME]; /* whose it is; empty: nothing was seen yet */
	uint64_t sequence, digest;
	int64_t same_since; /* when the first picture with that digest was seen */
	int64_t asked, at; /* when it was last asked for, and seen */
	int brightness; /* below 0: unknown */
};

struct alarm_pictures {
	struct gw *gw;
	struct rates *rates;
	uint32_t next; /* camera to be asked about */
	uint32_t asked_count, asked[ALARM_PICTURES_AT_ONCE];
	struct seen seen[GW_CAMERAS];
};

struct alarm_pictures *alarm_pictures_open(struct gw *gw, struct rates *rates)
{
	struct alarm_pictures *pictures = calloc(1, sizeof(*pictures));

	if (!pictures)
		return NULL;
	pictures->gw = gw;
	pictures->rates = rates;
	return pictures;
}

void alarm_pictures_close(struct alarm_pictures *pictures)
{
	free(pictures);
}

/* Fowler, Noll and Vo's FNV-1a, by words of eight bytes: the same bytes, the same number. */
static uint64_t digest_of(const char *bytes, size_t size)
{
	uint64_t digest = 0xcbf29ce484222325, word;

	for (; size >= sizeof(word); bytes += sizeof(word), size -= sizeof(word)) {
		memcpy(&word, bytes, sizeof(word));
		digest = (digest ^ word) * 0x100000001b3;
		digest ^= digest >> 32;
	}
	for (; size > 0; bytes++, size--)
		digest = (digest ^ (uint8_t)*bytes) * 0x100000001b3;
	return digest;
}

/* As a picture of full range would have it. */
static int brightness_in(const struct taken *taken)
{
	const struct gw_view *view = taken->view;
	const int brightness = brightness_of((const uint8_t *)view->jpeg, view->jpeg_size);

	if (brightness < 0 || !taken->is_limited)
		return brightness;
	return brightness <= LIMITED_BLACK ? 0
					   : (brightness - LIMITED_BLACK) * 255 / LIMITED_LEVELS;
}

/* The cameras are held. False: there is none. */
static bool take(struct alarm_pictures *pictures, uint32_t id, int64_t now, struct taken *taken)
{
	const struct gw_camera *camera = gw_camera_now(pictures->gw, id);

	*taken = (struct taken){.id = id};
	if (!camera ||
		gw_views_look(pictures->gw->views, id, camera->config->name, now, &taken->view) !=
			0)
		return false;
	taken->is_limited = camera->config->range == GW_RANGE_LIMITED;
	return true;
}

/* Gives the picture back. */
static void see(struct alarm_pictures *pictures, const struct taken *taken, int64_t now)
{
	struct seen *seen = &pictures->seen[taken->id];
	const struct gw_view *view = taken->view;

	if (strcmp(seen->name, view->camera) != 0) {
		*seen = (struct seen){.asked = seen->asked, .brightness = -1};
		strcpy(seen->name, view->camera);
	}
	if (seen->at == 0 || view->sequence != seen->sequence) {
		const uint64_t digest = digest_of(view->jpeg, view->jpeg_size);

		if (digest != seen->digest || seen->at == 0) {
			seen->same_since = now;
			seen->brightness = *pictures->gw->config->alarms->black > 0
				? brightness_in(taken)
				: -1;
		}
		seen->digest = digest;
		seen->sequence = view->sequence;
		seen->at = now;
	}
	gw_view_unref(view);
}

/* Cameras of the network that are live: one that is silent has an alarm of its own, and what comes
 * from a topic comes when there is something. */
static bool is_watched(const struct alarm_pictures *pictures, uint32_t id, int64_t now)
{
	const struct gw_camera *camera = gw_camera_now(pictures->gw, id);

	return camera && !gw_camera_is_of_records(camera->config) &&
		rates_camera(pictures->rates, id, now).state == CAMERA_LIVE;
}

static void ask(struct alarm_pictures *pictures, int64_t now)
{
	const uint32_t high = gw_camera_high(pictures->gw);
	const struct gw_view *view = NULL;

	pictures->asked_count = 0;
	for (uint32_t i = 0; i < high && pictures->asked_count < ALARM_PICTURES_AT_ONCE; i++) {
		const uint32_t id = pictures->next++ % high;

		if (!is_watched(pictures, id, now) || now - pictures->seen[id].asked < EVERY_NS)
			continue;
		pictures->seen[id].asked = now;
		pictures->asked[pictures->asked_count++] = id;
		(void)gw_views_look(pictures->gw->views, id,
			gw_camera_now(pictures->gw, id)->config->name, now, &view);
		if (view)
			gw_view_unref(view);
		view = NULL;
	}
	pictures->next = high > 0 ? pictures->next % high : 0;
}

/* How long a turn over all cameras takes. */
static int64_t turn_ns(const struct alarm_pictures *pictures)
{
	const int64_t turn = (int64_t)gw_camera_high(pictures->gw) / ALARM_PICTURES_AT_ONCE + 2;

	return turn * GW_NS_PER_S > EVERY_NS ? turn * GW_NS_PER_S : EVERY_NS;
}

static void say(struct alarm_pictures *pictures, uint32_t id, struct gw_alarm_patience patience,
	int64_t now)
{
	const struct gw_alarms_config *config = pictures->gw->config->alarms;
	struct gw_alarms *alarms = pictures->gw->alarms;
	const struct seen *seen = &pictures->seen[id];
	const char *name = gw_camera_now(pictures->gw, id)->config->name;
	const int64_t same = seen->at - seen->same_since;
	/* It has lasted long enough when it is said. */
	const struct gw_alarm_patience at_once = {.clear_ns = patience.clear_ns};
	int black = (int)*config->black;

	if (strcmp(seen->name, name) != 0 || now - seen->at > STALE_TURNS * turn_ns(pictures))
		return;
	if (*config->frozen > 0 && same >= *config->frozen * GW_NS_PER_S)
		gw_alarms_say(alarms, GW_ALARM_CAMERA_FROZEN, name, GW_DEGRADED, at_once,
			"camera %s has sent the same picture, byte by byte, for %lld s", name,
			(long long)(same / GW_NS_PER_S));
	if (gw_alarms_is_raised(alarms, GW_ALARM_CAMERA_BLACK, name))
		black += black / 2 + 1;
	if (*config->black > 0 && seen->brightness >= 0 && seen->brightness < black)
		gw_alarms_say(alarms, GW_ALARM_CAMERA_BLACK, name, GW_DEGRADED, patience,
			"the picture of camera %s is black: its mean brightness is %d of 255", name,
			seen->brightness);
}

static bool is_looked_for(const struct alarm_pictures *pictures)
{
	const struct gw_alarms_config *config = pictures->gw->config->alarms;

	return *config->frozen > 0 || *config->black > 0;
}

void alarm_pictures_see(struct alarm_pictures *pictures, int64_t now)
{
	struct taken taken[ALARM_PICTURES_AT_ONCE];
	uint32_t count = 0;

	if (!is_looked_for(pictures))
		return;
	gw_cameras_hold(pictures->gw);
	for (uint32_t i = 0; i < pictures->asked_count; i++)
		count += take(pictures, pictures->asked[i], now, &taken[count]);
	gw_cameras_release(pictures->gw);
	for (uint32_t i = 0; i < count; i++)
		see(pictures, &taken[i], now);
}

void alarm_pictures_say(
	struct alarm_pictures *pictures, struct gw_alarm_patience patience, int64_t now)
{
	if (!is_looked_for(pictures))
		return;
	ask(pictures, now);
	for (uint32_t id = 0; id < gw_camera_high(pictures->gw); id++)
		if (pictures->seen[id].name[0] && is_watched(pictures, id, now))
			say(pictures, id, patience, now);
}
