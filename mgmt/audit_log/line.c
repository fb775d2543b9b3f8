#include "mgmt/audit_log/line.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/clock.h"
#include "mgmt/audit_log/chain.h"

/* RFC 3339, UTC, with milliseconds. */
static void time_text(char text[32])
{
	const int64_t now = gw_now_utc();
	const time_t seconds = now / GW_NS_PER_S;
	struct tm parts;

	gmtime_r(&seconds, &parts);
	const size_t size = strftime(text, 32, "%Y-%m-%dT%H:%M:%S", &parts);

	snprintf(text + size, 32 - size, ".%03dZ", (int)(now / GW_NS_PER_MS % 1000));
}

char *audit_line(const struct audit_head *head, const json_t *entry)
{
	char time[32], *line = NULL;

	time_text(time);
	json_t *json = json_pack("{s:I, s:s}", "n", (json_int_t)head->last + 1, "time", time);
	char *text = NULL;

	if (json && json_object_update(json, (json_t *)entry) == 0 &&
		json_object_set_new(json, "previous", json_string(head->digest)) == 0)
		text = json_dumps(json, JSON_COMPACT | JSON_ENSURE_ASCII);
	json_decref(json);
	if (!text || asprintf(&line, "%s\n", text) < 0)
		line = NULL;
	free(text);
	return line;
}

char *audit_line_of_fault(const struct audit_head *head, const char *text, uint32_t faults)
{
	json_t *entry = json_pack(
		"{s:s, s:s, s:I}", "event", "fault", "text", text, "faults", (json_int_t)faults);
	char *line = entry ? audit_line(head, entry) : NULL;

	json_decref(entry);
	return line;
}
