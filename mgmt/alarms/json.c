#include "mgmt/alarms/json.h"

#include <jansson.h>

#include "mgmt/facts.h"

json_t *alarm_json(const struct gw_alarm *alarm)
{
	const struct gw_alarm_facts *facts = &gw_alarm_kinds[alarm->kind];

	return json_pack("{s:s, s:s?, s:I, s:s, s:s, s:s, s:o, s:o, s:o, s:I}", "kind", facts->name,
		"subject", alarm->subject[0] ? alarm->subject : NULL, "count",
		(json_int_t)alarm->count, "severity", gw_severity_name(alarm->severity), "text",
		alarm->text, "advice", facts->advice, "since", facts_time(alarm->since), "last",
		facts_time(alarm->last), "first", facts_time(alarm->first), "times",
		(json_int_t)alarm->times);
}

json_t *alarm_event_json(const struct gw_alarm_event *event)
{
	json_t *json = alarm_json(&event->alarm);

	json_object_set_new(json, "number", json_integer((json_int_t)event->number));
	json_object_set_new(json, "time", facts_time(event->utc));
	json_object_set_new(json, "state", json_string(event->raised ? "raised" : "cleared"));
	return json;
}
