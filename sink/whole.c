#include "sink/whole.h"

#include <errno.h>
#include <unistd.h>

int write_whole(int fd, const void *data, size_t size)
{
	const char *next = data;

	while (size > 0) {
		const ssize_t n = write(fd, next, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		next += n;
		size -= (size_t)n;
	}
	return 0;
}
