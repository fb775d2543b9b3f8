#include "mgmt/cli/system/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FOLDER "framegate-support"

/* Waits for a program whose output goes to `out`, and what it says of errors to `err`, unless these
 * are -1. Returns its exit code, 127 when there is none, or a negative errno. */
static int run(char *const words[], int out, int err)
{
	posix_spawn_file_actions_t actions;
	int status;
	pid_t child;

	posix_spawn_file_actions_init(&actions);
	if (out >= 0)
		posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	if (err >= 0)
		posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
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
	const int status = run(words, fileno(file), fileno(file));

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

/* Whether there is a file that may be replaced, or none. Returns 0 or a negative errno with a line.
 */
static int check_target(const char *path, struct gw_error *error)
{
	struct stat found;

	if (lstat(path, &found) != 0)
		return errno == ENOENT
			? 0
			: gw_error_set(error, -errno, "cannot write %s: %s", path, strerror(errno));
	if (S_ISREG(found.st_mode))
		return 0;
	return gw_error_set(error, -EEXIST,
		"%s is there and no regular file: it stays as it is; give another name", path);
}

/* Of what a program said, the first line; "" when it said nothing. */
static void first_line(int fd, char line[160])
{
	const ssize_t size = pread(fd, line, 159, 0);

	line[size > 0 ? size : 0] = '\0';
	line[strcspn(line, "\n")] = '\0';
}

/* Runs tar into `fd`. Returns 0 or a negative errno with what is wrong in `why`. */
static int pack(const struct bundle *bundle, int fd, char why[160])
{
	char *words[] = {"tar", "--create", "--gzip", "--file=-", "--directory",
		(char *)bundle->place, FOLDER, NULL};
	const int said = memfd_create("tar", MFD_CLOEXEC);
	int status = said < 0 ? -errno : run(words, fd, said);

	why[0] = '\0';
	if (said >= 0) {
		first_line(said, why);
		close(said);
	}
	if (status == 0 && fsync(fd) != 0) {
		status = -errno;
		why[0] = '\0';
	}
	if (status != 0 && !why[0])
		snprintf(why, 160, "%s",
			status < 0 ? strerror(-status) : "tar failed: is the disk full?");
	return status > 0 ? -EIO : status;
}

int bundle_pack(const struct bundle *bundle, const char *path, struct gw_error *error)
{
	char beside[PATH_MAX], why[160];
	int status = check_target(path, error);

	if (status != 0)
		return status;
	if (snprintf(beside, sizeof(beside), "%s.XXXXXX", path) >= (int)sizeof(beside))
		return gw_error_set(
			error, -ENAMETOOLONG, "cannot write %s: %s", path, strerror(ENAMETOOLONG));
	/* For its owner alone. */
	const int fd = mkostemp(beside, O_CLOEXEC);

	if (fd < 0)
		return gw_error_set(error, -errno, "cannot write %s: %s", path, strerror(errno));
	status = pack(bundle, fd, why);
	close(fd);
	if (status == 0 && rename(beside, path) != 0) {
		status = -errno;
		snprintf(why, sizeof(why), "%s", strerror(-status));
	}
	if (status == 0)
		return 0;
	unlink(beside);
	return gw_error_set(error, status, "cannot write %s: %s", path, why);
}

void bundle_end(struct bundle *bundle)
{
	char *words[] = {"rm", "--recursive", "--force", bundle->place, NULL};

	if (bundle->place[0])
		run(words, -1, -1);
	bundle->place[0] = '\0';
}
