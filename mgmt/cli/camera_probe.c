/* camera probe: gwd asks the camera, the one of this machine or the one that runs. */
#include <inttypes.h>

#include "mgmt/cli/client.h"
#include "mgmt/cli/commands.h"
#include "mgmt/cli/run_gwd.h"
#include "mgmt/cli/view.h"

enum {
	USER,
	PASSWORD_FILE,
	PASSWORD_ENV,
	TRANSPORT,
	TLS_CA_FILE,
	TLS_FINGERPRINT,
	SRTP,
	SECONDS,
	FROM_GATEWAY
};

static void print_found(const struct cli *cli, const json_t *reply)
{
	const int64_t width = reply_count(reply, "width"), height = reply_count(reply, "height");
	const double rate = reply_number(reply, "rate");
	const char *group = reply_text(reply, "multicast");

	view_line(cli, "camera", STYLE_TITLE, "%s", reply_text(reply, "url"));
	view_line(cli, "pictures", STYLE_GOOD, "%s, payload type %" PRId64,
		reply_text(reply, "codec"), reply_count(reply, "payload_type"));
	if (width > 0)
		view_line(cli, "size", STYLE_PLAIN, "%" PRId64 "x%" PRId64, width, height);
	else
		view_line(cli, "size", STYLE_PLAIN, "it does not say: the stream will");
	if (rate > 0)
		view_line(cli, "rate", STYLE_PLAIN, "%.1f frames/s", rate);
	if (group[0])
		view_line(cli, "multicast", STYLE_PLAIN, "%s", group);
	view_line(cli, "encrypted", STYLE_PLAIN, "%s",
		reply_flag(reply, "encrypted") ? "yes (SRTP)" : "no");
	view_line(cli, "server", STYLE_PLAIN, "%s", reply_text(reply, "server"));
}

static int ask_gateway(struct cli *cli)
{
	json_t *reply,
		*body = json_pack("{s:s, s:s*, s:s*, s:s*, s:s*, s:s*, s:s*}", "url", cli->argument,
			"user", cli->option[USER], "password_file", cli->option[PASSWORD_FILE],
			"password_env", cli->option[PASSWORD_ENV], "transport",
			cli->option[TRANSPORT], "tls_ca_file", cli->option[TLS_CA_FILE],
			"tls_fingerprint", cli->option[TLS_FINGERPRINT]);
	const int code = client_send_slow(cli, "POST", CLIENT_PATH("camera-probe"), body, &reply);

	json_decref(body);
	if (code != CLI_WELL)
		return code;
	const bool found = reply_flag(reply, "found");

	if (cli->json)
		reply_print(cli, reply);
	else if (found)
		print_found(cli, reply);
	if (!found)
		fprintf(stderr, "gwctl: %s: %s\n", cli->argument, reply_text(reply, "problem"));
	json_decref(reply);
	return found ? CLI_WELL : CLI_NOT_WELL;
}

static int run_here(struct cli *cli)
{
	char *words[2 * CLI_OPTIONS + 8] = {"gwctl", "camera", "probe"};
	int count = 3;

	if (cli->json)
		words[count++] = "--json";
	for (int i = 0; i < FROM_GATEWAY; i++)
		if (cli->option[i]) {
			words[count++] = (char *)cli->command->options[i].name;
			words[count++] = (char *)cli->option[i];
		}
	words[count++] = "--";
	words[count++] = (char *)cli->argument;
	return run_gwd(cli, words);
}

int cli_camera_probe(struct cli *cli)
{
	if (!cli->option[FROM_GATEWAY])
		return run_here(cli);
	if (!cli->option[SRTP] && !cli->option[SECONDS])
		return ask_gateway(cli);
	fputs("gwctl: --from-gateway listens to no packets: leave --srtp and --seconds out\n",
		stderr);
	return CLI_USAGE;
}
