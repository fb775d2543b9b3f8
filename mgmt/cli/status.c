#include <inttypes.h>
#include <string.h>

#include "mgmt/cli/client.h"
#include "mgmt/cli/commands.h"
#include "mgmt/cli/units.h"
#include "mgmt/cli/view.h"

/* The worst trouble; NULL when there is none worse than a notice. */
static const json_t *worst_trouble(const json_t *status)
{
	const json_t *worst = NULL;
	json_t *trouble;
	size_t i;

	json_array_foreach(json_object_get(status, "troubles"), i, trouble) {
		const char *severity = reply_text(trouble, "severity");

		if (strcmp(severity, "failed") == 0)
			return trouble;
		if (!worst && strcmp(severity, "degraded") == 0)
			worst = trouble;
	}
	return worst;
}

/* NULL when all that is configured works, or else which part does not. */
static const char *what_fails(const json_t *status, char *text, size_t size)
{
	const json_t *kafka = json_object_get(status, "kafka"), *trouble = worst_trouble(status);
	const char *state = reply_text(kafka, "state");

	if (!reply_flag(status, "ready"))
		return "the gateway is not ready";
	if (strcmp(state, "up") != 0) {
		snprintf(text, size, "%s is %s",
			reply_text(kafka, "brokers")[0] ? "kafka" : "the sink",
			state[0] ? state : "away");
		return text;
	}
	/* An older gateway does not tell. */
	if (!json_is_false(json_object_get(status, "well")))
		return NULL;
	snprintf(text, size, "%s",
		trouble ? reply_text(trouble, "id") : "more troubles than can be shown");
	return text;
}

static enum style severity_style(const char *severity)
{
	if (strcmp(severity, "notice") == 0)
		return STYLE_PLAIN;
	return strcmp(severity, "failed") == 0 ? STYLE_BAD : STYLE_WARN;
}

static void print_troubles(const struct cli *cli, const json_t *status)
{
	char since[UNITS_TEXT];
	json_t *trouble;
	size_t i;

	json_array_foreach(json_object_get(status, "troubles"), i, trouble) {
		const char *severity = reply_text(trouble, "severity");

		view_line(cli, severity, severity_style(severity), "%s: %s (for %s)",
			reply_text(trouble, "id"), reply_text(trouble, "text"),
			units_duration(since, reply_number(trouble, "since_s")));
	}
	if (reply_count(status, "troubles_left_out") > 0)
		view_line(cli, "", STYLE_WARN, "and %" PRId64 " more",
			reply_count(status, "troubles_left_out"));
}

static void print_status(const struct cli *cli, const json_t *status, const char *failing)
{
	int64_t cameras = reply_count(status, "cameras"),
		live = reply_count(status, "cameras_live");
	char uptime[UNITS_TEXT];

	view_line(cli, "gateway", STYLE_TITLE, "%s", reply_text(status, "name"));
	view_line(cli, "state", failing ? STYLE_BAD : STYLE_GOOD, "%s%s",
		failing ? "not well: " : "ready", failing ? failing : "");
	print_troubles(cli, status);
	view_line(cli, "version", STYLE_PLAIN, "gwd %s, %s, up %s", reply_text(status, "version"),
		reply_text(status, "mode"),
		units_duration(uptime, reply_number(status, "uptime_s")));
	view_line(cli, "cameras", live == cameras ? STYLE_GOOD : STYLE_WARN,
		"%" PRId64 " of %" PRId64 " live, %.1f frames/s, %.2f Mbit/s", live, cameras,
		reply_number(status, "fps"), reply_number(status, "mbps"));
	view_flow(cli, "frames", json_object_get(status, "frames"));
	view_flow(cli, "samples", json_object_get(status, "samples"));
	view_kafka(cli, json_object_get(status, "kafka"));
	if (reply_count(status, "log_lost") > 0)
		view_line(cli, "log", STYLE_WARN,
			"%" PRId64 " lines were lost: nobody reads it fast enough",
			reply_count(status, "log_lost"));
}

int cli_status(struct cli *cli)
{
	char text[256];
	json_t *reply;
	int code = client_get(cli, "status", &reply);

	if (code != CLI_WELL)
		return code;
	const char *failing = what_fails(reply, text, sizeof(text));

	if (cli->json)
		reply_print(cli, reply);
	else
		print_status(cli, reply, failing);
	json_decref(reply);
	return failing ? CLI_NOT_WELL : CLI_WELL;
}
