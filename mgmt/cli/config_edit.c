/* The configuration in an editor. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mgmt/cli/client.h"
#include "mgmt/cli/commands.h"
#include "mgmt/cli/commit.h"
#include "mgmt/cli/reply.h"

#define PATH_TEMPLATE "/tmp/framegate-XXXXXX.yaml"

/* Readable by nobody else: passwords may stand in it. */
static bool write_draft(char *path, const char *text)
{
	const int descriptor = mkstemps(path, 5);
	FILE *file = descriptor >= 0 ? fdopen(descriptor, "w") : NULL;
	const bool good = file && fputs(text, file) >= 0;

	if (file && fclose(file) == 0 && good)
		return true;
	fprintf(stderr, "gwctl: %s: %s\n", path, strerror(errno));
	return false;
}

/* Through the shell, since $EDITOR may have options. False: it failed, which was said. */
static bool run_editor(const char *path)
{
	const char *editor = getenv("VISUAL");
	const pid_t child = fork();
	int status = -1;

	if (!editor || !editor[0])
		editor = getenv("EDITOR");
	if (!editor || !editor[0])
		editor = "vi";
	if (child == 0) {
		char command[4096];

		snprintf(command, sizeof(command), "%s \"$1\"", editor);
		execl("/bin/sh", "sh", "-c", command, "sh", path, NULL);
		_exit(127);
	}
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	fprintf(stderr, "gwctl: the editor failed (%s): nothing was changed\n", editor);
	return false;
}

int cli_config_edit(struct cli *cli)
{
	char path[] = PATH_TEMPLATE;
	json_t *reply;
	int code = client_send_slow(cli, "GET", CLIENT_PATH("config", "text"), NULL, &reply);

	if (code != CLI_WELL)
		return code;
	/* The gateway closes a connection that is idle for as long as people think. */
	client_close(cli);
	code = CLI_NOT_WELL;
	if (write_draft(path, reply_text(reply, "text")) && run_editor(path))
		code = commit_file(cli, path, reply_text(reply, "revision"));
	json_decref(reply);
	if (code == CLI_WELL)
		unlink(path);
	else
		fprintf(stderr, "gwctl: what was edited is in %s\n", path);
	return code;
}
