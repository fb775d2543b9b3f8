/* The commits that were made: the last ones, and one of them. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <time.h>

#include "core/clock.h"
#include "core/config/history.h"
#include "core/config/json.h"
#include "core/gateway.h"
#include "mgmt/state.h"

/* RFC 3339, UTC. */
static json_t *time_json(int64_t ms)
{
	const time_t seconds = ms / 1000;
	char text[32];
	struct tm parts;

	gmtime_r(&seconds, &parts);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
	return json_string(text);
}

static json_t *entry_json(const struct history_entry *entry, bool newest)
{
	const bool waits = newest && entry->back > 0;
	const int64_t left = entry->deadline - gw_now();

	return json_pack("{s:I, s:o, s:s, s:s, s:s, s:b, s:o}", "number", (json_int_t)entry->number,
		"time", time_json(entry->time), "who", entry->who, "from", entry->from, "comment",
		entry->comment, "unconfirmed", waits, "confirm_in_s",
		waits ? json_integer((json_int_t)(left > 0 ? left / GW_NS_PER_S : 0))
		      : json_null());
}

int api_config_history(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	const char *file = ((const struct mgmt *)owner)->gw->config_path;
	uint32_t numbers[HISTORY_MOST];
	const uint32_t count = file ? history_list(file, numbers) : 0;
	json_t *list = json_array();

	for (uint32_t i = count; i-- > 0;) {
		struct history_entry entry;
		struct gw_error reason;

		/* One that goes while it is read was too old. */
		if (history_read(file, numbers[i], &entry, NULL, NULL, &reason) == 0)
			json_array_append_new(list, entry_json(&entry, i + 1 == count));
	}
	reply->json = json_pack("{s:o}", "commits", list);
	return 200;
}

int api_config_history_one(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	const char *file = ((const struct mgmt *)owner)->gw->config_path;
	struct history_entry entry;
	struct gw_config *config;
	char *end, *text;
	size_t size;
	const unsigned long number = strtoul(request->name, &end, 10);

	if (*end || number == 0 || number > UINT32_MAX || !file)
		return gw_error_set(error, -ENOENT, "there is no commit '%s': commits have numbers",
			request->name);
	int status = history_read(file, (uint32_t)number, &entry, &text, &size, error);

	if (status != 0)
		return status;
	status = gw_config_parse(text, size, &config, error);
	free(text);
	if (status != 0)
		return -EIO;
	reply->json = json_pack("{s:o, s:o}", "commit",
		entry_json(&entry, number == history_newest(file)), "config",
		gw_config_json(config));
	gw_config_free(config);
	return 200;
}
