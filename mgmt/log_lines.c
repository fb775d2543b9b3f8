/* GET log and log/NUMBER: what the gateway logged last. Its lines may hold the token for the
 * set-up: they are for admins. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/log.h"
#include "core/log_tail.h"
#include "mgmt/state.h"

#define LINES 200 /* of one answer */

/* What comes from cameras may be no UTF-8, and then no text of JSON. */
static json_t *text_of(const char *text)
{
	json_t *json = json_string(text);
	char *copy = json ? NULL : strdup(text);

	for (char *c = copy; c && *c; c++)
		if ((unsigned char)*c >= 0x80)
			*c = '?';
	if (copy)
		json = json_string(copy);
	free(copy);
	return json;
}

static json_t *line_json(const struct log_line *line, uint64_t number)
{
	char when[32], whole[64];
	struct tm utc;

	gmtime_r(&line->when.tv_sec, &utc);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(whole, sizeof(whole), "%s.%03ldZ", when, line->when.tv_nsec / 1000000);
	return json_pack("{s:I, s:s, s:s, s:o, s:o}", "number", (json_int_t)number, "time", whole,
		"level", gw_log_level_name(line->level), "subject", text_of(line->subject), "text",
		text_of(line->text));
}

/* Whoever asks for lines after one that there is not yet asks a gateway that was started anew. */
static uint64_t begin_of(const char *name)
{
	const uint64_t last = gw_log_last();
	uint64_t after = name ? strtoull(name, NULL, 10) : 0;

	if (!name)
		return last > LINES ? last - LINES : 0;
	return after > last ? 0 : after;
}

int api_log(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	const struct mgmt *mgmt = owner;
	const char *name = request->name;
	struct log_line *line = malloc(sizeof(*line));
	json_t *lines = json_array();
	uint64_t number = 0, last;

	if (!line || (name && strspn(name, "0123456789") != strlen(name))) {
		const int status = line ? -EINVAL : -ENOMEM;

		free(line);
		json_decref(lines);
		return gw_error_set(error, status, "%s",
			status == -EINVAL ? "name the number of a line, as in log/17"
					  : "out of memory");
	}
	last = begin_of(name);
	for (int i = 0; i < LINES && (number = gw_log_read(last, line)) > 0; i++) {
		json_array_append_new(lines, line_json(line, number));
		last = number;
	}
	free(line);
	reply->json = json_pack("{s:s, s:o, s:I}", "boot_id", mgmt->gw->boot_id, "lines", lines,
		"last", (json_int_t)last);
	return 200;
}
