#include "gwd/model/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROUND (16u << 20)

/* 0 or a negative errno. */
static int copy_bytes(int from, int to, off_t size)
{
	while (size > 0) {
		const ssize_t copied = sendfile(to, from, NULL, ROUND);

		if (copied < 0 && errno == EINTR)
			continue;
		if (copied < 0)
			return -errno;
		/* It was cut off meanwhile. */
		if (copied == 0)
			return -EIO;
		size -= copied;
	}
	return fsync(to) == 0 ? 0 : -errno;
}

int copy_file(const char *from, const char *to, struct gw_error *error)
{
	const int source = open(from, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat facts;

	if (source < 0)
		return gw_error_set(error, -errno, "%s: %s", from, strerror(errno));
	if (fstat(source, &facts) != 0 || !S_ISREG(facts.st_mode)) {
		close(source);
		return gw_error_set(error, -EINVAL, "%s: it is not a file", from);
	}
	const int target = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	int status = target < 0 ? -errno : copy_bytes(source, target, facts.st_size);

	close(source);
	if (target >= 0 && close(target) != 0 && status == 0)
		status = -errno;
	return status == 0 ? 0 : gw_error_set(error, status, "%s: %s", to, strerror(-status));
}

int copy_settle(const char *folder, struct gw_error *error)
{
	const int file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const int status = file >= 0 && fsync(file) == 0 ? 0 : -errno;

	if (file >= 0)
		close(file);
	return status == 0 ? 0 : gw_error_set(error, status, "%s: %s", folder, strerror(-status));
}
