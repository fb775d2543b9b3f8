#include <inttypes.h>
#include <string.h>

#include "mgmt/cli/client.h"
#include "mgmt/cli/commands.h"
#include "mgmt/cli/units.h"
#include "mgmt/cli/view.h"

/* "0, 2, 3"; "any" for a device that is not pinned. */
static const char *cores_text(const json_t *cores, char *text, size_t size)
{
	json_t *core;
	size_t i, used = 0;

	snprintf(text, size, "any");
	json_array_foreach(cores, i, core)
		if (used < size)
			used += (size_t)snprintf(text + used, size - used, "%s%" PRId64,
				i > 0 ? ", " : "", (int64_t)json_integer_value(core));
	return text;
}

static void add_state(struct table *table, const json_t *device)
{
	const bool well = reply_flag(device, "well");

	table_cell(table, well ? STYLE_GOOD : STYLE_BAD, "%s", well ? "well" : "failed");
}

static void print_devices(const struct cli *cli, const json_t *devices)
{
	struct table *table = table_create();
	json_t *device;
	char text[256];
	size_t i;

	table_column(table, "DEVICE", TABLE_LEFT);
	table_column(table, "STATE", TABLE_LEFT);
	table_column(table, "MEMORY", TABLE_LEFT);
	table_column(table, "THREADS", TABLE_RIGHT);
	table_column(table, "QUEUED", TABLE_RIGHT);
	table_column(table, "CORES", TABLE_LEFT);
	json_array_foreach(devices, i, device) {
		table_cell(table, STYLE_PLAIN, "%s", reply_text(device, "name"));
		add_state(table, device);
		table_cell(table, STYLE_PLAIN, "%s", reply_text(device, "memory"));
		table_cell(table, STYLE_PLAIN, "%" PRId64, reply_count(device, "threads"));
		table_cell(table, STYLE_PLAIN, "%" PRId64, reply_count(device, "queued"));
		table_cell(table, STYLE_PLAIN, "%s",
			cores_text(json_object_get(device, "cores"), text, sizeof(text)));
	}
	view_table(cli, table);
}

static void print_backends(const struct cli *cli, const json_t *backends)
{
	struct table *table = table_create();
	json_t *backend;
	size_t i;

	table_column(table, "BACK-END", TABLE_LEFT);
	table_column(table, "THERE", TABLE_LEFT);
	table_column(table, "VERSION", TABLE_LEFT);
	table_column(table, "MISSING", TABLE_LEFT);
	json_array_foreach(backends, i, backend) {
		const bool there = reply_flag(backend, "there");

		table_cell(table, STYLE_PLAIN, "%s", reply_text(backend, "name"));
		table_cell(table, there ? STYLE_GOOD : STYLE_WARN, "%s", there ? "yes" : "no");
		table_cell(table, STYLE_PLAIN, "%s", reply_text(backend, "version"));
		table_cell(table, STYLE_PLAIN, "%s", reply_text(backend, "missing"));
	}
	view_table(cli, table);
}

int cli_accel_list(struct cli *cli)
{
	json_t *reply;
	const int code = client_send_slow(cli, "GET", CLIENT_PATH("accel", "list"), NULL, &reply);

	if (code != CLI_WELL)
		return code;
	if (cli->json) {
		reply_print(cli, reply);
	} else {
		print_devices(cli, json_object_get(reply, "devices"));
		fputc('\n', cli->out);
		print_backends(cli, json_object_get(reply, "backends"));
	}
	json_decref(reply);
	return CLI_WELL;
}

static void print_balance(const struct cli *cli, const json_t *reply)
{
	const json_t *jain = json_object_get(reply, "jain");
	struct table *table = table_create();
	char text[UNITS_TEXT];
	json_t *device;
	size_t i;

	table_column(table, "DEVICE", TABLE_LEFT);
	table_column(table, "STATE", TABLE_LEFT);
	table_column(table, "BATCHES", TABLE_RIGHT);
	table_column(table, "PICTURES", TABLE_RIGHT);
	table_column(table, "SHARE", TABLE_RIGHT);
	table_column(table, "BUSY", TABLE_RIGHT);
	table_column(table, "FAILURES", TABLE_RIGHT);
	json_array_foreach(json_object_get(reply, "devices"), i, device) {
		const int64_t failures = reply_count(device, "failures");

		table_cell(table, STYLE_PLAIN, "%s", reply_text(device, "name"));
		add_state(table, device);
		table_cell(table, STYLE_PLAIN, "%" PRId64, reply_count(device, "batches"));
		table_cell(table, STYLE_PLAIN, "%" PRId64, reply_count(device, "pictures"));
		table_cell(
			table, STYLE_PLAIN, "%s", units_share(text, reply_number(device, "share")));
		table_cell(
			table, STYLE_PLAIN, "%s", units_share(text, reply_number(device, "busy")));
		table_cell(table, failures > 0 ? STYLE_WARN : STYLE_PLAIN, "%" PRId64, failures);
	}
	view_table(cli, table);
	fprintf(cli->out,
		"\nJain's index: %.3f of pictures, %.3f of busy time (1: even, %.2f: one "
		"did all)\n",
		reply_number(jain, "pictures"), reply_number(jain, "busy"),
		i > 0 ? 1.0 / (double)i : 1.0);
}

int cli_accel_balance(struct cli *cli)
{
	json_t *reply;
	const int code = client_send(cli, "GET", CLIENT_PATH("accel", "balance"), NULL, &reply);

	if (code != CLI_WELL)
		return code;
	if (cli->json)
		reply_print(cli, reply);
	else
		print_balance(cli, reply);
	json_decref(reply);
	return CLI_WELL;
}
