#include "mgmt/cli/system/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FOLDER "framegate-support"

/* Waits for a program whose output goes to `out`, unless that is -1. Returns its exit code, 127
 * when there is none, or a negative errno. */
static int run(char *const words[], int out)
{
	posix_spawn_file_actions_t actions;
	int status;
	pid_t child;

	posix_spawn_file_actions_init(&actions);
	if (out >= 0) {
		posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
		posix_spawn_file_actions_adddup2(&actions, out, STDERR_FILENO);
	}
	status = posix_spawnp(&child, words[0], &actions, NULL, words, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (status != 0)
		return -status;
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -EINTR;
}

int bundle_begin(struct bundle *bundle, struct gw_error *error)
{
	strcpy(bundle->place, "/tmp/framegate-support-XXXXXX");
	if (!mkdtemp(bundle->place)) {
		bundle->place[0] = '\0';
		return gw_error_set(
			error, -errno, "no folder can be made in /tmp: %s", strerror(errno));
	}
	snprintf(bundle->folder, sizeof(bundle->folder), "%s/" FOLDER, bundle->place);
	if (mkdir(bundle->folder, 0700) == 0)
		return 0;
	return gw_error_set(error, -errno, "%s: %s", bundle->folder, strerror(errno));
}

FILE *bundle_file(const struct bundle *bundle, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", bundle->folder, name);
	return fopen(path, "we");
}

void bundle_run(const struct bundle *bundle, const char *name, char *const words[])
{
	FILE *file = bundle_file(bundle, name);

	if (!file)
		return;
	const int status = run(words, fileno(file));

	if (status < 0)
		fprintf(file, "%s: %s\n", words[0], strerror(-status));
	fclose(file);
}

int bundle_tail(const struct bundle *bundle, const char *name, const char *path, long most)
{
	FILE *from = fopen(path, "re"), *to = from ? bundle_file(bundle, name) : NULL;
	int status = to ? 0 : -errno;
	char piece[4096];
	size_t size;

	if (status == 0 && fseek(from, -most, SEEK_END) != 0)
		rewind(from);
	while (status == 0 && (size = fread(piece, 1, sizeof(piece), from)) > 0)
		fwrite(piece, 1, size, to);
	if (to && fclose(to) != 0)
		status = -errno;
	if (from)
		fclose(from);
	return status;
}

int bundle_pack(const struct bundle *bundle, const char *path, struct gw_error *error)
{
	char *words[] = {"tar", "--create", "--gzip", "--file=-", "--directory",
		(char *)bundle->place, FOLDER, NULL};
	const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int status = fd < 0 ? -errno : 0;

	if (status != 0)
		return gw_error_set(error, status, "cannot write %s: %s", path, strerror(-status));
	status = fchmod(fd, 0600) == 0 ? run(words, fd) : -errno;
	if (close(fd) != 0 && status == 0)
		status = -errno;
	if (status == 0)
		return 0;
	unlink(path);
	return gw_error_set(error, -EIO, "cannot write %s: tar %s", path,
		status < 0 ? strerror(-status) : "failed: is the disk full?");
}

void bundle_end(struct bundle *bundle)
{
	char *words[] = {"rm", "--recursive", "--force", bundle->place, NULL};

	if (bundle->place[0])
		run(words, -1);
	bundle->place[0] = '\0';
}
