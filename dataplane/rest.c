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

void rest_add_port(struct rest *rest, const struct port *port)
{
	const struct packet_sockets *sockets = &port->sockets;

	rest->blind = rest->blind || sockets->count == 0;
	for (uint32_t i = 0; i < sockets->count; i++) {
		if (has(rest, sockets->fd[i]))
			continue;
		if (rest->count > PACKET_SOCKETS) {
			rest->blind = true;
			return;
		}
		rest->fds[rest->count++] = (struct pollfd){.fd = sockets->fd[i], .events = POLLIN};
	}
}

/* Takes the error off a socket (its interface went down), which would end each wait at once. */
static void take_error(int fd)
{
	socklen_t size = sizeof(int);
	int error;

	(void)getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
}

bool rest_wait(struct rest *rest, int64_t ns)
{
	const struct timespec most = {ns / GW_NS_PER_S, ns % GW_NS_PER_S};
	bool something = false;
	eventfd_t times;

	if (ppoll(rest->fds, rest->count, &most, NULL) <= 0)
		return false;
	if (rest->fds[0].revents)
		something = eventfd_read(rest->fds[0].fd, &times) == 0;
	for (uint32_t i = 1; i < rest->count; i++) {
		if (rest->fds[i].revents & ~POLLIN)
			take_error(rest->fds[i].fd);
		else if (rest->fds[i].revents)
			something = true;
	}
	return something;
}
