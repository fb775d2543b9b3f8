#include <jansson.h>

#include "mgmt/cli/client.h"
#include "mgmt/cli/commands.h"
#include "mgmt/cli/reply.h"

int cli_version(struct cli *cli)
{
	json_t *gwd;

	client_peek(cli, "version", &gwd);
	if (cli->json) {
		json_t *both = json_pack("{s:s, s:O?}", "gwctl", GW_VERSION, "gwd", gwd);

		reply_print(cli, both);
		json_decref(both);
	} else {
		fprintf(cli->out, "gwctl %s\n", GW_VERSION);
		if (gwd)
			fprintf(cli->out, "gwd   %s\n", reply_text(gwd, "version"));
		else
			fprintf(cli->out, "gwd   does not answer on %s\n", cli->socket);
	}
	json_decref(gwd);
	return CLI_WELL;
}
