#include "core/standard_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int gw_standard_files(const char *program, int flags)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		/* The lowest one that is free is taken. */
		if (fcntl(fd, F_GETFD) >= 0 || open("/dev/null", flags) >= 0)
			continue;
		const int status = -errno;

		dprintf(STDERR_FILENO,
			"%s: descriptor %d is closed, and /dev/null cannot take its place: %s: "
			"start it with 0 to 2 open\n",
			program, fd, strerror(-status));
		return status;
	}
	return 0;
}
