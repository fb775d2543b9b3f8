#include <stdio.h>

#include "mgmt/cli/cli.h"
#include "mgmt/cli/commands.h"
#include "mgmt/cli/system/card.h"

static const struct machine here = {.root = ""};

static int finish(struct cli *cli, int status, const struct gw_error *error)
{
	char driver[CARD_DRIVER];

	if (status != 0) {
		fprintf(stderr, "gwctl: %s\n", error->text);
		return CLI_NOT_WELL;
	}
	card_driver(&here, cli->argument, driver);
	if (cli->json)
		fprintf(cli->out, "{\"device\": \"%s\", \"driver\": \"%s\"}\n", cli->argument,
			driver);
	else
		fprintf(cli->out, "%s has the driver %s, until the next start of the machine\n",
			cli->argument, driver);
	return CLI_WELL;
}

int cli_system_bind(struct cli *cli)
{
	struct gw_error error;
	const int status = card_bind(&here, cli->argument, &error);

	return finish(cli, status, &error);
}

int cli_system_unbind(struct cli *cli)
{
	struct gw_error error;
	const int status = card_unbind(&here, cli->argument, &error);

	return finish(cli, status, &error);
}
