#include "mgmt/cli/completion.h"

#include <dirent.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <string.h>

#include "mgmt/cli/arguments.h"
#include "mgmt/cli/client.h"
#include "mgmt/cli/commands.h"
#include "mgmt/cli/port_view.h"
#include "mgmt/cli/reply.h"
#include "mgmt/cli/top_list.h"

static const char script[] =
	"# bash completion of gwctl\n"
	"_gwctl()\n"
	"{\n"
	"\tlocal IFS=$'\\n' offer\n"
	"\toffer=$(\"${COMP_WORDS[0]}\" complete \"${COMP_WORDS[@]:1:COMP_CWORD}\" 2>/dev/null)\n"
	"\tif [[ $offer == -files ]]; then\n"
	"\t\tcompopt -o filenames\n"
	"\t\tmapfile -t COMPREPLY < <(compgen -f -- \"${COMP_WORDS[COMP_CWORD]}\")\n"
	"\telse\n"
	"\t\tmapfile -t COMPREPLY <<<\"$offer\"\n"
	"\t\t[[ $offer ]] || COMPREPLY=()\n"
	"\tfi\n"
	"}\n"
	"complete -F _gwctl gwctl\n";

static void offer(struct cli *cli, const char *begun, const char *word)
{
	if (strncmp(word, begun, strlen(begun)) == 0)
		fprintf(cli->out, "%s\n", word);
}

static void offer_options(struct cli *cli, const char *begun, const struct cli_option *options)
{
	for (const struct cli_option *o = options; o->name; o++)
		offer(cli, begun, o->name);
}

static void offer_nouns(struct cli *cli, const char *begun)
{
	const char *last = "";

	for (const struct cli_command *c = cli_next(NULL); c; c = cli_next(c)) {
		if (strcmp(c->noun, last) != 0)
			offer(cli, begun, c->noun);
		last = c->noun;
	}
}

static void offer_verbs(struct cli *cli, const char *begun, const char *noun)
{
	for (const struct cli_command *c = cli_next(NULL); c; c = cli_next(c))
		if (strcmp(c->noun, noun) == 0 && c->verb)
			offer(cli, begun, c->verb);
}

/* The names in an answer like {"cameras": [{"name": "cam0"}]}. */
static void offer_names(struct cli *cli, const char *begun, const char *path)
{
	json_t *reply, *item;
	size_t i;

	if (client_peek(cli, path, &reply) != CLI_WELL)
		return;
	json_array_foreach(json_object_get(reply, path), i, item)
		offer(cli, begun, reply_text(item, "name"));
	json_decref(reply);
}

static void offer_ports(struct cli *cli, const char *begun)
{
	json_t *reply, *port;
	size_t i;

	if (client_peek(cli, "stages", &reply) != CLI_WELL)
		return;
	json_array_foreach(port_view_of(reply), i, port)
		offer(cli, begun, reply_text(port, "name"));
	json_decref(reply);
}

/* The numbers of the commits that are kept. */
static void offer_commits(struct cli *cli, const char *begun)
{
	json_t *reply, *commit;
	char number[24];
	size_t i;

	if (client_peek(cli, "config/history", &reply) != CLI_WELL)
		return;
	json_array_foreach(json_object_get(reply, "commits"), i, commit) {
		snprintf(number, sizeof(number), "%" PRId64, reply_count(commit, "number"));
		offer(cli, begun, number);
	}
	json_decref(reply);
}

/* The versions of a model that are in the gateway's repository, and do not look at its pictures
 * already. */
static void offer_versions(struct cli *cli, const char *begun, const char *name)
{
	json_t *reply, *route;
	char path[PATH_MAX], stable[24] = "";
	size_t i;

	if (strchr(name, '/') || client_peek(cli, "models/routes", &reply) != CLI_WELL)
		return;
	snprintf(path, sizeof(path), "%s/%s", reply_text(reply, "repository"), name);
	json_array_foreach(json_object_get(reply, "routes"), i, route)
		if (strcmp(reply_text(route, "name"), name) == 0)
			snprintf(stable, sizeof(stable), "%" PRId64,
				reply_count(json_object_get(route, "stable"), "version"));
	DIR *folder = opendir(path);
	const struct dirent *entry;

	while (folder && (entry = readdir(folder)) != NULL) {
		const char *version = entry->d_name;

		if (version[strspn(version, "0123456789")] == '\0' && strcmp(version, stable) != 0)
			offer(cli, begun, version);
	}
	if (folder)
		closedir(folder);
	json_decref(reply);
}

