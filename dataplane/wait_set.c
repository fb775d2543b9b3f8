#include "dataplane/wait_set.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/bell.h"
#include "core/clock.h"
#include "dataplane/port.h"

int wait_set_open(struct wait_set *set, struct gw_bell *bell)
{
	bell->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (bell->fd < 0) {
		bell->fd = 0;
		return -errno;
	}
	set->fds[0] = (struct pollfd){.fd = bell->fd, .events = POLLIN};
	wait_set_without_ports(set);
	return 0;
}

void wait_set_close(struct gw_bell *bell)
{
	if (bell->fd > 0)
		close(bell->fd);
	bell->fd = 0;
}

void wait_set_without_ports(struct wait_set *set)
{
	set->count = 1;
	set->blind = false;
}

static bool has(const struct wait_set *set, int fd)
{
	for (uint32_t i = 1; i < set->count; i++)
		if (set->fds[i].fd == fd)
			return true;
	return false;
}

static void add(struct wait_set *set, int fd)
{
	if (has(set, fd))
		return;
	if (set->count > PACKET_SOCKETS)
		set->blind = true;
	else
		set->fds[set->count++] = (struct pollfd){.fd = fd, .events = POLLIN};
}

/* The driver opens a socket for each queue in their order, and they were found in that of their
 * numbers: at a start that is the same. Later others open and close descriptors meanwhile, so that
 * nobody knows whose is whose: then all are waited on. */
void wait_set_add_queue(struct wait_set *set, const struct port *port, uint16_t queue)
{
	const struct packet_sockets *sockets = &port->sockets;

	if (sockets->count != port->queues)
		set->blind = true;
	else if (!port->was_reopened)
		add(set, sockets->fd[queue]);
	for (uint32_t i = 0; i < sockets->count && port->was_reopened; i++)
		add(set, sockets->fd[i]);
}

/* Takes the error off a socket (its interface went down), which would end each wait at once. */
static void take_error(int fd)
{
	socklen_t size = sizeof(int);
	int error;

	(void)getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
}

bool wait_set_wait(struct wait_set *set, int64_t ns, bool deaf)
{
	const struct timespec most = {ns / GW_NS_PER_S, ns % GW_NS_PER_S};
	bool something = false;
	eventfd_t times;
	const uint32_t count = deaf ? 1 : set->count;
	const int ready = ppoll(set->fds, count, &most, NULL);

	/* Not to come again at once: then the clock has to do. */
	if (ready < 0 && errno != EINTR)
		set->blind = true;
	if (ready <= 0)
		return false;
	if (set->fds[0].revents)
		something = eventfd_read(set->fds[0].fd, &times) == 0;
	for (uint32_t i = 1; i < count; i++) {
		const short is = set->fds[i].revents;

		something = something || is & POLLIN;
		if (is & POLLNVAL)
			set->blind = true;
		else if (is & ~POLLIN)
			take_error(set->fds[i].fd);
	}
	return something;
}
