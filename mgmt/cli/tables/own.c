/* Commands about gwctl itself, and where it hands over to another program. */
#include "mgmt/cli/commands.h"
#include "mgmt/cli/tables/tables.h"

const struct cli_command cli_own_commands[] = {
	{.noun = "fleet",
		.argument = "[COMMAND]",
		.kind = CLI_FLEET,
		.many = true,
		.summary = "many gateways as one Git repository (framegate-fleet)",
		.details = "Hands over to the program framegate-fleet, which is installed on the "
			   "machine that the fleet is managed from: docs/fleet.md. gwctl fleet "
			   "--help lists its commands.",
		.example = "fleet plan",
		.run = cli_fleet},
	{.noun = "version",
		.summary = "the versions of gwctl and of the gateway",
		.details = "A gateway that does not answer is no error here.",
		.example = "version",
		.run = cli_version},
	{.noun = "completion",
		.argument = "SHELL",
		.kind = CLI_SHELL,
		.summary = "print a completion script (bash)",
		.details = "Completes commands, options and, by asking the gateway, the names of "
			   "cameras "
			   "and models. For this shell: source <(gwctl completion bash)",
		.example = "completion bash > /etc/bash_completion.d/gwctl",
		.run = cli_completion},
	{.noun = "help",
		.argument = "[COMMAND]",
		.kind = CLI_COMMAND,
		.summary = "explain a command, or list them all",
		.details = "The same as --help after the command.",
		.example = "help camera",
		.options = {{"--man", NULL, "print the manual page, for man -l -"}},
		.run = cli_help},
	{.noun = NULL},
};