/* What framegate-fleet can; it completes more by a script of its own. */
static void offer_fleet(struct cli *cli, const char *begun)
{
	static const char *const words[] = {"init", "check", "plan", "apply", "status", "rollback",
		"enrol", "publish", "model", "agent", "completion"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		offer(cli, begun, words[i]);
}

static void offer_argument(struct cli *cli, const char *begun, enum cli_argument kind)
{
	switch (kind) {
	case CLI_CAMERA:
		offer_names(cli, begun, "cameras");
		break;
	case CLI_MODEL:
		offer_names(cli, begun, "models");
		break;
	case CLI_PORT:
		offer_ports(cli, begun);
		break;
	case CLI_TOKEN:
		offer_names(cli, begun, "tokens");
		break;
	case CLI_FILE:
		fputs("-files\n", cli->out);
		break;
	case CLI_NUMBER:
		offer_commits(cli, begun);
		break;
	case CLI_SHELL:
		offer(cli, begun, "bash");
		break;
	case CLI_COMMAND:
		offer_nouns(cli, begun);
		break;
	case CLI_FLEET:
		offer_fleet(cli, begun);
		break;
	case CLI_NEW_CAMERA:
	case CLI_NEW_TOKEN:
	case CLI_PCI:
	case CLI_URL:
	case CLI_NOTHING:
		break;
	}
}

/* What follows an option that takes a value. Returns false when `option` is none of those. */
static bool offer_value(struct cli *cli, const char *begun, const char *option)
{
	for (const struct cli_option *o = cli_global_options; o->name; o++) {
		if (o->value && strcmp(o->name, option) == 0) {
			fputs("-files\n", cli->out);
			return true;
		}
	}
	/* Nobody but the user knows the rest: a number, an address. */
	if (strcmp(option, "--model") == 0)
		offer_names(cli, begun, "models");
	if (strcmp(option, "--camera") == 0 || strcmp(option, "--live") == 0)
		offer_names(cli, begun, "cameras");
	if (strcmp(option, "--sort") == 0)
		for (size_t i = 0; top_orders[i].name; i++)
			offer(cli, begun, top_orders[i].name);
	for (const struct cli_command *c = cli_next(NULL); c; c = cli_next(c))
		for (const struct cli_option *o = c->options; o->name; o++)
			if (o->value && strcmp(o->name, option) == 0)
				return true;
	return false;
}

void completion_offer(struct cli *cli, int count, char *const *words)
{
	const char *plain[4] = {
		NULL}; /* noun, verb, argument, one more, as far as they are there */
	const char *begun = count > 0 ? words[count - 1] : "";
	int used = 0;

	for (int i = 0; i + 1 < count; i++) {
		if (strcmp(words[i], "--socket") == 0 && i + 2 < count)
			cli->socket = words[++i];
		else if (words[i][0] != '-' && used < 4)
			plain[used++] = words[i];
	}
	if (count > 1 && offer_value(cli, begun, words[count - 2]))
		return;

	bool verbs = false;
	bool known = plain[0] && arguments_noun(plain[0], &verbs);
	const struct cli_command *command = known ? arguments_command(plain[0], plain[1]) : NULL;

	if (begun[0] == '-') {
		if (command)
			offer_options(cli, begun, command->options);
		offer_options(cli, begun, cli_global_options);
	} else if (!plain[0]) {
		offer_nouns(cli, begun);
	} else if (command && command->kind == CLI_MODEL && command->many && used > 2) {
		if (used == 3)
			offer_versions(cli, begun, plain[2]);
	} else if (command && (used == (verbs ? 2 : 1) || command->many)) {
		offer_argument(cli, begun, command->kind);
	} else if (command && command->kind == CLI_COMMAND && used == 2) {
		offer_verbs(cli, begun, plain[1]);
	} else if (known && verbs && used == 1) {
		offer_verbs(cli, begun, plain[0]);
	}
}

int cli_completion(struct cli *cli)
{
	if (strcmp(cli->argument, "bash") != 0) {
		fprintf(stderr, "gwctl: there is a script for bash only, not for '%s'\n",
			cli->argument);
		return CLI_USAGE;
	}
	fputs(script, cli->out);
	return CLI_WELL;
}
