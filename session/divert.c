#include "session/divert.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

int divert(int file, int *camera, int *speaker)
{
	int pair[2];

	*camera = *speaker = -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0)
		return -errno;
	const int connection = fcntl(file, F_DUPFD_CLOEXEC, 0);

	if (connection >= 0 && dup3(pair[1], file, O_CLOEXEC) >= 0) {
		close(pair[1]);
		*camera = connection;
		*speaker = pair[0];
		return 0;
	}
	const int status = -errno;

	if (connection >= 0)
		close(connection);
	close(pair[0]);
	close(pair[1]);
	return status;
}
