#include "accel/repository/file_bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_all(int file, const char *path, struct file_bytes *bytes, struct gw_error *error)
{
	size_t done = 0;

	while (done < bytes->size) {
		const ssize_t got = read(file, bytes->data + done, bytes->size - done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return gw_error_set(error, -errno, "%s: %s", path, strerror(errno));
		if (got == 0)
			return gw_error_set(error, -EAGAIN,
				"%s: it became shorter while it was read; try again when it is "
				"whole",
				path);
		done += (size_t)got;
	}
	return 0;
}

int file_bytes_read(const char *path, struct file_bytes *bytes, struct gw_error *error)
{
	struct stat facts;
	const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int status;

	*bytes = (struct file_bytes){0};
	if (file < 0)
		return gw_error_set(error, -errno, "%s: %s", path, strerror(errno));
	if (fstat(file, &facts) != 0 || !S_ISREG(facts.st_mode) || facts.st_size == 0) {
		close(file);
		return gw_error_set(error, -EINVAL, "%s: it is empty or not a file", path);
	}
	bytes->size = (size_t)facts.st_size;
	bytes->data = malloc(bytes->size);
	status = bytes->data ? read_all(file, path, bytes, error)
			     : gw_error_set(error, -ENOMEM, "%s: no memory for %zu MiB of it", path,
				       bytes->size >> 20);
	close(file);
	if (status != 0)
		file_bytes_free(bytes);
	return status;
}

void file_bytes_free(struct file_bytes *bytes)
{
	free(bytes->data);
	*bytes = (struct file_bytes){0};
}
