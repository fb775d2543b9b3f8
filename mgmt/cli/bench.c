#include "mgmt/cli/cli.h"
#include "mgmt/cli/commands.h"
#include "mgmt/cli/run_gwd.h"

int cli_bench_schedule(struct cli *cli)
{
	static const char *const valued[] = {"--model", "--library", "--output"};
	char *words[16] = {"gwctl", "bench", "schedule"};
	int count = 3;

	if (cli->json)
		words[count++] = "--json";
	for (size_t i = 0; i < sizeof(valued) / sizeof(valued[0]); i++)
		if (cli->option[i]) {
			words[count++] = (char *)valued[i];
			words[count++] = (char *)cli->option[i];
		}
	if (cli->option[3])
		words[count++] = "--quick";
	return run_gwd(cli, words);
}
