/* Which troubles are alarms, and of what. */
#include "mgmt/alarms/troubles.h"

#include "core/test.h"

#include <stdlib.h>
#include <string.h>

/* As those who know of them say them. */
static const struct {
	const char *id, *kind, *subject; /* NULL: no alarm */
} cases[] = {
	{"kafka.framegate.results.down", "kafka_late", "framegate.results"},
	{"kafka.framegate.frames.unconfirmed", "kafka_late", "framegate.frames"},
	{"kafka.commands.unheard", "kafka_late", "commands"},
	{"source.pictures.away", "kafka_late", "pictures"},
	{"kafka.spool.filling", "spool_filling", ""},
	{"kafka.spool.failing", "disk", "spool"},
	{"kafka.file.failed", "disk", "results"},
	{"api.audit_log", "disk", "state"},
	{"port.lan0.down", "port_down", "lan0"},
	{"port.lan0.gone", "port_down", "lan0"},
	{"port.lan0.mtu", NULL, NULL},
	{"accel.cuda:0.failed", "device_lost", "cuda:0"},
	{"decode.nvjpeg.failed", "device_lost", "nvjpeg"},
	{"accel.objects.overload", "overload", "objects"},
	{"frames.shed", "overload", ""},
	{"api.https.expires", "certificate", ""},
	{"cameras.silent", NULL, NULL},
	{"lane.rx.stuck", NULL, NULL},
	{"port..down", NULL, NULL},
};

static void what_health_knows_an_alarm_follows(void **state)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct gw_alarms *alarms = gw_alarms_create();
		struct gw_health *health = calloc(1, sizeof(*health));
		struct gw_alarm alarm;

		gw_health_add(health, GW_FAILED, cases[i].id, NULL, "100 %% wrong");
		gw_alarms_begin(alarms, 1, 1);
		alarm_troubles_say(alarms, health, (struct gw_alarm_patience){0});
		gw_alarms_end(alarms);
		const size_t count = gw_alarms_list(alarms, &alarm, 1);

		assert_int_equal(count, cases[i].kind ? 1 : 0);
		if (count > 0) {
			assert_string_equal(gw_alarm_kinds[alarm.kind].name, cases[i].kind);
			assert_string_equal(alarm.subject, cases[i].subject);
			assert_string_equal(alarm.text, "100 % wrong");
			assert_int_equal(alarm.severity, GW_FAILED);
		}
		free(health);
		gw_alarms_destroy(alarms);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_health_knows_an_alarm_follows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
