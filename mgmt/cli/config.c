#include <inttypes.h>
#include <jansson.h>

#include "mgmt/cli/client.h"
#include "mgmt/cli/commands.h"
#include "mgmt/cli/commit.h"
#include "mgmt/cli/reply.h"
#include "mgmt/cli/run_gwd.h"
#include "mgmt/cli/units.h"
#include "mgmt/cli/view.h"

/* What a start looks at, gwd knows. */
int cli_config_check(struct cli *cli)
{
	char *words[] = {"gwctl", "check", "--config", (char *)cli->argument,
		cli->json ? "--json" : NULL, NULL};

	return run_gwd(cli, words);
}

int cli_config_show(struct cli *cli)
{
	const bool commit = cli->argument != NULL;
	json_t *reply;
	int code = commit ? client_send_slow(cli, "GET",
				    CLIENT_PATH("config", "history", cli->argument), NULL, &reply)
			  : client_get(cli, "config", &reply);

	if (code != CLI_WELL)
		return code;
	reply_print(cli, commit && !cli->json ? json_object_get(reply, "config") : reply);
	json_decref(reply);
	return CLI_WELL;
}

static void print_differences(const struct cli *cli, const json_t *differences)
{
	struct table *table = table_create();
	json_t *difference;
	size_t i;

	table_column(table, "KEY", TABLE_LEFT);
	table_column(table, "STORED", TABLE_LEFT);
	table_column(table, "RUNNING", TABLE_LEFT);
	json_array_foreach(differences, i, difference) {
		const char *stored = reply_text(difference, "stored");
		const char *running = reply_text(difference, "running");

		table_cell(table, STYLE_PLAIN, "%s", reply_text(difference, "path"));
		table_cell(table, STYLE_PLAIN, "%s", stored[0] ? stored : "-");
		table_cell(table, STYLE_PLAIN, "%s", running[0] ? running : "-");
	}
	view_table(cli, table);
}

int cli_config_diff(struct cli *cli)
{
	json_t *reply;

	if (cli->argument)
		return commit_look(cli, cli->argument);
	const int code = client_send_slow(cli, "GET", CLIENT_PATH("config", "diff"), NULL, &reply);

	if (code != CLI_WELL)
		return code;
	const bool equal = reply_flag(reply, "equal");

	if (cli->json)
		reply_print(cli, reply);
	else if (equal)
		fprintf(cli->out, "what is in effect is what %s says\n", reply_text(reply, "file"));
	else
		print_differences(cli, json_object_get(reply, "differences"));
	json_decref(reply);
	return equal ? CLI_WELL : CLI_NOT_WELL;
}

int cli_config_save(struct cli *cli)
{
	json_t *reply;
	int code = client_send_slow(cli, "POST", CLIENT_PATH("config", "save"), NULL, &reply);

	if (code != CLI_WELL)
		return code;
	const json_t *differences = json_object_get(reply, "differences");
	const int64_t count = (int64_t)json_array_size(differences);

	if (cli->json) {
		reply_print(cli, reply);
	} else if (!reply_flag(reply, "saved")) {
		fprintf(cli->out, "%s says that already: nothing was written\n",
			reply_text(reply, "file"));
	} else if (!json_is_array(differences)) {
		fprintf(cli->out, "%s was written: it was not there before\n",
			reply_text(reply, "file"));
	} else {
		fprintf(cli->out, "%s was written, with %" PRId64 " change%s:\n\n",
			reply_text(reply, "file"), count, units_plural(count));
		print_differences(cli, differences);
	}
	json_decref(reply);
	return CLI_WELL;
}
