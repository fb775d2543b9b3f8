#include "core/private_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define MODE 0600

static int write_whole(int file, const struct iovec *pieces, int count)
{
	size_t size = 0;

	for (int i = 0; i < count; i++)
		size += pieces[i].iov_len;
	/* What was left there by somebody may be anybody's to read. */
	if (fchmod(file, MODE) != 0)
		return -errno;
	const ssize_t written = writev(file, pieces, count);

	if (written < 0)
		return -errno;
	if ((size_t)written != size)
		return -ENOSPC;
	return fsync(file) == 0 ? 0 : -errno;
}

int private_file_write(const char *path, const struct iovec *pieces, int count)
{
	char fresh[PATH_MAX];

	if (snprintf(fresh, sizeof(fresh), "%s.new", path) >= (int)sizeof(fresh))
		return -ENAMETOOLONG;
	const int file = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, MODE);

	if (file < 0)
		return -errno;
	int status = write_whole(file, pieces, count);

	close(file);
	if (status == 0 && rename(fresh, path) != 0)
		status = -errno;
	if (status != 0)
		unlink(fresh);
	return status;
}
