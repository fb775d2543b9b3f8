/* What is raised now, and what was raised and cleared lately. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#include "core/alarm.h"
#include "mgmt/alarms/json.h"
#include "mgmt/state.h"

int api_alarms(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	const struct mgmt *mgmt = owner;
	struct gw_alarm *alarms = calloc(GW_ALARMS, sizeof(*alarms));
	json_t *list = json_array();

	if (!alarms) {
		json_decref(list);
		return gw_error_set(error, -ENOMEM, "out of memory");
	}
	const size_t count = gw_alarms_list(mgmt->gw->alarms, alarms, GW_ALARMS);

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, alarm_json(&alarms[i]));
	free(alarms);
	reply->json = json_pack("{s:o}", "alarms", list);
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
		json_array_append_new(list, alarm_event_json(&event));
	reply->json = json_pack("{s:o, s:I}", "events", list, "forgotten", (json_int_t)missed);
	return 200;
}
