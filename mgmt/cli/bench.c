#include "mgmt/cli/cli.h"
#include "mgmt/cli/commands.h"
#include "mgmt/cli/run_gwd.h"

/* gwd has what is measured: it gets the same words. */
int cli_bench(struct cli *cli)
{
	const struct cli_option *options = cli->command->options;
	char *words[4 + 2 * CLI_OPTIONS + 1] = {"gwctl", "bench", (char *)cli->command->verb};
	int count = 3;

	if (cli->json)
		words[count++] = "--json";
	for (int i = 0; i < CLI_OPTIONS && options[i].name; i++) {
		if (!cli->option[i])
			continue;
		words[count++] = (char *)options[i].name;
		if (options[i].value)
			words[count++] = (char *)cli->option[i];
	}
	return run_gwd(cli, words);
}
