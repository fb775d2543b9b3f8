/* gwctl's commands: what one is, and what it gets to work with. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

/* Exit codes, for scripts. */
enum cli_exit {
	CLI_WELL = 0,
	CLI_NOT_WELL = 1, /* the answer is bad news, or there is none to that question */
	CLI_USAGE = 2, /* the command line makes no sense */
	CLI_NO_DAEMON = 3, /* nobody answers on the socket */
};

#define CLI_OPTIONS 24
#define CLI_SOCKET "/run/framegate/api.sock"

/* An option of one command. */
struct cli_option {
	const char *name; /* "--all"; NULL ends the list */
	const char *value; /* what follows, "SECONDS"; NULL: nothing */
	const char *summary;
};

/* What an argument is: completion offers it, errors name it. */
enum cli_argument {
	CLI_NOTHING,
	CLI_CAMERA,
	CLI_NEW_CAMERA, /* a name that nobody has yet */
	CLI_MODEL,
	CLI_PORT,
	CLI_URL,
	CLI_FILE,
	CLI_NUMBER, /* of a commit */
	CLI_PCI, /* an address */
	CLI_TOKEN,
	CLI_NEW_TOKEN,
	CLI_SHELL,
	CLI_COMMAND,
	CLI_FLEET, /* a command of framegate-fleet */
};

#define CLI_MORE 256 /* words that a command may take behind its argument */

struct cli;

/* One command, declared once: usage, help, manual page and completion come from this. */
struct cli_command {
	const char *noun;
	const char *verb; /* NULL: the noun alone */
	const char *argument; /* "NAME", "[COMMAND]" when it may be left out; NULL: none */
	enum cli_argument kind;
	bool many; /* more words may follow the argument: cli.more */
	bool empties; /* an option's value may be empty: its default */
	const char *summary; /* one line */
	const char *details; /* sentences for the help */
	const char *example; /* the words after "gwctl" */
	struct cli_option options[CLI_OPTIONS + 1];
	int (*run)(struct cli *cli); /* returns an exit code */
};

/* The command line, understood. */
struct cli {
	const struct cli_command *command; /* NULL: help on `noun`, or on everything */
	const char *noun;
	const char *verb;
	const char *argument; /* NULL: not given */
	const char *more[CLI_MORE]; /* words behind it, of a command that takes many */
	int more_count;
	const char *option[CLI_OPTIONS]; /* in the command's order: value, "" without one, NULL: not
					    given */
	const char *socket;
	bool socket_given;
	bool json;
	bool help;
	bool version;
	bool color;
	FILE *out;
	struct client *client; /* opened with the first request */
};

/* All commands, one after the other: the one behind `command`, with NULL the first; NULL: there is
 * no more. */
const struct cli_command *cli_next(const struct cli_command *command);

extern const struct cli_option cli_global_options[];
