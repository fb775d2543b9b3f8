#include "mgmt/cli/fleet.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mgmt/cli/cli.h"
#include "mgmt/cli/commands.h"

int fleet_become(char *const words[])
{
	execvp(words[0], words);
	if (errno == ENOENT)
		fprintf(stderr,
			"gwctl: this is done by framegate-fleet, which is not in PATH: "
			"install it on the machine that the fleet is managed from "
			"(docs/fleet.md)\n");
	else
		fprintf(stderr, "gwctl: framegate-fleet does not start: %s\n", strerror(errno));
	return CLI_NOT_WELL;
}

/* With gwctl's own options before it; without them, main() hands all words over as they are. */
int cli_fleet(struct cli *cli)
{
	char *words[CLI_MORE + 4] = {"framegate-fleet"};
	int count = 1;

	if (cli->json)
		words[count++] = "--json";
	if (cli->argument)
		words[count++] = (char *)cli->argument;
	for (int i = 0; i < cli->more_count; i++)
		words[count++] = (char *)cli->more[i];
	return fleet_become(words);
}
