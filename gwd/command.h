/* What gwd was asked to do: its command line. Private to main.c. */
#pragma once

#include "gwd/gateway.h"

enum command_kind { COMMAND_RUN, COMMAND_REPLAY, COMMAND_CHECK, COMMAND_VERSION, COMMAND_HELP };

struct command {
	enum command_kind kind;
	const char *config;
	bool json; /* of a check */
	struct gw_replay replay;
};

/* Returns 0, or -EINVAL with a line that says what is wrong. Strings point into argv. */
int command_parse(int argc, char **argv, struct command *command, struct gw_error *error);

void command_help(void);
