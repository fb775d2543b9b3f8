#include "gwd/model/command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "gwd/model/add.h"
#include "gwd/model/check.h"
#include "gwd/model/inspect.h"

/* Each gets the words from its name on. */
static const struct {
	const char *name, *arguments, *summary;
	int (*run)(int argc, char **argv);
} commands[] = {
	{"add", "DIR [PICTURE...]", "put a version into --repository DIR, after it was tried",
		model_add},
	{"check", "DIR PICTURE...", "run JPEG pictures through a model and draw what it finds",
		model_check},
	{"inspect", "FILE.onnx [--json]", "draft a model.yaml from a graph", model_inspect},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void help(FILE *to)
{
	fputs("gwd model: looks at models, without a gateway\n\nusage:\n", to);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(to, "  gwd model %s %-21s %s\n", commands[i].name, commands[i].arguments,
			commands[i].summary);
}

/* Whoever was called says it: gwctl lends this program its name. */
int model_command_fail(const char *command, const char *line, int code)
{
	const char *caller = program_invocation_short_name;

	fprintf(stderr, "%s: model %s: %s\n", caller, command, line);
	if (code == 2)
		fprintf(stderr, "%s: `%s model --help` shows the usage\n", caller, caller);
	return code;
}

int model_command(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";

	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(word, commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0) {
		if (argc > 2) {
			fprintf(stderr, "%s: 'model help' takes no '%s'\n",
				program_invocation_short_name, argv[2]);
			return 2;
		}
		help(stdout);
		return 0;
	}
	if (word[0])
		fprintf(stderr, "%s: unknown command 'model %s'\n", program_invocation_short_name,
			word);
	help(stderr);
	return 2;
}
