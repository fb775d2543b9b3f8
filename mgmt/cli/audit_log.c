#include <inttypes.h>
#include <jansson.h>

#include "mgmt/audit_log/check_json.h"
#include "mgmt/cli/client.h"
#include "mgmt/cli/commands.h"
#include "mgmt/cli/view.h"

/* From the folder that is named, for which no gateway need run, or from the gateway. */
static int ask(struct cli *cli, bool lines, json_t **reply)
{
	struct gw_error error;

	if (!cli->argument)
		return client_send_slow(cli, "GET",
			lines ? CLIENT_PATH("audit-log") : CLIENT_PATH("audit-log", "check"), NULL,
			reply);
	if (audit_check_json(cli->argument, lines, reply, &error) == 0)
		return CLI_WELL;
	fprintf(stderr, "gwctl: %s\n", error.text);
	return CLI_NOT_WELL;
}

static void print_faults(const json_t *reply)
{
	const json_t *faults = json_object_get(reply, "faults");
	json_t *fault;
	size_t i;

	json_array_foreach(faults, i, fault)
		fprintf(stderr, "gwctl: the audit log is not whole: %s\n",
			json_string_value(fault));
}

static int verdict(const json_t *reply)
{
	print_faults(reply);
	return reply_flag(reply, "whole") ? CLI_WELL : CLI_NOT_WELL;
}

int cli_audit_log_verify(struct cli *cli)
{
	json_t *reply;
	int code = ask(cli, false, &reply);

	if (code != CLI_WELL)
		return code;
	if (cli->json)
		reply_print(cli, reply);
	else if (reply_flag(reply, "whole") && reply_count(reply, "last") == 0)
		fprintf(cli->out, "nothing was written down yet in %s\n",
			reply_text(reply, "folder"));
	else if (reply_flag(reply, "whole"))
		fprintf(cli->out, "whole: lines %" PRId64 " to %" PRId64 " in %s\n",
			reply_count(reply, "first"), reply_count(reply, "last"),
			reply_text(reply, "folder"));
	code = verdict(reply);
	json_decref(reply);
	return code;
}

/* The line before it, of the same request; NULL: it is not among those that are shown. */
static const json_t *asked_of(const json_t *lines, const json_t *done)
{
	json_t *line;
	size_t i;

	json_array_foreach(lines, i, line)
		if (reply_count(line, "n") == reply_count(done, "asked"))
			return line;
	return NULL;
}

static bool is_answered(const json_t *lines, const json_t *asked)
{
	json_t *line;
	size_t i;

	json_array_foreach(lines, i, line)
		if (reply_count(line, "asked") == reply_count(asked, "n"))
			return true;
	return false;
}

static void add_row(struct table *table, const json_t *lines, const json_t *line)
{
	const char *event = reply_text(line, "event");
	const bool done = event[0] == 'd';
	const json_t *of = done ? asked_of(lines, line) : line;
	const int64_t status = reply_count(line, "status");

	/* What it came to says all of it. */
	if (event[0] == 'a' && is_answered(lines, line))
		return;
	table_cell(table, STYLE_PLAIN, "%" PRId64, reply_count(line, "n"));
	table_cell(table, STYLE_PLAIN, "%.19s", reply_text(line, "time"));
	table_cell(table, STYLE_PLAIN, "%s", reply_text(of, "who"));
	table_cell(table, STYLE_PLAIN, "%s", reply_text(of, "role"));
	table_cell(table, STYLE_PLAIN, "%s", reply_text(of, "from"));
	if (status > 0)
		table_cell(table, status < 400 ? STYLE_GOOD : STYLE_BAD, "%" PRId64, status);
	else
		table_cell(table, STYLE_WARN, "%s", event);
	table_cell(table, STYLE_PLAIN, "%s %s", reply_text(of, "method"), reply_text(of, "path"));
}

int cli_audit_log_show(struct cli *cli)
{
	json_t *reply, *line;
	int code = ask(cli, true, &reply);
	size_t i;

	if (code != CLI_WELL)
		return code;
	const json_t *lines = json_object_get(reply, "lines");

	if (cli->json) {
		reply_print(cli, reply);
	} else {
		struct table *table = table_create();

		table_column(table, "LINE", TABLE_RIGHT);
		table_column(table, "WHEN (UTC)", TABLE_LEFT);
		table_column(table, "WHO", TABLE_LEFT);
		table_column(table, "ROLE", TABLE_LEFT);
		table_column(table, "FROM", TABLE_LEFT);
		table_column(table, "CAME TO", TABLE_LEFT);
		table_column(table, "WHAT", TABLE_LEFT);
		json_array_foreach(lines, i, line)
			add_row(table, lines, line);
		view_table(cli, table);
	}
	code = verdict(reply);
	json_decref(reply);
	return code;
}
