#include <jansson.h>

#include "mgmt/cli/client.h"
#include "mgmt/cli/commands.h"
#include "mgmt/cli/view.h"

int cli_certificate_show(struct cli *cli)
{
	json_t *reply;
	char names[1024];
	const int code = client_get(cli, "certificate", &reply);

	if (code != CLI_WELL)
		return code;
	if (cli->json) {
		reply_print(cli, reply);
	} else {
		view_line(cli, "file", STYLE_PLAIN, "%s", reply_text(reply, "file"));
		view_line(cli, "subject", STYLE_PLAIN, "%s%s", reply_text(reply, "subject"),
			reply_flag(reply, "self_signed") ? " (signed by itself)" : "");
		view_line(cli, "names", STYLE_PLAIN, "%s",
			reply_join(json_object_get(reply, "names"), names, sizeof(names)));
		view_line(cli, "valid", STYLE_PLAIN, "%s to %s", reply_text(reply, "begins"),
			reply_text(reply, "ends"));
		view_line(cli, "SHA-256", STYLE_PLAIN, "%s", reply_text(reply, "fingerprint"));
	}
	json_decref(reply);
	return CLI_WELL;
}
