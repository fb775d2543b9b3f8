#include "core/config/config.h"

#include <jansson.h>

#include "mgmt/cli/client.h"
#include "mgmt/cli/commands.h"
#include "mgmt/cli/reply.h"
#include "mgmt/cli/units.h"

int cli_config_check(struct cli *cli)
{
	struct gw_error error = {{0}};
	struct gw_config *config;
	int status = gw_config_load(cli->argument, &config, &error);

	if (cli->json) {
		json_t *verdict = json_pack("{s:s, s:b, s:s?}", "file", cli->argument, "valid",
			status == 0, "error", status == 0 ? NULL : error.text);

		reply_print(cli, verdict);
		json_decref(verdict);
	} else if (status != 0) {
		fprintf(stderr, "gwctl: %s\n", error.text);
	} else {
		fprintf(cli->out, "%s is valid: %u camera%s, %u interface%s\n", cli->argument,
			config->cameras_count, units_plural(config->cameras_count),
			config->interfaces_count, units_plural(config->interfaces_count));
	}
	if (status == 0)
		gw_config_free(config);
	return status == 0 ? CLI_WELL : CLI_NOT_WELL;
}

int cli_config_show(struct cli *cli)
{
	json_t *reply;
	int code = client_get(cli, "config", &reply);

	if (code != CLI_WELL)
		return code;
	reply_print(cli, reply);
	json_decref(reply);
	return CLI_WELL;
}
