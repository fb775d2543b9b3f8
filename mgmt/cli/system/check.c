#include <jansson.h>

#include "mgmt/cli/commands.h"
#include "mgmt/cli/reply.h"
#include "mgmt/cli/system/machine_json.h"
#include "mgmt/cli/view.h"

static void print_table(const struct cli *cli, const struct machine_finding *found)
{
	static const enum style styles[] = {[MACHINE_GOOD] = STYLE_GOOD,
		[MACHINE_NOTICE] = STYLE_PLAIN,
		[MACHINE_WRONG] = STYLE_BAD};
	struct table *table = table_create();

	table_column(table, "SUBJECT", TABLE_LEFT);
	table_column(table, "IS", TABLE_LEFT);
	table_column(table, "FOUND, AND WHAT TO DO", TABLE_LEFT);
	for (int i = 0; i < MACHINE_FINDINGS; i++) {
		table_cell(table, STYLE_PLAIN, "%s", found[i].subject);
		table_cell(table, styles[found[i].verdict], "%s",
			machine_verdict_name(found[i].verdict));
		table_cell(table, STYLE_PLAIN, "%s%s%s", found[i].found,
			found[i].advice[0] ? ": " : "", found[i].advice);
	}
	view_table(cli, table);
}

int cli_system_check(struct cli *cli)
{
	struct machine_finding found[MACHINE_FINDINGS];
	const struct machine machine = machine_here();
	int code = CLI_WELL;

	machine_check(&machine, found);
	for (int i = 0; i < MACHINE_FINDINGS; i++)
		if (found[i].verdict == MACHINE_WRONG)
			code = CLI_NOT_WELL;
	if (cli->json) {
		json_t *json = machine_findings_json(found);

		reply_print(cli, json);
		json_decref(json);
		return code;
	}
	print_table(cli, found);
	return code;
}
