/* Commands about who may ask the gateway over HTTPS, and what it shows for who it is. */
#include "mgmt/cli/commands.h"
#include "mgmt/cli/tables/tables.h"

const struct cli_command cli_access_commands[] = {
	{.noun = "token",
		.verb = "create",
		.argument = "NAME",
		.kind = CLI_NEW_TOKEN,
		.summary = "make a token for HTTPS",
		.details =
			"Prints it, this once: the gateway keeps its digest alone. Whoever has it "
			"sends it in the header `Authorization: Bearer TOKEN`. A viewer looks, an "
			"operator runs cameras and models, an admin may everything.",
		.example = "token create grafana --role viewer --expires 90d",
		.options = {{"--role", "ROLE", "viewer (default), operator or admin"},
			{"--cameras", "NAMES", "only these, separated by commas"},
			{"--expires", "TIME", "after 12h, 90d; without it never"}},
		.run = cli_token_create},
	{.noun = "token",
		.verb = "list",
		.summary = "the tokens there are",
		.details = "With their roles, cameras and ends; not the tokens themselves, which "
			   "nobody has but whoever got them.",
		.example = "token list",
		.run = cli_token_list},
	{.noun = "token",
		.verb = "revoke",
		.argument = "NAME",
		.kind = CLI_TOKEN,
		.summary = "make a token useless, at once",
		.details = "The next request with it is refused.",
		.example = "token revoke grafana",
		.run = cli_token_revoke},
	{.noun = "token",
		.verb = "setup",
		.summary = "the token to set the gateway up with",
		.details = "Over HTTPS it makes the first token of an admin, and nothing else. "
			   "There is one as long as there is no admin's, a new one after each "
			   "start. Exit code 1 when there is none.",
		.example = "token setup",
		.run = cli_token_setup},
	{.noun = "certificate",
		.verb = "show",
		.summary = "what HTTPS shows for who it is",
		.details = "With its SHA-256 fingerprint, to be held against what a browser or a "
			   "client shows at the first connection.",
		.example = "certificate show",
		.run = cli_certificate_show},
	{.noun = NULL},
};
