#include "mgmt/cli/arguments.h"

#include <errno.h>
#include <string.h>

#define SUGGEST_DISTANCE 2 /* a slip or two of the finger */
#define SUGGEST_SHORT 4 /* in a word of so few letters two slips make another word */
#define WORD 32

/* What the words were, before they are matched with a command. */
struct words {
	const char *plain[4 + CLI_MORE]; /* noun, verb, argument, more; one too many */
	int plain_count;
	const char *option[CLI_OPTIONS]; /* not known to be global */
	const char *value[CLI_OPTIONS];
	int option_count;
};

const struct cli_command *arguments_command(const char *noun, const char *verb)
{
	for (const struct cli_command *c = cli_next(NULL); c; c = cli_next(c)) {
		if (strcmp(c->noun, noun) != 0)
			continue;
		if (!c->verb || (verb && strcmp(c->verb, verb) == 0))
			return c;
	}
	return NULL;
}

bool arguments_noun(const char *noun, bool *verbs)
{
	for (const struct cli_command *c = cli_next(NULL); c; c = cli_next(c)) {
		if (strcmp(c->noun, noun) == 0) {
			*verbs = c->verb != NULL;
			return true;
		}
	}
	return false;
}

/* Levenshtein's distance between two short words. */
static int distance(const char *a, const char *b)
{
	int row[WORD + 1];
	size_t length = strlen(b);

	if (strlen(a) > WORD || length > WORD)
		return WORD;
	for (size_t j = 0; j <= length; j++)
		row[j] = (int)j;
	for (size_t i = 0; a[i]; i++) {
		int corner = row[0];

		row[0] = (int)i + 1;
		for (size_t j = 1; j <= length; j++) {
			int change = corner + (a[i] != b[j - 1]);

			corner = row[j];
			if (row[j] + 1 < change)
				change = row[j] + 1;
			if (row[j - 1] + 1 < change)
				change = row[j - 1] + 1;
			row[j] = change;
		}
	}
	return row[length];
}

static int unknown_noun(const char *noun, struct gw_error *error)
{
	const char *best = NULL;
	int nearest = strlen(noun) <= SUGGEST_SHORT ? SUGGEST_DISTANCE : SUGGEST_DISTANCE + 1;

	for (const struct cli_command *c = cli_next(NULL); c; c = cli_next(c)) {
		int d = distance(noun, c->noun);

		if (d < nearest) {
			nearest = d;
			best = c->noun;
		}
	}
	if (best)
		return gw_error_set(error, -EINVAL,
			"unknown command '%s': did you mean '%s'? (gwctl help lists all)", noun,
			best);
	return gw_error_set(error, -EINVAL, "unknown command '%s': gwctl help lists all", noun);
}

static int wants_verb(const char *noun, const char *given, struct gw_error *error)
{
	char list[256] = "";

	for (const struct cli_command *c = cli_next(NULL); c; c = cli_next(c)) {
		if (strcmp(c->noun, noun) != 0)
			continue;
		size_t used = strlen(list);
		snprintf(list + used, sizeof(list) - used, "%sgwctl %s %s%s%s", used ? ", or " : "",
			noun, c->verb, c->argument ? " " : "", c->argument ? c->argument : "");
	}
	if (given)
		return gw_error_set(
			error, -EINVAL, "'%s %s' is no command: type %s", noun, given, list);
	return gw_error_set(error, -EINVAL, "'%s' needs one more word: type %s", noun, list);
}

/* Which of `options` is called so, with "=value" or without; -1: none. */
static int option_index(const struct cli_option *options, const char *word, const char **value)
{
	size_t length = strcspn(word, "=");

	for (int i = 0; options[i].name; i++) {
		if (strlen(options[i].name) == length &&
			memcmp(options[i].name, word, length) == 0) {
			*value = word[length] ? word + length + 1 : NULL;
			return i;
		}
	}
	return -1;
}

static int take_global(struct cli *cli, int index, const char *value)
{
	const char *name = cli_global_options[index].name;

	if (strcmp(name, "--socket") == 0) {
		cli->socket = value;
		cli->socket_given = true;
	} else if (strcmp(name, "--json") == 0) {
		cli->json = true;
	} else if (strcmp(name, "--no-color") == 0) {
		cli->color = false;
	} else if (strcmp(name, "--help") == 0) {
		cli->help = true;
	} else if (strcmp(name, "--version") == 0) {
		cli->version = true;
	}
	return 0;
}

/* An option of any command that takes a value: needed before the command is known. */
static bool takes_value(const char *word)
{
	const char *value;

	for (const struct cli_command *c = cli_next(NULL); c; c = cli_next(c)) {
		int index = option_index(c->options, word, &value);

		if (index >= 0)
			return c->options[index].value && !value;
	}
	return false;
}

