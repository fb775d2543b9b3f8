#include "mgmt/cli/port_view.h"

#include <inttypes.h>
#include <string.h>

#include "mgmt/cli/view.h"

const json_t *port_view_of(const json_t *reply)
{
	const json_t *rx = json_array_get(json_object_get(reply, "stages"), 0);

	return json_object_get(json_object_get(rx, "facts"), "ports");
}

void port_view_table(const struct cli *cli, const json_t *ports)
{
	struct table *table;
	json_t *port;
	size_t i;

	if (json_array_size(ports) == 0)
		return;
	table = table_create();
	table_column(table, "PORT", TABLE_LEFT);
	table_column(table, "STATE", TABLE_LEFT);
	table_column(table, "SINCE", TABLE_RIGHT);
	table_column(table, "DRIVER", TABLE_LEFT);
	table_column(table, "QUEUES", TABLE_RIGHT);
	table_column(table, "PACKETS", TABLE_RIGHT);
	table_column(table, "MISSED", TABLE_RIGHT);
	table_column(table, "ERRORS", TABLE_RIGHT);
	table_column(table, "NO MBUF", TABLE_RIGHT);
	table_column(table, "REOPENED", TABLE_RIGHT);
	table_column(table, "DEVICE", TABLE_LEFT);
	json_array_foreach(ports, i, port) {
		const char *state = reply_text(port, "state");
		const int64_t missed = reply_count(port, "missed");

		table_cell(table, STYLE_PLAIN, "%s", reply_text(port, "name"));
		table_cell(table, strcmp(state, "up") == 0 ? STYLE_GOOD : STYLE_BAD, "%s", state);
		table_cell(table, STYLE_PLAIN, "%" PRId64 " s", reply_count(port, "state_seconds"));
		table_cell(table, STYLE_PLAIN, "%s", reply_text(port, "driver"));
		table_cell(table, STYLE_PLAIN, "%" PRId64, reply_count(port, "queues"));
		table_cell(table, STYLE_PLAIN, "%" PRId64, reply_count(port, "packets"));
		table_cell(table, missed ? STYLE_WARN : STYLE_PLAIN, "%" PRId64, missed);
		table_cell(table, STYLE_PLAIN, "%" PRId64, reply_count(port, "errors"));
		table_cell(table, STYLE_PLAIN, "%" PRId64, reply_count(port, "no_mbuf"));
		table_cell(table, STYLE_PLAIN, "%" PRId64, reply_count(port, "reopened"));
		table_cell(table, STYLE_PLAIN, "%s", reply_text(port, "device"));
	}
	view_table(cli, table);
}

static void add_kernel(struct table *table, const char *port, const json_t *kernel)
{
	json_t *class;
	const char *name;

	json_object_foreach(json_object_get(kernel, "to_kernel"), name, class) {
		const int64_t over = reply_count(class, "over_rate");
		const int64_t full = reply_count(class, "no_room");

		if (reply_count(class, "passed") == 0 && over == 0 && full == 0)
			continue;
		table_cell(table, STYLE_PLAIN, "%s", port);
		table_cell(table, STYLE_PLAIN, "%s", reply_text(kernel, "name"));
		table_cell(table, STYLE_PLAIN, "%s", name);
		table_cell(table, STYLE_PLAIN, "%" PRId64, reply_count(class, "passed"));
		table_cell(table, over ? STYLE_WARN : STYLE_PLAIN, "%" PRId64, over);
		table_cell(table, full ? STYLE_WARN : STYLE_PLAIN, "%" PRId64, full);
	}
}

void port_view_kernel(const struct cli *cli, const json_t *ports, bool apart)
{
	struct table *table = table_create();
	bool any = false;
	json_t *port;
	size_t i;

	table_column(table, "PORT", TABLE_LEFT);
	table_column(table, "KERNEL", TABLE_LEFT);
	table_column(table, "KIND", TABLE_LEFT);
	table_column(table, "PASSED", TABLE_RIGHT);
	table_column(table, "OVER RATE", TABLE_RIGHT);
	table_column(table, "NO ROOM", TABLE_RIGHT);
	json_array_foreach(ports, i, port) {
		const json_t *kernel = json_object_get(port, "kernel");

		any |= kernel != NULL;
		if (kernel)
			add_kernel(table, reply_text(port, "name"), kernel);
	}
	if (any) {
		if (apart)
			fputc('\n', cli->out);
		view_table(cli, table);
	} else {
		table_destroy(table);
	}
}
