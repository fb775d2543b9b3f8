#include "core/alarm.h"
#include "mgmt/metrics.h"

void metrics_alarms(const struct mgmt *mgmt, struct exposition *out)
{
	uint32_t now[GW_ALARM_COUNT];
	uint64_t raised[GW_ALARM_COUNT];

	gw_alarms_count(mgmt->gw->alarms, now, raised);
	exposition_begin(out, "framegate_alarms", EXPOSITION_GAUGE,
		"Cameras, ports and other things that have an alarm of this kind now.");
	for (int i = 0; i < GW_ALARM_COUNT; i++)
		exposition_count(out, EXPOSITION_LABELS({"kind", gw_alarm_kinds[i].name}), now[i]);
	exposition_begin(out, "framegate_alarms_raised_total", EXPOSITION_COUNTER,
		"How often alarms of this kind were raised.");
	for (int i = 0; i < GW_ALARM_COUNT; i++)
		exposition_count(
			out, EXPOSITION_LABELS({"kind", gw_alarm_kinds[i].name}), raised[i]);
	exposition_begin(out, "framegate_api_tokens_refused_total", EXPOSITION_COUNTER,
		"Requests over HTTPS with a token that is none: told so, or told to wait.");
	exposition_count(
		out, EXPOSITION_LABELS({"reason", "wrong"}), gw_counter_get(&mgmt->tokens_wrong));
	exposition_count(out, EXPOSITION_LABELS({"reason", "too_many"}),
		gw_counter_get(&mgmt->tokens_too_many));
}
