#include <inttypes.h>

#include "mgmt/cli/client.h"
#include "mgmt/cli/commands.h"
#include "mgmt/cli/units.h"
#include "mgmt/cli/view.h"

static void print_quantiles(
	const struct cli *cli, const char *title, const char *key, const json_t *list)
{
	static const char *const members[] = {"p50_us", "p90_us", "p99_us", "max_us"};
	struct table *table = table_create();
	char text[UNITS_TEXT];
	json_t *line;
	size_t i;

	table_column(table, title, TABLE_LEFT);
	table_column(table, "FRAMES", TABLE_RIGHT);
	table_column(table, "P50", TABLE_RIGHT);
	table_column(table, "P90", TABLE_RIGHT);
	table_column(table, "P99", TABLE_RIGHT);
	table_column(table, "MAX", TABLE_RIGHT);
	table_column(table, "", TABLE_LEFT);
	json_array_foreach(list, i, line) {
		int64_t count = reply_count(line, "count");

		table_cell(table, STYLE_PLAIN, "%s", reply_text(line, key));
		table_cell(table, STYLE_PLAIN, "%" PRId64, count);
		for (int m = 0; m < 4; m++)
			table_cell(table, STYLE_PLAIN, "%s",
				count ? units_us(text, reply_count(line, members[m])) : "-");
		table_cell(table, STYLE_DIM, "%s", reply_text(line, "meaning"));
	}
	view_table(cli, table);
}

int cli_latency(struct cli *cli)
{
	json_t *reply;
	int code = client_get(cli, "latency", &reply);

	if (code != CLI_WELL)
		return code;
	if (cli->json) {
		reply_print(cli, reply);
	} else if (cli->option[0]) {
		print_quantiles(cli, "STAGE", "stage", json_object_get(reply, "last_minute"));
	} else {
		print_quantiles(cli, "STAGE", "stage", json_object_get(reply, "stages"));
		fputc('\n', cli->out);
		print_quantiles(cli, "CAMERA", "camera", json_object_get(reply, "cameras"));
	}
	json_decref(reply);
	return CLI_WELL;
}
