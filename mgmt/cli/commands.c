#include "mgmt/cli/commands.h"

#include <stddef.h>

#include "mgmt/cli/cli.h"
#include "mgmt/cli/tables/tables.h"

const struct cli_option cli_global_options[] = {
	{"--socket", "PATH",
		"where the gateway answers (default " CLI_SOCKET ", or $FRAMEGATE_SOCKET)"},
	{"--json", NULL, "print what the API says, for scripts"},
	{"--no-color", NULL, "never colour (also with NO_COLOR set, or away from a terminal)"},
	{"--help", NULL, "explain a command"},
	{"--version", NULL, "print gwctl's version"},
	{NULL, NULL, NULL},
};

/* In the order in which the help lists them. */
static const struct cli_command *const tables[] = {
	cli_gateway_commands,
	cli_camera_commands,
	cli_accel_commands,
	cli_model_commands,
	cli_config_commands,
	cli_access_commands,
	cli_system_commands,
	cli_own_commands,
};

#define TABLES (sizeof(tables) / sizeof(tables[0]))

/* The first command of that table or of one behind it; NULL: there is none. */
static const struct cli_command *first_from(size_t table)
{
	while (table < TABLES && !tables[table]->noun)
		table++;
	return table < TABLES ? tables[table] : NULL;
}

const struct cli_command *cli_next(const struct cli_command *command)
{
	if (!command)
		return first_from(0);
	if (command[1].noun)
		return command + 1;
	for (size_t i = 0; i < TABLES; i++) {
		const struct cli_command *end = tables[i];

		while (end->noun)
			end++;
		if (end == command + 1)
			return first_from(i + 1);
	}
	return NULL;
}
