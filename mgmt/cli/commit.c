#include "mgmt/cli/commit.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/config/yaml_load.h"
#include "mgmt/cli/client.h"
#include "mgmt/cli/commands.h"
#include "mgmt/cli/units.h"
#include "mgmt/cli/view.h"

/* In the order of their tables. */
enum commit_option { COMMENT, CONFIRM, RESTART, REVISION };

static const char *or_dash(const json_t *object, const char *key)
{
	const char *text = reply_text(object, key);

	return text[0] ? text : "-";
}

static void print_differences(const struct cli *cli, const json_t *differences, bool restart)
{
	struct table *table = table_create();
	json_t *difference;
	size_t i;

	table_column(table, "KEY", TABLE_LEFT);
	table_column(table, "WAS", TABLE_LEFT);
	table_column(table, "IS", TABLE_LEFT);
	if (restart)
		table_column(table, "", TABLE_LEFT);
	json_array_foreach(differences, i, difference) {
		table_cell(table, STYLE_PLAIN, "%s", reply_text(difference, "path"));
		table_cell(table, STYLE_PLAIN, "%s", or_dash(difference, "was"));
		table_cell(table, STYLE_PLAIN, "%s", or_dash(difference, "is"));
		if (restart)
			table_cell(table, STYLE_WARN, "%s",
				reply_flag(difference, "restart") ? "after a restart" : "");
	}
	view_table(cli, table);
}

/* Why it was not made, with what differs. */
static void print_refusal(const struct cli *cli, const json_t *reply)
{
	const json_t *error = json_object_get(reply, "error");
	const json_t *differences = json_object_get(reply, "differences");
	const bool restart = strcmp(reply_text(error, "code"), "restart_needed") == 0;

	if (cli->json) {
		reply_print(cli, reply);
		return;
	}
	if (json_array_size(differences) > 0) {
		print_differences(cli, differences, restart);
		fputc('\n', cli->out);
		fflush(cli->out);
	}
	if (restart)
		fprintf(stderr,
			"gwctl: nothing was changed: part of it needs a restart of gwd: "
			"agree to that with --restart\n");
	else
		fprintf(stderr, "gwctl: %s\n", reply_text(error, "message"));
}

static void print_commit(const struct cli *cli, const json_t *reply, const char *confirm)
{
	const json_t *differences = json_object_get(reply, "differences");
	const int64_t count = (int64_t)json_array_size(differences);

	if (cli->json) {
		reply_print(cli, reply);
		return;
	}
	if (!reply_flag(reply, "made")) {
		fprintf(cli->out, "all is so already: nothing was changed\n");
		return;
	}
	fprintf(cli->out, "commit %" PRId64 ", with %" PRId64 " change%s\n",
		reply_count(reply, "number"), count, units_plural(count));
	if (count > 0) {
		fputc('\n', cli->out);
		print_differences(cli, differences, reply_flag(reply, "restart"));
	}
	if (reply_flag(reply, "restart"))
		fprintf(cli->out, "\nrestart gwd for what holds after that\n");
	if (confirm)
		fprintf(cli->out,
			"\nit is taken back unless `gwctl config confirm` comes within %s\n",
			confirm);
}

/* "30s", "5m", "1h", "90": seconds; 0: none of these. */
static int64_t seconds_of(const char *text)
{
	char *end;
	const long number = strtol(text, &end, 10);
	const long unit = *end == 'm' ? 60 : *end == 'h' ? 3600 : 1;

	if (end == text || (*end && (!strchr("smh", *end) || end[1])) || number < 1 ||
		number > 86400 / unit)
		return 0;
	return number * unit;
}

/* What the options say, to be sent; NULL: one makes no sense, which was said. */
static json_t *body_of(const struct cli *cli)
{
	const char *confirm = cli->option[CONFIRM];
	json_t *body = json_object();

	if (cli->option[COMMENT])
		json_object_set_new(body, "comment", json_string(cli->option[COMMENT]));
	if (confirm) {
		const int64_t seconds = seconds_of(confirm);

		if (seconds == 0) {
			fprintf(stderr,
				"gwctl: --confirm wants a time of at most a day, 30s, 5m or 1h, "
				"not '%s'\n",
				confirm);
			json_decref(body);
			return NULL;
		}
		json_object_set_new(body, "confirm_s", json_integer(seconds));
	}
	if (cli->option[RESTART])
		json_object_set_new(body, "restart", json_true());
	return body;
}

/* Sends it and tells what came of it; takes the body. */
static int send(struct cli *cli, const char *verb, json_t *body)
{
	json_t *reply;
	const int code = client_try(cli, "POST", CLIENT_PATH("config", verb), body, &reply);

	json_decref(body);
	if (code == CLI_WELL)
		print_commit(cli, reply, cli->option[CONFIRM]);
	else if (reply)
		print_refusal(cli, reply);
	json_decref(reply);
	return code;
}

