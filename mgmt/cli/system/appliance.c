#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mgmt/cli/cli.h"
#include "mgmt/cli/commands.h"

/* Part of the appliance's image alone, which knows its slots. */
#define PROGRAM "/usr/lib/framegate/system"

/* Becomes the appliance's program. Returns an exit code when it cannot. */
static int become(struct cli *cli, const char *verb, const char *word, const char *more)
{
	const char *const words[] = {PROGRAM, verb, word, word ? more : NULL, NULL};

	fflush(cli->out);
	execv(PROGRAM, (char *const *)words);
	if (errno == ENOENT)
		fprintf(stderr,
			"gwctl: this machine was not started from the appliance's image: its "
			"packages are updated with apt\n");
	else
		fprintf(stderr, "gwctl: " PROGRAM ": %s\n", strerror(errno));
	return CLI_NOT_WELL;
}

int cli_system_update(struct cli *cli)
{
	return become(cli, "update", cli->argument, cli->option[0] ? "restart" : NULL);
}

int cli_system_status(struct cli *cli)
{
	return become(cli, "status", cli->json ? "json" : NULL, NULL);
}

int cli_system_rollback(struct cli *cli)
{
	return become(cli, "rollback", NULL, NULL);
}

int cli_system_restart(struct cli *cli)
{
	return become(cli, "restart", NULL, NULL);
}

int cli_system_reset(struct cli *cli)
{
	if (!cli->option[0]) {
		fprintf(stderr,
			"gwctl: this takes configuration and data for good: say so with --yes\n");
		return CLI_USAGE;
	}
	return become(cli, "reset", NULL, NULL);
}
