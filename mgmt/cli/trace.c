#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "mgmt/cli/client.h"
#include "mgmt/cli/commands.h"

/* What the terminal is told while nothing else can be seen. */
static struct {
	struct timespec begin;
	double seconds;
} progress;

static void tick(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	const double passed = (double)(now.tv_sec - progress.begin.tv_sec) +
		(double)(now.tv_nsec - progress.begin.tv_nsec) / 1e9;

	if (passed < progress.seconds)
		fprintf(stderr, "\rrecording: %.0f of %g s", passed, progress.seconds);
	else
		fputs("\rwriting ...               ", stderr);
	fflush(stderr);
}

static int record(struct cli *cli, double seconds, FILE *out)
{
	json_t *body = json_pack("{s:f}", "seconds", seconds);
	const bool show = isatty(STDERR_FILENO);

	clock_gettime(CLOCK_MONOTONIC, &progress.begin);
	progress.seconds = seconds;
	const int code =
		client_download(cli, "POST", CLIENT_PATH("trace"), body, out, show ? tick : NULL);

	if (show)
		fputs("\r\033[K", stderr);
	json_decref(body);
	return code;
}

int cli_trace(struct cli *cli)
{
	char *end;
	const double seconds = strtod(cli->argument, &end);
	const char *path = cli->more_count == 1 ? cli->more[0] : NULL;

	if (*end != '\0' || !isfinite(seconds) || seconds <= 0 || !path) {
		fputs("gwctl: trace needs a number of seconds and a file: gwctl trace 5 "
		      "trace.json\n",
			stderr);
		return CLI_USAGE;
	}
	const bool standard = strcmp(path, "-") == 0;
	FILE *out = standard ? cli->out : fopen(path, "w");

	if (!out) {
		fprintf(stderr, "gwctl: cannot write %s: %s\n", path, strerror(errno));
		return CLI_NOT_WELL;
	}
	int code = record(cli, seconds, out);

	if (standard)
		return code;
	if (fclose(out) != 0 && code == CLI_WELL) {
		fprintf(stderr, "gwctl: cannot write %s: %s\n", path, strerror(errno));
		code = CLI_NOT_WELL;
	}
	if (code != CLI_WELL)
		unlink(path);
	else
		fprintf(cli->out, "%s: open it in https://ui.perfetto.dev or chrome://tracing\n",
			path);
	return code;
}
