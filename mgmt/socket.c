#include "mgmt/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define BACKLOG 64
#define LOCK_ATTEMPTS 100 /* of 10 ms */

static int refuse(struct gw_error *error, int status, const char *path, const char *what)
{
	const char *advice = "";

	if (status == -EACCES || status == -EPERM)
		advice = ": run as root, or set `api.socket` to a path that you may write";
	else if (status == -ENOENT)
		advice = ": make the directory, or set `api.socket` to another path";
	return gw_error_set(
		error, status, "api: cannot %s %s: %s%s", what, path, strerror(-status), advice);
}

/* Opens the directory of the socket and locks it, so that two gateways that start at once do not
 * both replace the same dead socket. Returns a descriptor. */
static int lock_directory(const char *path, struct gw_error *error)
{
	static const struct timespec pause = {.tv_nsec = 10000000};
	char copy[sizeof(((struct api_socket *)0)->path)];

	strcpy(copy, path);
	const char *directory = dirname(copy);
	if (mkdir(directory, 0755) != 0 && errno != EEXIST)
		return refuse(error, -errno, directory, "make");
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return refuse(error, -errno, directory, "open");
	for (int i = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; i++) {
		if (i == LOCK_ATTEMPTS) {
			close(fd);
			return gw_error_set(error, -EBUSY,
				"api: another program keeps %s locked: is a gwd starting there?",
				directory);
		}
		nanosleep(&pause, NULL);
	}
	return fd;
}

/* What stands in the place of the socket must be one, or nothing. */
static int look_at(const char *path, struct gw_error *error)
{
	struct stat stat;

	if (lstat(path, &stat) != 0)
		return errno == ENOENT ? 0 : refuse(error, -errno, path, "look at");
	if (S_ISSOCK(stat.st_mode))
		return 0;
	return gw_error_set(error, -EEXIST,
		"api: %s is there and is no socket: remove it, or set `api.socket` to another path",
		path);
}

int api_socket_check(const char *path, struct gw_error *error)
{
	char copy[PATH_MAX], above[PATH_MAX];
	struct stat stat;

	snprintf(copy, sizeof(copy), "%s", path);
	const char *directory = dirname(copy);

	if (lstat(directory, &stat) == 0) {
		const int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (fd < 0)
			return refuse(error, -errno, directory, "open");
		close(fd);
		return look_at(path, error);
	}
	/* It would be made, and those above it would not. */
	snprintf(above, sizeof(above), "%s", directory);
	return access(dirname(above), W_OK | X_OK) == 0 ? 0
							: refuse(error, -errno, directory, "make");
}

/* Returns 0 when a socket file stands in the way that nobody listens on; it is removed then. */
static int remove_dead(const struct sockaddr_un *address, struct gw_error *error)
{
	const int looked = look_at(address->sun_path, error);

	if (looked != 0 || access(address->sun_path, F_OK) != 0)
		return looked;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return refuse(error, -errno, address->sun_path, "try");
	int status =
		connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ? 0 : -errno;
	close(fd);
	/* EAGAIN: somebody listens and is busy. */
	if (status == 0 || status == -EAGAIN)
		return gw_error_set(error, -EADDRINUSE,
			"api: another gwd answers on %s: stop it first, or give this one another "
			"`api.socket`",
			address->sun_path);
	if (status != -ECONNREFUSED)
		return refuse(error, status, address->sun_path, "try");
	if (unlink(address->sun_path) != 0)
		return refuse(error, -errno, address->sun_path, "replace");
	return 0;
}

static int listen_on(
	struct api_socket *api, const struct sockaddr_un *address, struct gw_error *error)
{
	struct stat stat;

	api->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (api->fd < 0)
		return refuse(error, -errno, api->path, "make");
	/* The file gets this mode from the first moment (less the umask); then exactly. */
	fchmod(api->fd, api->mode);
	if (bind(api->fd, (const struct sockaddr *)address, sizeof(*address)) != 0)
		return refuse(error, -errno, api->path, "make");
	if (chmod(api->path, api->mode) != 0 || lstat(api->path, &stat) != 0 ||
		listen(api->fd, BACKLOG) != 0) {
		int status = -errno;

		unlink(api->path);
		return refuse(error, status, api->path, "listen on");
	}
	api->device = stat.st_dev;
	api->inode = stat.st_ino;
	return 0;
}

int api_socket_open(struct api_socket *api, const char *path, mode_t mode, struct gw_error *error)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	*api = (struct api_socket){.fd = -1, .mode = mode};
	if (strlen(path) >= sizeof(address.sun_path))
		return gw_error_set(error, -ENAMETOOLONG,
			"api: the socket path %s is longer than %zu bytes: choose a shorter "
			"`api.socket`",
			path, sizeof(address.sun_path) - 1);
	strcpy(address.sun_path, path);
	strcpy(api->path, path);
	int directory = lock_directory(path, error);
	if (directory < 0)
		return directory;
	int status = remove_dead(&address, error);
	if (status == 0)
		status = listen_on(api, &address, error);
	if (status != 0 && api->fd >= 0) {
		close(api->fd);
		api->fd = -1;
	}
	close(directory);
	return status;
}

static bool is_ours(const struct api_socket *api)
{
	struct stat stat;

	return api->inode != 0 && lstat(api->path, &stat) == 0 && stat.st_dev == api->device &&
		stat.st_ino == api->inode;
}

int api_socket_look(struct api_socket *api, struct gw_error *error)
{
	struct api_socket fresh;

	if (api->is_port || is_ours(api))
		return 0;
	const int status = api_socket_open(&fresh, api->path, api->mode, error);

	if (status != 0)
		return status;
	close(api->fd);
	/* The path stays: others read it. */
	api->fd = fresh.fd;
	api->device = fresh.device;
	api->inode = fresh.inode;
	return 1;
}

void api_socket_close(struct api_socket *api)
{
	if (is_ours(api))
		unlink(api->path);
	if (api->fd >= 0)
		close(api->fd);
	*api = (struct api_socket){.fd = -1};
}
