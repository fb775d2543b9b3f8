#include <inttypes.h>

#include "mgmt/cli/client.h"
#include "mgmt/cli/commands.h"
#include "mgmt/cli/port_view.h"
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
		if (json_array_size(port_view_of(reply)) > 0)
			fputc('\n', cli->out);
		port_view_table(cli, port_view_of(reply));
		port_view_kernel(cli, port_view_of(reply), true);
	}
	json_decref(reply);
	return CLI_WELL;
}
