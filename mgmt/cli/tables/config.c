/* Commands about the configuration. */
#include "mgmt/cli/commands.h"
#include "mgmt/cli/tables/tables.h"

/* Of what makes a commit, in the order of enum commit_option. */
#define COMMIT_OPTIONS \
	{"--comment", "TEXT", "why, for the history"}, \
	{ \
		"--confirm", "TIME", "take it back when nobody confirms it within 30s, 5m, 1h" \
	}

#define COMMIT_RESTART \
	{ \
		"--restart", NULL, "also what holds only when gwd is started again" \
	}

const struct cli_command cli_config_commands[] = {
	{.noun = "config",
		.verb = "check",
		.argument = "FILE",
		.kind = CLI_FILE,
		.summary = "check a configuration file",
		.details = "Says what gwd would end with if it were started with the file on this "
			   "machine: what is no valid configuration, with line and column, and "
			   "models, keys, directories and devices that are not there. Needs no "
			   "gateway, but the program gwd on this machine, and changes nothing. "
			   "Exit code 1 when gwd would not start.",
		.example = "config check /etc/framegate/gateway.yaml",
		.run = cli_config_check},
	{.noun = "config",
		.verb = "show",
		.argument = "[NUMBER]",
		.kind = CLI_NUMBER,
		.summary = "the configuration in effect, or that of a commit",
		.details = "Prints it as JSON, with the cameras that there are now, defaults "
			   "filled in, secrets left out. With NUMBER, what that commit was.",
		.example = "config show",
		.run = cli_config_show},
	{.noun = "config",
		.verb = "diff",
		.argument = "[FILE]",
		.kind = CLI_FILE,
		.summary = "what differs from the stored configuration, or from a file",
		.details = "Compares the gateway's file with what is in effect, key by key; "
			   "entries of lists are named by their names. With FILE, shows what "
			   "`config apply FILE` would change, once the gateway has checked it: "
			   "models and ports too. Exit code 1 when something differs.",
		.example = "config diff",
		.run = cli_config_diff},
	{.noun = "config",
		.verb = "apply",
		.argument = "FILE",
		.kind = CLI_FILE,
		.summary = "make a file the configuration",
		.details =
			"Checks all of it, puts it into effect and stores it, comments and all: "
			"the whole file, or nothing. What needs a restart is named, and nothing "
			"is changed unless --restart is given. Exit code 1 when it was not made.",
		.example = "config apply new.yaml --confirm 5m --comment hall-2",
		.options = {COMMIT_OPTIONS, COMMIT_RESTART,
			{"--revision", "REVISION",
				"only if nothing was changed since, as an earlier commit said"}},
		.run = cli_config_apply},
	{.noun = "config",
		.verb = "edit",
		.summary = "change the configuration in an editor",
		.details = "Opens it in $VISUAL, $EDITOR or vi, and then does what `config apply` "
			   "does, unless somebody else made a change meanwhile. What cannot be "
			   "applied stays in the file that was edited, which is named.",
		.example = "config edit",
		.options = {COMMIT_OPTIONS, COMMIT_RESTART},
		.run = cli_config_edit},
	{.noun = "config",
		.verb = "commit",
		.summary = "keep what is in effect",
		.details = "Stores what `camera add`, `set` and `remove` changed, as `config save` "
			   "does, with a comment, or to be confirmed.",
		.example = "config commit --comment watched-door",
		.options = {COMMIT_OPTIONS},
		.run = cli_config_commit},
	{.noun = "config",
		.verb = "confirm",
		.summary = "keep a commit that waits for it",
		.details = "Exit code 1 when none waits.",
		.example = "config confirm",
		.run = cli_config_confirm},
	{.noun = "config",
		.verb = "rollback",
		.argument = "[NUMBER]",
		.kind = CLI_NUMBER,
		.summary = "go back to an earlier commit",
		.details = "To the one before the newest when no NUMBER is given. That is a commit "
			   "too.",
		.example = "config rollback 7",
		.options = {COMMIT_OPTIONS, COMMIT_RESTART},
		.run = cli_config_rollback},
	{.noun = "config",
		.verb = "history",
		.summary = "the last 50 commits",
		.details = "Who made them, when, from where and why; the newest first.",
		.example = "config history",
		.run = cli_config_history},
	{.noun = "config",
		.verb = "save",
		.summary = "store the configuration in effect",
		.details =
			"Writes it to the file that the gateway was started with, whole or not at "
			"all: what differs from the defaults, in the order of the keys. Comments "
			"in "
			"the file are lost. A file that says the same already is left alone, and "
			"so is one that is not valid: repair it, or move it away, and save again.",
		.example = "config save",
		.run = cli_config_save},
	{.noun = NULL},
};
