#include <string.h>

#include "mgmt/cli/client.h"
#include "mgmt/cli/commands.h"
#include "mgmt/cli/reply.h"

/* A camera that sends nothing: the wish is kept, but nobody should wait for the picture. */
static bool is_live(struct cli *cli)
{
	json_t *camera;

	if (client_send(cli, "GET", CLIENT_PATH("cameras", cli->argument), NULL, &camera) !=
		CLI_WELL)
		return true;
	bool live = strcmp(reply_text(camera, "state"), "live") == 0;

	json_decref(camera);
	return live;
}

int cli_sample(struct cli *cli)
{
	json_t *reply;
	int code = client_send(
		cli, "POST", CLIENT_PATH("cameras", cli->argument, "sample"), NULL, &reply);

	if (code != CLI_WELL)
		return code;
	if (cli->json)
		reply_print(cli, reply);
	else
		fprintf(cli->out, "%s: the next picture is sent as a sample%s\n", cli->argument,
			is_live(cli) ? "" : ", when one comes: the camera sends nothing now");
	json_decref(reply);
	return CLI_WELL;
}
