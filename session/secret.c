#include "session/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A FIFO would never end. */
static int read_file(const char *path, char secret[SECRET_SIZE], struct gw_error *error)
{
	const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat facts;
	ssize_t size = -1;

	if (file >= 0 && fstat(file, &facts) == 0 && !S_ISREG(facts.st_mode))
		errno = EINVAL;
	else if (file >= 0)
		size = read(file, secret, SECRET_SIZE);
	const int number = errno;

	if (file >= 0)
		close(file);
	if (size < 0)
		return gw_error_set(error, -number,
			"password_file %s cannot be read: %s: make it a file that gwd may read",
			path, strerror(number));
	if (size == SECRET_SIZE && !memchr(secret, '\n', SECRET_SIZE)) {
		explicit_bzero(secret, SECRET_SIZE);
		return gw_error_set(error, -EMSGSIZE,
			"password_file %s: its first line is longer than %d characters", path,
			SECRET_SIZE - 1);
	}
	if (size < SECRET_SIZE)
		secret[size] = '\0';
	secret[strcspn(secret, "\r\n")] = '\0';
	return 0;
}

int secret_read(
	const struct gw_camera_config *camera, char secret[SECRET_SIZE], struct gw_error *error)
{
	const char *value;

	memset(secret, 0, SECRET_SIZE);
	if (camera->password_file)
		return read_file(camera->password_file, secret, error);
	if (!camera->password_env)
		return 0;
	value = getenv(camera->password_env);
	if (!value)
		return gw_error_set(error, -ENOENT,
			"password_env: gwd's environment has no %s: set it (Environment= or "
			"EnvironmentFile= of its unit) and restart gwd",
			camera->password_env);
	if (strlen(value) >= SECRET_SIZE)
		return gw_error_set(error, -EMSGSIZE,
			"password_env: %s is longer than %d characters", camera->password_env,
			SECRET_SIZE - 1);
	strcpy(secret, value);
	return 0;
}
