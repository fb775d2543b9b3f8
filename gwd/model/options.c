#include "gwd/model/options.h"

#include <assert.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "gwd/model/command.h"

#define FIRST 256 /* no letter */

static void take(const struct model_option *option)
{
	if (option->value)
		*option->value = optarg;
	else
		*option->given = true;
}

static int complain(const char *command, int found, const char *word)
{
	char line[256];

	snprintf(line, sizeof(line), found == ':' ? "%s needs a value" : "unknown option '%s'",
		word);
	model_command_fail(command, line, 2);
	return -1;
}

int model_options_read(int argc, char **argv, const struct model_option *options)
{
	struct option words[MODEL_OPTIONS + 1] = {0};
	char letters[2 * MODEL_OPTIONS + 2] = ":";
	int used = 1, found;

	for (int i = 0; options[i].name; i++) {
		assert(i < MODEL_OPTIONS);
		words[i] = (struct option){options[i].name,
			options[i].value ? required_argument : no_argument, NULL, FIRST + i};
		if (options[i].letter)
			letters[used++] = options[i].letter;
		if (options[i].letter && options[i].value)
			letters[used++] = ':';
	}
	optind = 1;
	while ((found = getopt_long(argc, argv, letters, words, NULL)) != -1) {
		const struct model_option *option = options;

		if (found == ':' || found == '?')
			return complain(argv[0], found, argv[optind - 1]);
		while (found < FIRST && option->letter != found)
			option++;
		take(found < FIRST ? option : &options[found - FIRST]);
	}
	return optind;
}
