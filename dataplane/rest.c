#include "dataplane/rest.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/bell.h"
#include "core/clock.h"
#include "dataplane/port.h"

int rest_open(struct rest *rest, struct gw_bell *bell)
{
	bell->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (bell->fd < 0) {
		bell->fd = 0;
		return -errno;
	}
	rest->fds[0] = (struct pollfd){.fd = bell->fd, .events = POLLIN};
	rest_without_ports(rest);
	return 0;
}

void rest_close(struct gw_bell *bell)
{
	if (bell->fd > 0)
		close(bell->fd);
	bell->fd = 0;
}

void rest_without_ports(struct rest *rest)
{
	rest->count = 1;
	rest->blind = false;
}

static bool has(const struct rest *rest, int fd)
{
	for (uint32_t i = 1; i < rest->count; i++)
		if (rest->fds[i].fd == fd)
			return true;
	return false;
}

static void add(struct rest *rest, int fd)
{
	if (has(rest, fd))
		return;
	if (rest->count > PACKET_SOCKETS)
		rest->blind = true;
	else
		rest->fds[rest->count++] = (struct pollfd){.fd = fd, .events = POLLIN};
}

/* The driver opens a socket for each queue in their order, and they were found in that of their
 * numbers: at a start that is the same. Later others open and close descriptors meanwhile, so that
 * nobody knows whose is whose: then all are waited on. */
void rest_add_queue(struct rest *rest, const struct port *port, uint16_t queue)
{
	const struct packet_sockets *sockets = &port->sockets;

	if (sockets->count != port->queues)
		rest->blind = true;
	else if (!port->was_reopened)
		add(rest, sockets->fd[queue]);
	for (uint32_t i = 0; i < sockets->count && port->was_reopened; i++)
		add(rest, sockets->fd[i]);
}

/* Takes the error off a socket (its interface went down), which would end each wait at once. */
static void take_error(int fd)
{
	socklen_t size = sizeof(int);
	int error;

	(void)getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
}

bool rest_wait(struct rest *rest, int64_t ns, bool deaf)
{
	const struct timespec most = {ns / GW_NS_PER_S, ns % GW_NS_PER_S};
	bool something = false;
	eventfd_t times;
	const uint32_t count = deaf ? 1 : rest->count;
	const int ready = ppoll(rest->fds, count, &most, NULL);

	/* Not to come again at once: then the clock has to do. */
	if (ready < 0 && errno != EINTR)
		rest->blind = true;
	if (ready <= 0)
		return false;
	if (rest->fds[0].revents)
		something = eventfd_read(rest->fds[0].fd, &times) == 0;
	for (uint32_t i = 1; i < count; i++) {
		const short is = rest->fds[i].revents;

		something = something || is & POLLIN;
		if (is & POLLNVAL)
			rest->blind = true;
		else if (is & ~POLLIN)
			take_error(rest->fds[i].fd);
	}
	return something;
}
