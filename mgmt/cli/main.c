/* gwctl: one command, from its words to its exit code. */
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/standard_files.h"
#include "mgmt/cli/arguments.h"
#include "mgmt/cli/client.h"
#include "mgmt/cli/completion.h"
#include "mgmt/cli/fleet.h"
#include "mgmt/cli/help.h"
#include "mgmt/cli/style.h"

static int run(struct cli *cli)
{
	if (cli->version) {
		fputs("gwctl " GW_VERSION "\n", cli->out);
		return CLI_WELL;
	}
	if (cli->help && cli->command)
		help_command(cli->out, cli->command);
	else if (cli->help && cli->noun)
		help_noun(cli->out, cli->noun);
	else if (cli->help)
		help_overview(cli->out);
	else if (!cli->command)
		help_overview(stderr);
	else
		return cli->command->run(cli);
	return cli->help ? CLI_WELL : CLI_USAGE;
}

/* An answer that could not be written is none: the disk is full, or nobody reads any more. */
static int finish_output(int code)
{
	bool failed = ferror(stdout) != 0;

	if (fclose(stdout) != 0)
		failed = true;
	if (!failed)
		return code;
	fprintf(stderr, "gwctl: the answer could not be written to the standard output%s%s\n",
		errno ? ": " : "", errno ? strerror(errno) : "");
	return code == CLI_WELL ? CLI_NOT_WELL : code;
}

int main(int argc, char **argv)
{
	const char *socket = getenv("FRAMEGATE_SOCKET");
	struct cli cli = {
		.socket = socket && socket[0] ? socket : CLI_SOCKET,
		.color = style_wanted(STDOUT_FILENO),
		.out = stdout,
	};
	struct gw_error error;
	int code;

	/* An answer does not go into the socket that took the output's place. */
	if (gw_standard_files("gwctl", O_RDONLY) != 0)
		return CLI_NOT_WELL;
	curl_global_init(CURL_GLOBAL_DEFAULT);
	/* Asked by the completion script, not by people: it is not among the commands. */
	if (argc > 1 && strcmp(argv[1], "complete") == 0) {
		completion_offer(&cli, argc - 2, argv + 2);
		code = CLI_WELL;
	} else if (argc > 1 && strcmp(argv[1], "fleet") == 0) {
		/* Another program's words: its options are none of ours. */
		argv[1] = "framegate-fleet";
		code = fleet_become(argv + 1);
	} else if (arguments_parse(argc - 1, argv + 1, &cli, &error) != 0) {
		fprintf(stderr, "gwctl: %s\n", error.text);
		code = CLI_USAGE;
	} else {
		code = run(&cli);
	}
	client_close(&cli);
	curl_global_cleanup();
	errno = 0;
	return finish_output(code);
}
