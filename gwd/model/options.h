/* The options of `gwd model ...`, as a command lists them. */
#pragma once

#include <stdbool.h>

#define MODEL_OPTIONS 15

struct model_option {
	const char *name; /* without its dashes; NULL ends the list */
	char letter; /* the short form; '\0': there is none */
	const char **value; /* where the word after it goes; NULL: it has none */
	bool *given; /* ... and what becomes true instead */
};

/* Reads the command's words, argv[0] being its name; what is no option comes to stand last. Returns
 * where that begins, or -1 after a line on standard error. */
int model_options_read(int argc, char **argv, const struct model_option *options);
