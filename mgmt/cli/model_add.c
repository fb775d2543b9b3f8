/* model add: gwd does it, with what the gateway says of itself. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "mgmt/cli/client.h"
#include "mgmt/cli/commands.h"
#include "mgmt/cli/run_gwd.h"

/* The words for gwd: what was given, else what the gateway has. */
struct add_words {
	const char *option[4]; /* --repository, --name, --library, --backend */
	char *text[4]; /* of the gateway; owned */
};

static const char *const add_names[] = {"--repository", "--name", "--library", "--backend"};

static void take(struct add_words *words, int index, const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	if (words->option[index] || !text)
		return;
	words->text[index] = strdup(text);
	words->option[index] = words->text[index];
}

static int ask_gateway(struct cli *cli, struct add_words *words)
{
	json_t *routes, *config = NULL;
	int code = client_get(cli, "models/routes", &routes);

	if (code == CLI_WELL)
		code = client_get(cli, "config", &config);
	if (code == CLI_WELL) {
		const json_t *accel = json_object_get(config, "accel");

		take(words, 0, routes, "repository");
		take(words, 2, accel, "library");
		take(words, 3, accel, "backend");
	} else {
		fputs("gwctl: without a gateway, say which repository: --repository DIR\n", stderr);
	}
	json_decref(routes);
	json_decref(config);
	return code;
}

int cli_model_add(struct cli *cli)
{
	struct add_words words = {.option = {cli->option[0], cli->option[1], cli->option[2]}};
	char *all[16 + CLI_MORE] = {"gwctl", "model", "add"};
	int count = 3, code = CLI_WELL;

	/* What is given is enough. */
	if (!words.option[0])
		code = ask_gateway(cli, &words);
	if (code != CLI_WELL)
		return code;
	if (cli->json)
		all[count++] = "--json";
	for (int i = 0; i < 4; i++)
		if (words.option[i]) {
			all[count++] = (char *)add_names[i];
			all[count++] = (char *)words.option[i];
		}
	all[count++] = "--";
	all[count++] = (char *)cli->argument;
	for (int i = 0; i < cli->more_count; i++)
		all[count++] = (char *)cli->more[i];
	code = run_gwd(cli, all);
	for (int i = 0; i < 4; i++)
		free(words.text[i]);
	return code;
}
