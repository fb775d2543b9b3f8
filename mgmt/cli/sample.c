#include "mgmt/cli/client.h"
#include "mgmt/cli/commands.h"
#include "mgmt/cli/reply.h"

int cli_sample(struct cli *cli)
{
	json_t *reply;
	int code = client_ask(cli, "POST", "cameras/", cli->argument, "/sample", &reply);

	if (code != CLI_WELL)
		return code;
	if (cli->json)
		reply_print(cli, reply);
	else
		fprintf(cli->out, "%s: the next picture goes to the topic for frames\n",
			cli->argument);
	json_decref(reply);
	return CLI_WELL;
}
