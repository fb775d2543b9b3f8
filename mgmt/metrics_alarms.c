#include "core/alarm.h"
#include "mgmt/alarms/webhook.h"
#include "mgmt/metrics.h"

/* Also where there is none, so that the names can be found. */
static void add_webhook(struct webhook *webhook, struct exposition *out)
{
	const struct webhook_counts none = {0};
	const struct webhook_counts *counts = webhook ? webhook_counts(webhook) : &none;
	const struct {
		const char *reason;
		const struct gw_counter *counter;
	} lost[] = {
		{"refused", &counts->refused}, {"old", &counts->old}, {"missed", &counts->missed}};

	exposition_begin(out, "framegate_webhook_delivered_total", EXPOSITION_COUNTER,
		"Alarms, raised or cleared, that the webhook took.");
	exposition_count(out, NULL, gw_counter_get(&counts->delivered));
	exposition_begin(out, "framegate_webhook_failed_tries_total", EXPOSITION_COUNTER,
		"Tries to tell the webhook that failed.");
	exposition_count(out, NULL, gw_counter_get(&counts->tries_failed));
	exposition_begin(out, "framegate_webhook_given_up_total", EXPOSITION_COUNTER,
		"Alarms that the webhook is not told of: it refuses them, they are an hour old, or "
		"more came than are kept or fit the memory.");
	for (size_t i = 0; i < sizeof(lost) / sizeof(lost[0]); i++)
		exposition_count(out, EXPOSITION_LABELS({"reason", lost[i].reason}),
			gw_counter_get(lost[i].counter));
	exposition_begin(out, "framegate_webhook_waiting_alarms", EXPOSITION_GAUGE,
		"Alarms that wait for the webhook.");
	exposition_count(out, NULL, webhook ? webhook_waiting(webhook) : 0);
}

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
	add_webhook(mgmt->webhook, out);
	exposition_begin(out, "framegate_api_tokens_refused_total", EXPOSITION_COUNTER,
		"Requests over HTTPS with a token that is none: told so, or told to wait.");
	exposition_count(
		out, EXPOSITION_LABELS({"reason", "wrong"}), gw_counter_get(&mgmt->tokens_wrong));
	exposition_count(out, EXPOSITION_LABELS({"reason", "too_many"}),
		gw_counter_get(&mgmt->tokens_too_many));
}
