#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "mgmt/cli/commands.h"
#include "mgmt/cli/reply.h"
#include "mgmt/cli/system/tuning.h"
#include "mgmt/cli/view.h"

#define CONFIG "/etc/framegate/gateway.yaml"

enum option { DRY_RUN, APPLY, CONFIG_FILE };

static const char *const kinds[] = {[TUNING_WRITE] = "write",
	[TUNING_KEEP] = "keep",
	[TUNING_BIND] = "bind",
	[TUNING_ADVICE] = "by hand"};

static json_t *step_json(const struct tuning_step *step, bool done)
{
	return json_pack("{s:s, s:s, s:s, s:b}", "kind", kinds[step->kind], "path", step->path,
		"text", step->text, "done", done);
}

static void print_step(struct table *table, const struct tuning_step *step, const char *what)
{
	table_cell(table, STYLE_PLAIN, "%s", kinds[step->kind]);
	table_cell(table, STYLE_PLAIN, "%s", step->path);
	table_cell(table, STYLE_PLAIN, "%.*s", (int)strcspn(step->text, "\n"), step->text);
	table_cell(table, STYLE_PLAIN, "%s", what);
}

int cli_system_tune(struct cli *cli)
{
	static struct tuning_step steps[TUNING_STEPS];
	const struct machine here = {.root = ""};
	const bool apply = cli->option[APPLY];
	const char *config = cli->option[CONFIG_FILE] ? cli->option[CONFIG_FILE] : CONFIG;
	json_t *json = json_array();
	struct table *table = table_create();
	int code = CLI_WELL;

	if (apply && cli->option[DRY_RUN]) {
		fprintf(stderr, "gwctl: --dry-run and --apply contradict each other\n");
		json_decref(json);
		table_destroy(table);
		return CLI_USAGE;
	}
	const uint32_t count = tuning_plan(&here, config, steps);

	table_column(table, "HOW", TABLE_LEFT);
	table_column(table, "WHERE", TABLE_LEFT);
	table_column(table, "WHAT", TABLE_LEFT);
	table_column(table, "", TABLE_LEFT);
	for (uint32_t i = 0; i < count; i++) {
		const bool can = apply && steps[i].kind != TUNING_ADVICE;
		struct gw_error error;
		const int status = can ? tuning_do(&here, &steps[i], &error) : 0;

		if (status != 0) {
			fprintf(stderr, "gwctl: %s\n", error.text);
			code = CLI_NOT_WELL;
		}
		json_array_append_new(json, step_json(&steps[i], can && status == 0));
		print_step(table, &steps[i], !can ? "" : status == 0 ? "done" : "failed");
	}
	if (cli->json) {
		reply_print(cli, json);
		table_destroy(table);
	} else if (count == 0) {
		fprintf(cli->out, "nothing is to be done\n");
		table_destroy(table);
	} else {
		view_table(cli, table);
	}
	json_decref(json);
	return code;
}
