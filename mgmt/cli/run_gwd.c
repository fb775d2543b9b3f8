#include "mgmt/cli/run_gwd.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mgmt/cli/cli.h"

/* The folder of this program, without a slash at its end. False when the system does not say. */
static bool own_folder(char folder[PATH_MAX])
{
	const ssize_t size = readlink("/proc/self/exe", folder, PATH_MAX - 1);

	if (size <= 0)
		return false;
	folder[size] = '\0';
	char *slash = strrchr(folder, '/');

	if (!slash)
		return false;
	*slash = '\0';
	return true;
}

int run_gwd(struct cli *cli, char *const words[])
{
	static const char *const places[] = {"", "/../sbin"};
	char folder[PATH_MAX], path[PATH_MAX + 32];
	int reason = ENOENT;

	fflush(cli->out);
	if (!own_folder(folder))
		strcpy(folder, "/usr/bin");
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, sizeof(path), "%s%s/gwd", folder, places[i]);
		execv(path, words);
		if (errno != ENOENT)
			reason = errno;
	}
	execvp("gwd", words);
	if (errno != ENOENT)
		reason = errno;
	fprintf(stderr,
		"gwctl: this is done by gwd, which does not start: %s (looked for in %s, "
		"%s/../sbin "
		"and PATH): install it on this machine\n",
		strerror(reason), folder, folder);
	return CLI_NOT_WELL;
}
