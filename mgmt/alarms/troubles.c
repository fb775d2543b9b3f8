#include "mgmt/alarms/troubles.h"

#include <stdio.h>
#include <string.h>

/* An id is `before`, the subject, and `after`; or with `subject`, `before` alone. The first that
 * fits counts. */
static const struct {
	const char *before, *after;
	enum gw_alarm_kind kind;
	const char *subject;
} rules[] = {
	{"kafka.spool.filling", NULL, GW_ALARM_SPOOL_FILLING, ""},
	{"kafka.spool.read_only", NULL, GW_ALARM_DISK, "spool"},
	{"kafka.spool.failing", NULL, GW_ALARM_DISK, "spool"},
	{"kafka.spool.unreadable", NULL, GW_ALARM_DISK, "spool"},
	{"kafka.file.failed", NULL, GW_ALARM_DISK, "results"},
	{"kafka.file.pictures", NULL, GW_ALARM_DISK, "results"},
	{"api.audit_log", NULL, GW_ALARM_DISK, "state"},
	{"api.tokens", NULL, GW_ALARM_DISK, "state"},
	{"api.https.certificate", NULL, GW_ALARM_CERTIFICATE, ""},
	{"api.https.expired", NULL, GW_ALARM_CERTIFICATE, ""},
	{"api.https.expires", NULL, GW_ALARM_CERTIFICATE, ""},
	{"frames.shed", NULL, GW_ALARM_OVERLOAD, ""},
	{"accel.", ".overload", GW_ALARM_OVERLOAD, NULL},
	{"accel.", ".failed", GW_ALARM_DEVICE_LOST, NULL},
	{"decode.", ".failed", GW_ALARM_DEVICE_LOST, NULL},
	{"port.", ".down", GW_ALARM_PORT_DOWN, NULL},
	{"port.", ".gone", GW_ALARM_PORT_DOWN, NULL},
	{"kafka.", ".down", GW_ALARM_KAFKA_LATE, NULL},
	{"kafka.", ".unconfirmed", GW_ALARM_KAFKA_LATE, NULL},
	{"kafka.", ".refused", GW_ALARM_KAFKA_LATE, NULL},
	{"kafka.", ".queue", GW_ALARM_KAFKA_LATE, NULL},
	{"kafka.", ".unheard", GW_ALARM_KAFKA_LATE, NULL},
	{"source.", ".away", GW_ALARM_KAFKA_LATE, NULL},
	{"source.", ".leader", GW_ALARM_KAFKA_LATE, NULL},
	{"source.", ".lag", GW_ALARM_KAFKA_LATE, NULL},
};

/* Whether rule `i` fits; `subject` is set then. */
static bool fits(size_t i, const char *id, char subject[GW_ALARM_SUBJECT])
{
	if (rules[i].subject) {
		snprintf(subject, GW_ALARM_SUBJECT, "%s", rules[i].subject);
		return strcmp(id, rules[i].before) == 0;
	}
	const size_t size = strlen(id), before = strlen(rules[i].before);
	const size_t after = strlen(rules[i].after);

	if (size <= before + after || strncmp(id, rules[i].before, before) != 0 ||
		strcmp(id + size - after, rules[i].after) != 0)
		return false;
	snprintf(subject, GW_ALARM_SUBJECT, "%.*s", (int)(size - before - after), id + before);
	return true;
}

void alarm_troubles_say(
	struct gw_alarms *alarms, const struct gw_health *health, struct gw_alarm_patience patience)
{
	char subject[GW_ALARM_SUBJECT];

	for (uint32_t k = 0; k < health->count; k++) {
		const struct gw_trouble *trouble = &health->trouble[k];
		size_t i = 0;

		while (i < sizeof(rules) / sizeof(rules[0]) && !fits(i, trouble->id, subject))
			i++;
		if (i < sizeof(rules) / sizeof(rules[0]))
			gw_alarms_say(alarms, rules[i].kind, subject, trouble->severity, patience,
				"%s", trouble->text);
	}
}
