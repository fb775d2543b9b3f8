#include "sink/check.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sink/sink.h"

/* Why a file cannot be made in the directory: a negative errno; 0: it can. */
static int look_into(const char *directory)
{
	struct stat facts;

	if (stat(directory, &facts) != 0)
		return -errno;
	if (!S_ISDIR(facts.st_mode))
		return -ENOTDIR;
	return access(directory, W_OK | X_OK) == 0 ? 0 : -errno;
}

/* The directory above; "." and "/" where there is none. */
static void go_up(char path[PATH_MAX])
{
	size_t size = strlen(path);

	while (size > 1 && path[size - 1] == '/')
		size--;
	while (size > 0 && path[size - 1] != '/')
		size--;
	while (size > 1 && path[size - 1] == '/')
		size--;
	path[size] = '\0';
	if (size == 0)
		strcpy(path, ".");
}

/* The file back-end makes the directories above its own, too. */
static int check_file(const struct gw_kafka_config *config, struct gw_error *error)
{
	char path[PATH_MAX];
	int status;

	snprintf(path, sizeof(path), "%s", config->directory);
	while ((status = look_into(path)) == -ENOENT && strcmp(path, ".") != 0 &&
		strcmp(path, "/") != 0)
		go_up(path);
	return status == 0 ? 0
			   : gw_error_set(error, status,
				     "kafka: directory %s: %s: choose one that gwd may write",
				     config->directory, strerror(-status));
}

/* The spool makes its own. */
static int check_spool(const char *directory, struct gw_error *error)
{
	char path[PATH_MAX];
	int status = look_into(directory);
	const bool is_new = status == -ENOENT;

	snprintf(path, sizeof(path), "%s", directory);
	if (is_new) {
		go_up(path);
		status = look_into(path);
	}
	return status == 0 ? 0
			   : gw_error_set(error, status,
				     "kafka.spool.directory %s: %s: choose one that gwd may %s",
				     directory, strerror(-status), is_new ? "make" : "write");
}

int sink_check(const struct gw *gw, struct gw_error *error)
{
	const struct gw_kafka_config *config = gw->config->kafka;
	const struct sink_ops *ops = sink_choose(gw, error);

	if (!ops)
		return -EINVAL;
	if (ops == &sink_file)
		return check_file(config, error);
	return ops == &sink_spool ? check_spool(config->spool->directory, error) : 0;
}
