#include <inttypes.h>

#include "mgmt/cli/client.h"
#include "mgmt/cli/commands.h"
#include "mgmt/cli/units.h"
#include "mgmt/cli/view.h"

static void print_status(const struct cli *cli, const json_t *status)
{
	bool ready = reply_flag(status, "ready");
	int64_t cameras = reply_count(status, "cameras"),
		live = reply_count(status, "cameras_live");
	char uptime[UNITS_TEXT];

	view_line(cli, "gateway", STYLE_TITLE, "%s", reply_text(status, "name"));
	view_line(
		cli, "state", ready ? STYLE_GOOD : STYLE_BAD, "%s", ready ? "ready" : "not ready");
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
	json_t *reply;
	int code = client_get(cli, "status", &reply);

	if (code != CLI_WELL)
		return code;
	if (cli->json)
		reply_print(cli, reply);
	else
		print_status(cli, reply);
	code = reply_flag(reply, "ready") ? CLI_WELL : CLI_NOT_WELL;
	json_decref(reply);
	return code;
}
