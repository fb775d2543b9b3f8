#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "mgmt/cli/client.h"
#include "mgmt/cli/commands.h"
#include "mgmt/cli/view.h"

/* In the order of their table. */
enum token_option { ROLE, CAMERAS, EXPIRES };

#define EXPIRES_MOST_S (3650l * 24 * 3600)

/* "12h", "90d": seconds; 0: none of these. */
static long seconds_of(const char *text)
{
	char *end;
	const long number = strtol(text, &end, 10);
	const long unit = *end == 'h' ? 3600 : 24 * 3600;

	if (end == text || !*end || !strchr("hd", *end) || end[1] || number < 1 ||
		number > EXPIRES_MOST_S / unit)
		return 0;
	return number * unit;
}

/* "a,b" */
static json_t *names_of(const char *text)
{
	json_t *names = json_array();

	for (;;) {
		const size_t size = strcspn(text, ",");

		json_array_append_new(names, json_stringn(text, size));
		if (!text[size])
			return names;
		text += size + 1;
	}
}

/* It was done, and something is to be said of it. */
static void warn(const json_t *reply)
{
	const char *warning = reply_text(reply, "warning");

	if (warning[0])
		fprintf(stderr, "gwctl: %s\n", warning);
}

int cli_token_create(struct cli *cli)
{
	const char *expires = cli->option[EXPIRES], *role = cli->option[ROLE];
	const long seconds = expires ? seconds_of(expires) : 0;
	json_t *reply;

	if (expires && seconds == 0) {
		fprintf(stderr,
			"gwctl: --expires wants a time of at most ten years, 12h or 90d, "
			"not '%s'\n",
			expires);
		return CLI_USAGE;
	}
	json_t *body =
		json_pack("{s:s, s:s}", "name", cli->argument, "role", role ? role : "viewer");

	if (cli->option[CAMERAS])
		json_object_set_new(body, "cameras", names_of(cli->option[CAMERAS]));
	if (seconds > 0)
		json_object_set_new(body, "expires_s", json_integer(seconds));
	const int code = client_send_slow(cli, "POST", CLIENT_PATH("tokens"), body, &reply);

	json_decref(body);
	if (code != CLI_WELL)
		return code;
	if (cli->json)
		reply_print(cli, reply);
	else
		fprintf(cli->out, "%s\n", reply_text(reply, "token"));
	warn(reply);
	json_decref(reply);
	return CLI_WELL;
}

int cli_token_list(struct cli *cli)
{
	json_t *reply, *token;
	char cameras[1024];
	const int code = client_get(cli, "tokens", &reply);
	size_t i;

	if (code != CLI_WELL)
		return code;
	const json_t *tokens = json_object_get(reply, "tokens");

	if (cli->json) {
		reply_print(cli, reply);
	} else if (json_array_size(tokens) == 0) {
		fprintf(cli->out, "there is no token yet\n");
	} else {
		struct table *table = table_create();

		table_column(table, "NAME", TABLE_LEFT);
		table_column(table, "ROLE", TABLE_LEFT);
		table_column(table, "EXPIRES", TABLE_LEFT);
		table_column(table, "MADE", TABLE_LEFT);
		table_column(table, "BY", TABLE_LEFT);
		table_column(table, "CAMERAS", TABLE_LEFT);
		json_array_foreach(tokens, i, token) {
			const bool over = reply_flag(token, "expired");
			const char *end = reply_text(token, "expires");
			const json_t *names = json_object_get(token, "cameras");

			table_cell(table, STYLE_PLAIN, "%s", reply_text(token, "name"));
			table_cell(table, STYLE_PLAIN, "%s", reply_text(token, "role"));
			table_cell(table, over ? STYLE_BAD : STYLE_PLAIN, "%s%s",
				end[0] ? end : "never", over ? " (expired)" : "");
			table_cell(table, STYLE_PLAIN, "%s", reply_text(token, "made"));
			table_cell(table, STYLE_PLAIN, "%s", reply_text(token, "who"));
			table_cell(table, STYLE_PLAIN, "%s",
				json_is_array(names) ? reply_join(names, cameras, sizeof(cameras))
						     : "all");
		}
		view_table(cli, table);
	}
	json_decref(reply);
	return CLI_WELL;
}

int cli_token_revoke(struct cli *cli)
{
	json_t *reply;
	const int code =
		client_send_slow(cli, "DELETE", CLIENT_PATH("tokens", cli->argument), NULL, &reply);

	if (code == CLI_WELL && !cli->json)
		fprintf(cli->out, "token %s lets nobody in any more\n", cli->argument);
	if (code == CLI_WELL)
		warn(reply);
	json_decref(reply);
	return code;
}

int cli_token_setup(struct cli *cli)
{
	json_t *reply;
	const int code = client_get(cli, "token-setup", &reply);

	if (code != CLI_WELL)
		return code;
	if (cli->json)
		reply_print(cli, reply);
	else
		fprintf(cli->out, "%s\n", reply_text(reply, "token"));
	json_decref(reply);
	return CLI_WELL;
}
