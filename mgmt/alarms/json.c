#include "mgmt/alarms/json.h"

#include <jansson.h>
#include <time.h>

#include "core/clock.h"

/* RFC 3339, in UTC. */
static json_t *time_json(int64_t utc)
{
	const time_t seconds = utc / GW_NS_PER_S;
	struct tm parts;
	char text[40];

	gmtime_r(&seconds, &parts);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
	return json_string(text);
}

json_t *alarm_json(const struct gw_alarm *alarm)
{
	const struct gw_alarm_facts *facts = &gw_alarm_kinds[alarm->kind];

	return json_pack("{s:s, s:s?, s:I, s:s, s:s, s:s, s:o, s:o, s:o, s:I}", "kind", facts->name,
		"subject", alarm->subject[0] ? alarm->subject : NULL, "count",
		(json_int_t)alarm->count, "severity", gw_severity_name(alarm->severity), "text",
		alarm->text, "advice", facts->advice, "since", time_json(alarm->since), "last",
		time_json(alarm->last), "first", time_json(alarm->first), "times",
		(json_int_t)alarm->times);
}

json_t *alarm_event_json(const struct gw_alarm_event *event)
{
	json_t *json = alarm_json(&event->alarm);

	json_object_set_new(json, "number", json_integer((json_int_t)event->number));
	json_object_set_new(json, "time", time_json(event->utc));
	json_object_set_new(json, "state", json_string(event->raised ? "raised" : "cleared"));
	return json;
}