/* The file's text into the body. */
static bool add_text(json_t *body, const char *file)
{
	struct gw_error error;
	size_t size;
	char *text;

	if (gw_yaml_read(file, &text, &size, &error) != 0) {
		fprintf(stderr, "gwctl: %s\n", error.text);
		return false;
	}
	json_t *json = json_stringn(text, size);

	free(text);
	if (json) {
		json_object_set_new(body, "text", json);
		return true;
	}
	fprintf(stderr, "gwctl: %s: it is no text in UTF-8\n", file);
	return false;
}

int commit_look(struct cli *cli, const char *file)
{
	json_t *body = json_object(), *reply = NULL;
	int code = add_text(body, file)
		? client_try(cli, "POST", CLIENT_PATH("config", "check"), body, &reply)
		: CLI_NOT_WELL;
	const json_t *differences = json_object_get(reply, "differences");

	json_decref(body);
	if (code != CLI_WELL && reply) {
		print_refusal(cli, reply);
	} else if (code == CLI_WELL) {
		if (cli->json)
			reply_print(cli, reply);
		else if (json_array_size(differences) == 0)
			fprintf(cli->out, "what is in effect is what %s says\n", file);
		else
			print_differences(cli, differences, reply_flag(reply, "restart"));
		code = json_array_size(differences) == 0 ? CLI_WELL : CLI_NOT_WELL;
	}
	json_decref(reply);
	return code;
}

int commit_file(struct cli *cli, const char *file, const char *revision)
{
	json_t *body = body_of(cli);

	if (!body)
		return CLI_USAGE;
	if (revision)
		json_object_set_new(body, "revision", json_string(revision));
	if (add_text(body, file))
		return send(cli, "commit", body);
	json_decref(body);
	return CLI_NOT_WELL;
}

int cli_config_apply(struct cli *cli)
{
	return commit_file(cli, cli->argument, cli->option[REVISION]);
}

int cli_config_commit(struct cli *cli)
{
	json_t *body = body_of(cli);

	return body ? send(cli, "commit", body) : CLI_USAGE;
}

int cli_config_rollback(struct cli *cli)
{
	json_t *body = body_of(cli);
	char *end = NULL;

	if (!body)
		return CLI_USAGE;
	if (cli->argument) {
		json_object_set_new(
			body, "to", json_integer((json_int_t)strtoul(cli->argument, &end, 10)));
		if (*end || end == cli->argument) {
			fprintf(stderr, "gwctl: a commit has a number, not '%s'\n", cli->argument);
			json_decref(body);
			return CLI_USAGE;
		}
	}
	return send(cli, "rollback", body);
}

int cli_config_confirm(struct cli *cli)
{
	json_t *reply;
	const int code =
		client_send_slow(cli, "POST", CLIENT_PATH("config", "confirm"), NULL, &reply);

	if (code != CLI_WELL)
		return code;
	if (cli->json)
		reply_print(cli, reply);
	else
		fprintf(cli->out, "it stays\n");
	json_decref(reply);
	return CLI_WELL;
}

int cli_config_history(struct cli *cli)
{
	struct table *table;
	json_t *reply, *commit;
	size_t i;
	const int code =
		client_send_slow(cli, "GET", CLIENT_PATH("config", "history"), NULL, &reply);

	if (code != CLI_WELL)
		return code;
	const json_t *commits = json_object_get(reply, "commits");

	if (cli->json) {
		reply_print(cli, reply);
	} else if (json_array_size(commits) == 0) {
		fprintf(cli->out, "no commit was made yet\n");
	} else {
		table = table_create();
		table_column(table, "COMMIT", TABLE_RIGHT);
		table_column(table, "WHEN", TABLE_LEFT);
		table_column(table, "WHO", TABLE_LEFT);
		table_column(table, "FROM", TABLE_LEFT);
		table_column(table, "WHY", TABLE_LEFT);
		json_array_foreach(commits, i, commit) {
			const bool waits = reply_flag(commit, "unconfirmed");

			table_cell(table, STYLE_PLAIN, "%" PRId64, reply_count(commit, "number"));
			table_cell(table, STYLE_PLAIN, "%s", reply_text(commit, "time"));
			table_cell(table, STYLE_PLAIN, "%s", reply_text(commit, "who"));
			table_cell(table, STYLE_PLAIN, "%s", reply_text(commit, "from"));
			table_cell(table, waits ? STYLE_WARN : STYLE_PLAIN, "%s%s",
				waits ? "(to be confirmed) " : "", reply_text(commit, "comment"));
		}
		view_table(cli, table);
	}
	json_decref(reply);
	return CLI_WELL;
}
