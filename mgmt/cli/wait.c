/* wait: until the gateway is as one wants it, for scripts. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/clock.h"
#include "mgmt/cli/client.h"
#include "mgmt/cli/commands.h"
#include "mgmt/cli/reply.h"

#define SECONDS 60 /* where none are said */
#define PAUSE_NS 100000000

enum { READY, WELL, LIVE, TIMEOUT };

/* Why it is not so yet, in words; NULL: it is. */
static const char *missing(const struct cli *cli, const json_t *status, const json_t *camera)
{
	if (!reply_flag(status, "ready"))
		return "the gateway starts or ends";
	if (cli->option[WELL] && !reply_flag(status, "well"))
		return "not all is well: gwctl status";
	if (cli->option[LIVE] && !camera)
		return "there is no such camera";
	if (cli->option[LIVE] && strcmp(reply_text(camera, "state"), "live") != 0)
		return "no pictures come from the camera: gwctl camera show";
	return NULL;
}

/* The camera that is waited for; NULL: there is none of that name, or nobody answers. */
static json_t *ask_camera(struct cli *cli, const char *name)
{
	char path[128];
	json_t *camera = NULL;

	/* Another name is none of a camera's, and might be no path either. */
	if (strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") ==
			strlen(name) &&
		(size_t)snprintf(path, sizeof(path), "cameras/%s", name) < sizeof(path))
		(void)client_peek(cli, path, &camera);
	return camera;
}

/* One look. Returns an exit code, with what is missing in words; NULL: it was said, and will not
 * come. */
static int look(struct cli *cli, const char **words)
{
	json_t *status, *camera = NULL;
	bool over;
	const int code = client_await(cli, "status", &status, &over);

	*words = code == CLI_NO_DAEMON ? "no gateway answers"
				       : "the gateway answers with an error: gwctl status";
	if (over)
		*words = NULL;
	if (code != CLI_WELL)
		return code;
	if (cli->option[LIVE])
		camera = ask_camera(cli, cli->option[LIVE]);
	*words = missing(cli, status, camera);
	json_decref(status);
	json_decref(camera);
	return *words ? CLI_NOT_WELL : CLI_WELL;
}

static int wait_until(struct cli *cli, int64_t end)
{
	static const struct timespec pause = {.tv_nsec = PAUSE_NS};
	const char *words;
	int code;

	while ((code = look(cli, &words)) != CLI_WELL && words && gw_now() < end)
		nanosleep(&pause, NULL);
	if (code != CLI_WELL && words)
		fprintf(stderr, "gwctl: it did not come to that in time: %s\n", words);
	return code;
}

int cli_wait(struct cli *cli)
{
	const char *timeout = cli->option[TIMEOUT];
	double seconds = SECONDS;
	char *end;

	if (timeout) {
		seconds = strtod(timeout, &end);
		if (*end || end == timeout || !(seconds >= 0 && seconds <= 86400)) {
			fprintf(stderr,
				"gwctl: --timeout takes seconds from 0 to 86400, not '%s'\n",
				timeout);
			return CLI_USAGE;
		}
	}
	if (!cli->option[READY] && !cli->option[WELL] && !cli->option[LIVE]) {
		fputs("gwctl: wait for what? --ready, --well or --live CAMERA\n", stderr);
		return CLI_USAGE;
	}
	return wait_until(cli, gw_now() + (int64_t)(seconds * (double)GW_NS_PER_S));
}
