#include "mgmt/alarms/look.h"

#include <stdlib.h>

#include "core/alarm.h"
#include "core/clock.h"
#include "core/log.h"
#include "mgmt/alarms/cameras.h"
#include "mgmt/alarms/machine.h"
#include "mgmt/alarms/models.h"
#include "mgmt/alarms/pictures.h"
#include "mgmt/alarms/troubles.h"
#include "mgmt/alarms/update.h"
#include "mgmt/watch.h"

struct alarm_look {
	struct gw *gw;
	struct watch *watch;
	struct alarm_cameras *cameras;
	struct alarm_pictures *pictures;
	struct alarm_machine *machine;
	struct alarm_models *models;
	struct alarm_update *update;
	struct gw_health health; /* what was wrong at the last look */
	uint64_t told, missed; /* events that the journal has */
};

struct alarm_look *alarm_look_open(struct gw *gw, struct rates *rates, struct watch *watch)
{
	struct alarm_look *look = calloc(1, sizeof(*look));

	if (!look)
		return NULL;
	look->gw = gw;
	look->watch = watch;
	look->cameras = alarm_cameras_open(gw, rates);
	look->pictures = alarm_pictures_open(gw, rates);
	look->machine = alarm_machine_open(gw);
	look->models = alarm_models_open(gw);
	look->update = alarm_update_open(gw);
	if (look->cameras && look->pictures && look->machine && look->models && look->update)
		return look;
	alarm_look_close(look);
	return NULL;
}

void alarm_look_close(struct alarm_look *look)
{
	if (!look)
		return;
	alarm_update_close(look->update);
	alarm_models_close(look->models);
	alarm_machine_close(look->machine);
	alarm_pictures_close(look->pictures);
	alarm_cameras_close(look->cameras);
	free(look);
}

void alarm_look_on_disk(struct alarm_look *look)
{
	alarm_update_look(look->update);
}

static void tell(const struct gw_alarm_event *event)
{
	const struct gw_alarm *alarm = &event->alarm;
	const struct gw_alarm_facts *facts = &gw_alarm_kinds[alarm->kind];
	const char *about = alarm->subject[0] ? alarm->subject
		: alarm->count > 1            ? "others"
					      : "gateway";

	if (event->raised)
		gw_log_alarm(alarm->severity == GW_FAILED ? GW_LOG_ERROR : GW_LOG_WARNING,
			facts->message_id, facts->name, about, "%s: %s: %s: %s", facts->name, about,
			alarm->text, facts->advice);
	else
		gw_log_alarm(GW_LOG_INFO, GW_ALARM_CLEARED_ID, facts->name, about,
			"%s: %s: over after %lld s", facts->name, about,
			(long long)((event->utc - alarm->since) / GW_NS_PER_S));
}

void alarm_look_now(struct alarm_look *look, int64_t now)
{
	const struct gw_alarms_config *config = look->gw->config->alarms;
	const struct gw_alarm_patience patience = {
		.raise_ns = config->raise * GW_NS_PER_S,
		.clear_ns = config->clear * GW_NS_PER_S,
	};
	struct gw_alarms *alarms = look->gw->alarms;
	struct gw_alarm_event event;

	watch_read(look->watch, &look->health);
	gw_alarms_begin(alarms, now, gw_now_utc());
	alarm_troubles_say(alarms, &look->health, patience);
	alarm_machine_say(look->machine, patience, now);
	alarm_models_say(look->models, patience, now);
	alarm_update_say(look->update, patience);
	alarm_pictures_see(look->pictures, now);
	gw_cameras_hold(look->gw);
	alarm_cameras_say(look->cameras, patience, now);
	alarm_pictures_say(look->pictures, patience, now);
	gw_cameras_release(look->gw);
	gw_alarms_end(alarms);
	while (gw_alarms_next(alarms, &look->told, &event, &look->missed, false))
		tell(&event);
}
