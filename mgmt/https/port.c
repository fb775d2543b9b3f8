#include "mgmt/https/port.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/config/address.h"

#define BACKLOG 64

static socklen_t fill(const struct gw_address *from, uint16_t port, struct sockaddr_storage *to)
{
	struct sockaddr_in *four = (struct sockaddr_in *)to;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)to;

	*to = (struct sockaddr_storage){.ss_family = (sa_family_t)from->family};
	if (from->family == AF_INET) {
		four->sin_port = htons(port);
		memcpy(&four->sin_addr, from->bytes, sizeof(four->sin_addr));
		return sizeof(*four);
	}
	six->sin6_port = htons(port);
	memcpy(&six->sin6_addr, from->bytes, sizeof(six->sin6_addr));
	return sizeof(*six);
}

static const char *advice(int status)
{
	if (status == -EADDRINUSE)
		return ": another program has it: choose another `api.https.listen`";
	if (status == -EADDRNOTAVAIL)
		return ": this machine has no such address: choose another `api.https.listen`";
	if (status == -EACCES)
		return ": ports below 1024 are for root: choose a higher one";
	return "";
}

int https_port_open(struct api_socket *port, const char *listen_on, struct gw_error *error)
{
	struct sockaddr_storage to;
	struct gw_address address;
	uint16_t number;
	const int yes = 1;

	*port = (struct api_socket){.fd = -1, .is_port = true};
	snprintf(port->path, sizeof(port->path), "%s", listen_on);
	if (!gw_address_parse_with_port(listen_on, &address, &number))
		return gw_error_set(
			error, -EINVAL, "api: '%s' is no address with a port", listen_on);
	const socklen_t size = fill(&address, number, &to);

	port->fd = socket(address.family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (port->fd >= 0 &&
		setsockopt(port->fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) == 0 &&
		bind(port->fd, (const struct sockaddr *)&to, size) == 0 &&
		listen(port->fd, BACKLOG) == 0)
		return 0;
	const int status = -errno;

	if (port->fd >= 0)
		close(port->fd);
	port->fd = -1;
	return gw_error_set(error, status, "api: cannot listen on %s: %s%s", listen_on,
		strerror(-status), advice(status));
}
