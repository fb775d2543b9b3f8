#include <inttypes.h>
#include <string.h>

#include "mgmt/cli/client.h"
#include "mgmt/cli/commands.h"
#include "mgmt/cli/units.h"
#include "mgmt/cli/view.h"

/* NULL when all that is configured works, or else which part does not. */
static const char *what_fails(const json_t *status, char text[UNITS_TEXT])
{
	const json_t *kafka = json_object_get(status, "kafka");
	const char *state = reply_text(kafka, "state");

	if (!reply_flag(status, "ready"))
		return "the gateway is not ready";
	if (strcmp(state, "up") == 0)
		return NULL;
	snprintf(text, UNITS_TEXT, "%s is %s",
		reply_text(kafka, "brokers")[0] ? "kafka" : "the sink", state[0] ? state : "away");
	return text;
}

static void print_status(const struct cli *cli, const json_t *status, const char *failing)
{
	int64_t cameras = reply_count(status, "cameras"),
		live = reply_count(status, "cameras_live");
	char uptime[UNITS_TEXT];

	view_line(cli, "gateway", STYLE_TITLE, "%s", reply_text(status, "name"));
	view_line(cli, "state", failing ? STYLE_BAD : STYLE_GOOD, "%s%s",
		failing ? "not well: " : "ready", failing ? failing : "");
	view_line(cli, "version", STYLE_PLAIN, "gwd %s, %s, up %s", reply_text(status, "version"),
		reply_text(status, "mode"),
		units_duration(uptime, reply_number(status, "uptime_s")));
	view_line(cli, "cameras", live == cameras ? STYLE_GOOD : STYLE_WARN,
		"%" PRId64 " of %" PRId64 " live, %.1f frames/s, %.2f Mbit/s", live, cameras,
		reply_number(status, "fps"), reply_number(status, "mbps"));
	view_flow(cli, "frames", json_object_get(status, "frames"));
	view_flow(cli, "samples", json_object_get(status, "samples"));
	view_kafka(cli, json_object_get(status, "kafka"));
}

int cli_status(struct cli *cli)
{
	char text[UNITS_TEXT];
	json_t *reply;
	int code = client_get(cli, "status", &reply);

	if (code != CLI_WELL)
		return code;
	const char *failing = what_fails(reply, text);

	if (cli->json)
		reply_print(cli, reply);
	else
		print_status(cli, reply, failing);
	json_decref(reply);
	return failing ? CLI_NOT_WELL : CLI_WELL;
}
