/* port list and show: what the receiving stage says of its ports. */
#include <inttypes.h>
#include <string.h>

#include "mgmt/cli/client.h"
#include "mgmt/cli/commands.h"
#include "mgmt/cli/port_view.h"
#include "mgmt/cli/units.h"
#include "mgmt/cli/view.h"

int cli_port_list(struct cli *cli)
{
	json_t *reply;
	const int code = client_get(cli, "stages", &reply);

	if (code != CLI_WELL)
		return code;
	const json_t *ports = port_view_of(reply);
	json_t *shown =
		json_pack("{s:o}", "ports", ports ? json_copy((json_t *)ports) : json_array());

	if (cli->json)
		reply_print(cli, shown);
	else if (json_array_size(ports) == 0)
		fputs("no ports: the gateway receives records, or nothing\n", cli->out);
	else
		port_view_table(cli, ports);
	json_decref(shown);
	json_decref(reply);
	return CLI_WELL;
}

static void print_port(const struct cli *cli, const json_t *port)
{
	const char *state = reply_text(port, "state");
	const int64_t missed = reply_count(port, "missed"), errors = reply_count(port, "errors");
	const int64_t no_mbuf = reply_count(port, "no_mbuf");
	const bool lost = missed > 0 || errors > 0 || no_mbuf > 0;
	char since[UNITS_TEXT];
	json_t *alone = json_pack("[O]", port);

	view_line(cli, "port", STYLE_TITLE, "%s", reply_text(port, "name"));
	view_line(cli, "state", strcmp(state, "up") == 0 ? STYLE_GOOD : STYLE_BAD,
		"%s for %s, reopened %" PRId64 " times", state,
		units_duration(since, (double)reply_count(port, "state_seconds")),
		reply_count(port, "reopened"));
	view_line(cli, "device", STYLE_PLAIN, "%s", reply_text(port, "device"));
	view_line(cli, "driver", STYLE_PLAIN, "%s, %" PRId64 " queue%s, checksums by %s",
		reply_text(port, "driver"), reply_count(port, "queues"),
		units_plural(reply_count(port, "queues")),
		reply_flag(port, "checksum_offload") ? "the card" : "the gateway");
	view_line(cli, "received", STYLE_PLAIN, "%" PRId64 " packets, %" PRId64 " bytes",
		reply_count(port, "packets"), reply_count(port, "bytes"));
	view_line(cli, "not got", lost ? STYLE_WARN : STYLE_PLAIN,
		"%" PRId64 " missed (the queues were full), %" PRId64 " with errors, %" PRId64
		" without a buffer",
		missed, errors, no_mbuf);
	view_line(cli, "groups", STYLE_PLAIN, "%" PRId64, reply_count(port, "groups"));
	port_view_kernel(cli, alone, true);
	json_decref(alone);
}

int cli_port_show(struct cli *cli)
{
	const json_t *found = NULL;
	json_t *reply, *port;
	size_t i;
	const int code = client_get(cli, "stages", &reply);

	if (code != CLI_WELL)
		return code;
	json_array_foreach(port_view_of(reply), i, port)
		if (strcmp(reply_text(port, "name"), cli->argument) == 0)
			found = port;
	if (!found)
		fprintf(stderr, "gwctl: there is no port '%s': gwctl port list\n", cli->argument);
	else if (cli->json)
		reply_print(cli, found);
	else
		print_port(cli, found);
	json_decref(reply);
	return found ? CLI_WELL : CLI_NOT_WELL;
}
