#include <jansson.h>
#include <string.h>

#include "mgmt/cli/client.h"
#include "mgmt/cli/commands.h"
#include "mgmt/cli/system/bundle.h"
#include "mgmt/cli/system/machine_json.h"

#define LOG_MOST (4l << 20)

/* What is asked of the gateway; it leaves secrets out of all of them. */
static const struct {
	const char *file;
	const char *path[3];
} answers[] = {
	{"version.json", {"version"}},
	{"status.json", {"status"}},
	{"config.json", {"config"}},
	{"config-diff.json", {"config", "diff"}},
	{"cameras.json", {"cameras"}},
	{"models.json", {"models"}},
	{"stages.json", {"stages"}},
	{"services.json", {"services"}},
	{"drops.json", {"drops"}},
	{"latency.json", {"latency"}},
	{"audit.json", {"audit"}},
};

static void put_json(const struct bundle *bundle, const char *name, const json_t *json)
{
	FILE *file = bundle_file(bundle, name);

	if (!file)
		return;
	json_dumpf(json, file, JSON_INDENT(2));
	fputc('\n', file);
	fclose(file);
}

/* False when no gateway answers: then none of it can be had. */
static bool ask(struct cli *cli, const struct bundle *bundle)
{
	json_t *reply;

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		if (client_try(cli, "GET", answers[i].path, NULL, &reply) == CLI_NO_DAEMON)
			return false;
		if (reply)
			put_json(bundle, answers[i].file, reply);
		json_decref(reply);
	}
	return true;
}

static void download(struct cli *cli, const struct bundle *bundle, const char *name,
	const char *method, const char *const *path, const json_t *body)
{
	FILE *file = bundle_file(bundle, name);

	if (!file)
		return;
	client_download(cli, method, path, body, file, NULL);
	fclose(file);
}

static void put_log(const struct bundle *bundle, const char *path)
{
	char *words[] = {"journalctl", "--unit=framegate.service", "--lines=5000", "--no-pager",
		"--output=short-iso", NULL};

	if (!path)
		bundle_run(bundle, "log.txt", words);
	else if (bundle_tail(bundle, "log.txt", path, LOG_MOST) != 0)
		fprintf(stderr, "gwctl: %s cannot be read: the bundle goes without a log\n", path);
}

static void put_machine(const struct bundle *bundle)
{
	char *uname[] = {"uname", "-a", NULL};
	json_t *machine = machine_json();

	put_json(bundle, "machine.json", machine);
	json_decref(machine);
	bundle_run(bundle, "kernel.txt", uname);
}

int cli_support_bundle(struct cli *cli)
{
	json_t *second = json_pack("{s:f}", "seconds", 1.0);
	struct bundle bundle = {0};
	struct gw_error error;
	int code = CLI_NOT_WELL;

	int status = bundle_begin(&bundle, &error);
	if (status == 0) {
		FILE *version = bundle_file(&bundle, "gwctl.txt");

		if (version) {
			fputs("gwctl " GW_VERSION "\n", version);
			fclose(version);
		}
		if (ask(cli, &bundle)) {
			download(cli, &bundle, "metrics.txt", "GET", CLIENT_PATH("metrics"), NULL);
			download(cli, &bundle, "trace.json", "POST", CLIENT_PATH("trace"), second);
		}
		put_machine(&bundle);
		put_log(&bundle, cli->option[0]);
		status = bundle_pack(&bundle, cli->argument, &error);
	}
	if (status == 0) {
		fprintf(cli->out, "%s: what is known of this gateway, without secrets\n",
			cli->argument);
		code = CLI_WELL;
	} else {
		fprintf(stderr, "gwctl: %s\n", error.text);
	}
	bundle_end(&bundle);
	json_decref(second);
	return code;
}