static int sort_words(
	int count, char *const *argv, struct cli *cli, struct words *words, struct gw_error *error)
{
	bool options = true;

	for (int i = 0; i < count; i++) {
		const char *word = argv[i], *value = NULL;

		if (options && strcmp(word, "--") == 0) {
			options = false;
			continue;
		}
		if (options && strcmp(word, "-h") == 0)
			word = "--help";
		if (!options || word[0] != '-' || word[1] == '\0') {
			if (words->plain_count < 4 + CLI_MORE)
				words->plain[words->plain_count++] = word;
			continue;
		}
		int global = option_index(cli_global_options, word, &value);
		bool wants =
			global >= 0 ? cli_global_options[global].value != NULL : takes_value(word);

		if (wants && !value) {
			if (i + 1 == count)
				return gw_error_set(
					error, -EINVAL, "%s needs a value after it", word);
			value = argv[++i];
		}
		if (global >= 0 && value && !value[0])
			return gw_error_set(error, -EINVAL, "%s needs a value",
				cli_global_options[global].name);
		if (global >= 0) {
			if (value && !cli_global_options[global].value)
				return gw_error_set(error, -EINVAL, "%s takes no value",
					cli_global_options[global].name);
			take_global(cli, global, value);
		} else if (words->option_count == CLI_OPTIONS) {
			return gw_error_set(error, -EINVAL, "too many options");
		} else {
			words->option[words->option_count] = word;
			words->value[words->option_count++] = value;
		}
	}
	return 0;
}

static int match_options(struct cli *cli, const struct words *words, struct gw_error *error)
{
	const struct cli_command *c = cli->command;
	const char *inline_value;

	for (int i = 0; i < words->option_count; i++) {
		int index = c ? option_index(c->options, words->option[i], &inline_value) : -1;

		if (index < 0)
			return gw_error_set(error, -EINVAL,
				"%s: no such option: gwctl %s%s%s%s--help", words->option[i],
				cli->noun ? cli->noun : "", cli->noun ? " " : "",
				cli->verb ? cli->verb : "", cli->verb ? " " : "");
		const char *value = inline_value ? inline_value : words->value[i];
		if (value && !c->options[index].value)
			return gw_error_set(
				error, -EINVAL, "%s takes no value", c->options[index].name);
		if (value && !value[0] && !c->empties)
			return gw_error_set(
				error, -EINVAL, "%s needs a value", c->options[index].name);
		cli->option[index] = value ? value : "";
	}
	return 0;
}

/* A noun that nobody knows is told by the help itself. */
static bool has_verbs(const char *noun)
{
	bool verbs = true;

	return !arguments_noun(noun, &verbs) || verbs;
}

static int match_argument(
	struct cli *cli, const struct words *words, int used, struct gw_error *error)
{
	const struct cli_command *c = cli->command;

	if (words->plain_count > used)
		cli->argument = words->plain[used++];
	while (c->many && words->plain_count > used && cli->more_count < CLI_MORE)
		cli->more[cli->more_count++] = words->plain[used++];
	/* `gwctl help camera show`: what is explained may have two words. */
	if (c->kind == CLI_COMMAND && words->plain_count > used && has_verbs(cli->argument))
		used++;
	if (words->plain_count > used || (cli->argument && !c->argument))
		return gw_error_set(error, -EINVAL,
			"'%s' is one word too many: gwctl %s%s%s --help",
			words->plain[words->plain_count - 1], c->noun, c->verb ? " " : "",
			c->verb ? c->verb : "");
	if (c->many && cli->more_count == 0 && !cli->help && !strchr(c->argument, '['))
		return gw_error_set(error, -EINVAL, "'%s%s%s' needs more: gwctl %s%s%s %s", c->noun,
			c->verb ? " " : "", c->verb ? c->verb : "", c->noun, c->verb ? " " : "",
			c->verb ? c->verb : "", c->argument);
	if (!cli->argument && c->argument && c->argument[0] != '[' && !cli->help)
		return gw_error_set(error, -EINVAL, "'%s%s%s' needs %s: gwctl %s%s%s %s", c->noun,
			c->verb ? " " : "", c->verb ? c->verb : "",
			c->kind == CLI_CAMERA               ? "a camera"
				: c->kind == CLI_URL        ? "the URL of a camera"
				: c->kind == CLI_NEW_CAMERA ? "a name for the camera"
				: c->kind == CLI_MODEL      ? "a model"
				: c->kind == CLI_PORT       ? "a port"
				: c->kind == CLI_FILE       ? "a file"
				: c->kind == CLI_PCI        ? "a PCI address"
				: c->kind == CLI_TOKEN      ? "a token's name"
				: c->kind == CLI_NEW_TOKEN  ? "a name for the token"
							    : "a shell",
			c->noun, c->verb ? " " : "", c->verb ? c->verb : "", c->argument);
	return 0;
}

int arguments_parse(int count, char *const *argv, struct cli *cli, struct gw_error *error)
{
	struct words words = {0};
	bool verbs;
	int status = sort_words(count, argv, cli, &words, error);

	if (status != 0)
		return status;
	if (words.plain_count == 0)
		return match_options(cli, &words, error);
	cli->noun = words.plain[0];
	if (!arguments_noun(cli->noun, &verbs))
		return unknown_noun(cli->noun, error);
	if (verbs)
		cli->verb = words.plain[1];
	cli->command = arguments_command(cli->noun, cli->verb);
	if (!cli->command && !(cli->help && !cli->verb))
		return wants_verb(cli->noun, cli->verb, error);
	status = match_options(cli, &words, error);
	if (status != 0 || !cli->command)
		return status;
	if (cli->command->kind == CLI_COMMAND && words.plain_count > 2)
		cli->verb = words.plain[2];
	return match_argument(cli, &words, verbs ? 2 : 1, error);
}
