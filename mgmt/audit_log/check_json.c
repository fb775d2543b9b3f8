#include "mgmt/audit_log/check_json.h"

#include <errno.h>
#include <jansson.h>

#include "mgmt/audit_log/check.h"

static void keep_line(void *arg, const char *line, size_t size)
{
	json_t *lines = arg, *json = json_loadb(line, size, JSON_REJECT_DUPLICATES, NULL);

	if (!json)
		return;
	json_array_append_new(lines, json);
	if (json_array_size(lines) > AUDIT_SHOWN)
		json_array_remove(lines, 0);
}

static json_t *faults_json(const struct audit_check *check)
{
	json_t *faults = json_array();

	for (uint32_t i = 0; i < check->faults && i < AUDIT_FAULTS; i++)
		json_array_append_new(faults, json_string(check->fault[i]));
	if (check->faults > AUDIT_FAULTS)
		json_array_append_new(
			faults, json_sprintf("and %u more", check->faults - AUDIT_FAULTS));
	return faults;
}

int audit_check_json(const char *folder, bool lines, struct json_t **json, struct gw_error *error)
{
	json_t *kept = lines ? json_array() : NULL;
	struct audit_check check;
	const int status = audit_check(folder, &check, lines ? keep_line : NULL, kept, error);

	*json = NULL;
	if (status == 0)
		*json = json_pack("{s:s, s:b, s:I, s:I, s:I, s:o}", "folder", folder, "whole",
			check.faults == 0, "first", (json_int_t)check.first, "last",
			(json_int_t)check.last, "unsettled", (json_int_t)check.unsettled, "faults",
			faults_json(&check));
	if (*json && kept)
		json_object_set(*json, "lines", kept);
	json_decref(kept);
	return status == 0 && !*json ? gw_error_set(error, -ENOMEM, "out of memory") : status;
}
