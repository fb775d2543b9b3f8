#include <stddef.h>

#include "mgmt/cli/client.h"
#include "mgmt/cli/commands.h"

int cli_metrics(struct cli *cli)
{
	return client_download(cli, "GET", CLIENT_PATH("metrics"), NULL, cli->out, NULL);
}
