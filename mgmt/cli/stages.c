#include <inttypes.h>
#include <string.h>

#include "mgmt/cli/client.h"
#include "mgmt/cli/commands.h"
#include "mgmt/cli/units.h"
#include "mgmt/cli/view.h"

/* "backend turbo, workers 2": what a stage says of itself, but for what has parts of its own. */
static const char *plain_facts(const json_t *facts, char *text, size_t size)
{
	size_t used = 0;
	const char *key;
	json_t *value;

	text[0] = '\0';
	json_object_foreach((json_t *)facts, key, value) {
		const char *comma = used ? ", " : "";

		if (used >= size)
			break;
		if (json_is_string(value))
			used += (size_t)snprintf(text + used, size - used, "%s%s %s", comma, key,
				json_string_value(value));
		else if (json_is_integer(value))
			used += (size_t)snprintf(text + used, size - used, "%s%s %" PRId64, comma,
				key, (int64_t)json_integer_value(value));
		else if (json_is_real(value))
			used += (size_t)snprintf(text + used, size - used, "%s%s %.2f", comma, key,
				json_real_value(value));
		else if (json_is_boolean(value))
			used += (size_t)snprintf(text + used, size - used, "%s%s %s", comma, key,
				json_is_true(value) ? "yes" : "no");
	}
	return text;
}

static void print_stages(const struct cli *cli, const json_t *stages)
{
	struct table *table = table_create();
	char text[UNITS_TEXT], facts[1024];
	json_t *stage;
	size_t i;

	table_column(table, "STAGE", TABLE_LEFT);
	table_column(table, "STATE", TABLE_LEFT);
	table_column(table, "THREADS", TABLE_RIGHT);
	table_column(table, "BUSY", TABLE_RIGHT);
	table_column(table, "WAITING", TABLE_RIGHT);
	table_column(table, "IN", TABLE_RIGHT);
	table_column(table, "OUT", TABLE_RIGHT);
	table_column(table, "FACTS", TABLE_LEFT);
	json_array_foreach(stages, i, stage) {
		bool running = reply_flag(stage, "running");

		table_cell(table, STYLE_PLAIN, "%s", reply_text(stage, "stage"));
		table_cell(table, running ? STYLE_GOOD : STYLE_BAD, "%s",
			running ? "running" : "stopped");
		table_cell(table, STYLE_PLAIN, "%zu",
			json_array_size(json_object_get(stage, "lanes")));
		table_cell(
			table, STYLE_PLAIN, "%s", units_share(text, reply_number(stage, "busy")));
		table_cell(table, STYLE_PLAIN, "%" PRId64, reply_count(stage, "waiting"));
		table_cell(table, STYLE_PLAIN, "%" PRId64, reply_count(stage, "frames_in"));
		table_cell(table, STYLE_PLAIN, "%" PRId64, reply_count(stage, "frames_out"));
		table_cell(table, STYLE_PLAIN, "%s",
			plain_facts(json_object_get(stage, "facts"), facts, sizeof(facts)));
	}
	view_table(cli, table);
}

/* The ports of the receiving stage, when it has any. */
static void print_ports(const struct cli *cli, const json_t *stages)
{
	const json_t *rx = json_array_get(stages, 0), *port;
	const json_t *ports = json_object_get(json_object_get(rx, "facts"), "ports");
	struct table *table;
	size_t i;

	if (json_array_size(ports) == 0)
		return;
	fputc('\n', cli->out);
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

/* What ports gave to the kernel, by its kind. */
static void print_kernel(const struct cli *cli, const json_t *stages)
{
	const json_t *rx = json_array_get(stages, 0), *port;
	const json_t *ports = json_object_get(json_object_get(rx, "facts"), "ports");
	struct table *table = table_create();
	bool any = false;
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
		fputc('\n', cli->out);
		view_table(cli, table);
	} else {
		table_destroy(table);
	}
}

int cli_stages(struct cli *cli)
{
	json_t *reply;
	int code = client_get(cli, "stages", &reply);

	if (code != CLI_WELL)
		return code;
	if (cli->json) {
		reply_print(cli, reply);
	} else {
		print_stages(cli, json_object_get(reply, "stages"));
		print_ports(cli, json_object_get(reply, "stages"));
		print_kernel(cli, json_object_get(reply, "stages"));
	}
	json_decref(reply);
	return CLI_WELL;
}
