/* What is raised now, and what was raised and cleared lately. */
#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>

#include "core/alarm.h"
#include "mgmt/alarms/json.h"
#include "mgmt/state.h"

/* Who asks for some cameras hears of these and of nothing else: not of the gateway, and not of
 * further ones, which nobody names. That there are such ones is told without them
 * (is_of_further()): it must not take silence for health. */
static bool may_know(const struct gw_request *request, const struct gw_alarm *alarm)
{
	return !request->cameras ||
		(gw_alarm_kinds[alarm->kind].of_cameras && alarm->subject[0] &&
			gw_request_may_see(request, alarm->subject));
}

/* Whether it is of cameras that are told by nobody's name. */
static bool is_of_further(const struct gw_alarm *alarm)
{
	return gw_alarm_kinds[alarm->kind].of_cameras && !alarm->subject[0];
}

int api_alarms(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	const struct mgmt *mgmt = owner;
	struct gw_alarm *alarms = calloc(GW_ALARMS, sizeof(*alarms));
	json_t *list = json_array();
	bool further = false;

	if (!alarms) {
		json_decref(list);
		return gw_error_set(error, -ENOMEM, "out of memory");
	}
	const size_t count = gw_alarms_list(mgmt->gw->alarms, alarms, GW_ALARMS);

	for (size_t i = 0; i < count; i++) {
		if (may_know(request, &alarms[i]))
			json_array_append_new(list, alarm_json(&alarms[i]));
		further = further || is_of_further(&alarms[i]);
	}
	free(alarms);
	reply->json = json_pack("{s:o}", "alarms", list);
	if (request->cameras)
		json_object_set_new(reply->json, "further", json_boolean(further));
	return 200;
}

int api_alarms_history(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	const struct mgmt *mgmt = owner;
	struct gw_alarm_event event;
	uint64_t taken = 0, missed = 0;
	json_t *list = json_array();

	while (gw_alarms_next(mgmt->gw->alarms, &taken, &event, &missed, false))
		if (may_know(request, &event.alarm)) {
			json_t *json = alarm_event_json(&event);

			/* From gaps one would see when, and how often, others had some. */
			if (request->cameras)
				json_object_del(json, "number");
			json_array_append_new(list, json);
		}
	reply->json = json_pack("{s:o}", "events", list);
	if (!request->cameras)
		json_object_set_new(reply->json, "forgotten", json_integer((json_int_t)missed));
	return 200;
}
