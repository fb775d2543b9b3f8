#include <inttypes.h>
#include <string.h>

#include "mgmt/cli/client.h"
#include "mgmt/cli/commands.h"
#include "mgmt/cli/view.h"

/* Left out without --all: a camera that balances, and records where none come. */
static bool is_shown(const json_t *equation, bool all)
{
	const char *name = reply_text(equation, "name");

	const bool any = reply_count(equation, "received") > 0;

	if (all || !reply_flag(equation, "balanced"))
		return true;
	if (strcmp(name, "total") == 0)
		return any || strcmp(reply_text(equation, "unit"), "record") != 0;
	return strcmp(name, "unmatched") == 0 && any;
}

static void add_verdict(struct table *table, const json_t *equation)
{
	int64_t missing = reply_count(equation, "received") - reply_count(equation, "delivered") -
		reply_count(equation, "dropped") - reply_count(equation, "in_flight") -
		reply_count(equation, "spooled");

	if (reply_flag(equation, "balanced"))
		table_cell(table, STYLE_GOOD, "balanced");
	else if (missing == 0)
		table_cell(table, STYLE_BAD, "NOT BALANCED: see the cameras");
	else
		table_cell(table, STYLE_BAD, "NOT BALANCED: %" PRId64 " %s",
			missing > 0 ? missing : -missing, missing > 0 ? "missing" : "too many");
}

static void print_equations(const struct cli *cli, const json_t *equations, bool all)
{
	struct table *table = table_create();
	char reasons[512];
	json_t *equation;
	size_t i;

	table_column(table, "OF", TABLE_LEFT);
	table_column(table, "UNIT", TABLE_LEFT);
	table_column(table, "RECEIVED", TABLE_RIGHT);
	table_column(table, "= DELIVERED", TABLE_RIGHT);
	table_column(table, "+ DROPPED", TABLE_RIGHT);
	table_column(table, "+ IN FLIGHT", TABLE_RIGHT);
	table_column(table, "+ SPOOLED", TABLE_RIGHT);
	table_column(table, "", TABLE_LEFT);
	table_column(table, "DROPPED BECAUSE", TABLE_LEFT);
	json_array_foreach(equations, i, equation) {
		if (!is_shown(equation, all))
			continue;
		table_cell(table, STYLE_PLAIN, "%s", reply_text(equation, "name"));
		table_cell(table, STYLE_PLAIN, "%ss", reply_text(equation, "unit"));
		table_cell(table, STYLE_PLAIN, "%" PRId64, reply_count(equation, "received"));
		table_cell(table, STYLE_PLAIN, "%" PRId64, reply_count(equation, "delivered"));
		table_cell(table, STYLE_PLAIN, "%" PRId64, reply_count(equation, "dropped"));
		table_cell(table, STYLE_PLAIN, "%" PRId64, reply_count(equation, "in_flight"));
		table_cell(table, STYLE_PLAIN, "%" PRId64, reply_count(equation, "spooled"));
		add_verdict(table, equation);
		table_cell(table, STYLE_PLAIN, "%s",
			reply_counts(
				json_object_get(equation, "drops"), 8, reasons, sizeof(reasons)));
	}
	view_table(cli, table);
}

int cli_audit(struct cli *cli)
{
	json_t *reply;
	int code = client_send_slow(cli, "GET", CLIENT_PATH("audit"), NULL, &reply);

	if (code != CLI_WELL)
		return code;
	bool balanced = reply_flag(reply, "balanced");
	if (cli->json) {
		reply_print(cli, reply);
	} else {
		print_equations(cli, json_object_get(reply, "equations"), cli->option[0] != NULL);
		fputs(balanced ? "\nbalanced: everything that came in is accounted for\n"
			       : "\nNOT balanced: something came in that is not accounted for\n",
			cli->out);
	}
	json_decref(reply);
	return balanced ? CLI_WELL : CLI_NOT_WELL;
}
