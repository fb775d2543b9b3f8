#include <inttypes.h>
#include <string.h>

#include "mgmt/cli/client.h"
#include "mgmt/cli/commands.h"
#include "mgmt/cli/view.h"

#define CAMERAS_SHOWN 3

/* The cameras that were hit most, and what belongs to none. */
static void add_cameras(struct table *table, const json_t *line)
{
	const json_t *cameras = json_object_get(line, "cameras");
	int64_t none = reply_count(line, "total");
	char text[512];
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)cameras, key, value)
		none -= json_integer_value(value);
	reply_counts(cameras, CAMERAS_SHOWN, text, sizeof(text));
	if (none > 0) {
		size_t used = strlen(text);
		snprintf(text + used, sizeof(text) - used, "%sno camera %" PRId64, used ? ", " : "",
			none);
	}
	table_cell(table, STYLE_PLAIN, "%s", text);
}

static bool print_drops(const struct cli *cli, const json_t *drops, bool all)
{
	struct table *table = table_create();
	bool any = false;
	json_t *line;
	size_t i;

	table_column(table, "REASON", TABLE_LEFT);
	table_column(table, "STAGE", TABLE_LEFT);
	table_column(table, "UNIT", TABLE_LEFT);
	table_column(table, "TOTAL", TABLE_RIGHT);
	table_column(table, "CAMERAS", TABLE_LEFT);
	table_column(table, "MEANING", TABLE_LEFT);
	json_array_foreach(drops, i, line) {
		int64_t total = reply_count(line, "total");

		if (total == 0 && !all)
			continue;
		any = true;
		table_cell(table, total > 0 ? STYLE_WARN : STYLE_DIM, "%s",
			reply_text(line, "reason"));
		table_cell(table, STYLE_PLAIN, "%s", reply_text(line, "stage"));
		table_cell(table, STYLE_PLAIN, "%s", reply_text(line, "unit"));
		table_cell(table, total > 0 ? STYLE_WARN : STYLE_DIM, "%" PRId64, total);
		add_cameras(table, line);
		table_cell(table, STYLE_PLAIN, "%s", reply_text(line, "meaning"));
	}
	if (any)
		view_table(cli, table);
	else
		table_destroy(table);
	return any;
}

static void print_events(const struct cli *cli, const json_t *events, bool all)
{
	struct table *table = table_create();
	bool any = false;
	json_t *line;
	size_t i;

	table_column(table, "NOTICED", TABLE_LEFT);
	table_column(table, "TOTAL", TABLE_RIGHT);
	table_column(table, "CAMERAS", TABLE_LEFT);
	table_column(table, "MEANING", TABLE_LEFT);
	json_array_foreach(events, i, line) {
		int64_t total = reply_count(line, "total");

		if (total == 0 && !all)
			continue;
		any = true;
		table_cell(table, STYLE_PLAIN, "%s", reply_text(line, "event"));
		table_cell(table, STYLE_PLAIN, "%" PRId64, total);
		add_cameras(table, line);
		table_cell(table, STYLE_PLAIN, "%s", reply_text(line, "meaning"));
	}
	if (any) {
		fputc('\n', cli->out);
		view_table(cli, table);
	} else {
		table_destroy(table);
	}
}

int cli_drops(struct cli *cli)
{
	bool all = cli->option[0] != NULL;
	json_t *reply;
	int code = client_get(cli, "drops", &reply);

	if (code != CLI_WELL)
		return code;
	if (cli->json) {
		reply_print(cli, reply);
	} else {
		if (!print_drops(cli, json_object_get(reply, "drops"), all))
			fputs("nothing was dropped\n", cli->out);
		print_events(cli, json_object_get(reply, "events"), all);
	}
	json_decref(reply);
	return CLI_WELL;
}
