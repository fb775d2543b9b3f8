#include "session/hold.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/filter.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TRIES 64 /* until the kernel chooses an even port with a free one behind it */

static socklen_t to_sockaddr(
	const struct gw_address *address, uint16_t port, struct sockaddr_storage *to)
{
	memset(to, 0, sizeof(*to));
	if (address->family == AF_INET6) {
		struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)to;

		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
		memcpy(&in6->sin6_addr, address->bytes, 16);
		return sizeof(*in6);
	}
	struct sockaddr_in *in = (struct sockaddr_in *)to;

	in->sin_family = AF_INET;
	in->sin_port = htons(port);
	memcpy(&in->sin_addr, address->bytes, 4);
	return sizeof(*in);
}

/* A socket that drops whatever comes. Returns it or a negative errno. */
static int deaf_socket(int family)
{
	struct sock_filter drop = BPF_STMT(BPF_RET | BPF_K, 0);
	const struct sock_fprog program = {.len = 1, .filter = &drop};
	const int least = 1; /* the kernel makes of it the least that there can be */
	const int file = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (file < 0)
		return -errno;
	(void)setsockopt(file, SOL_SOCKET, SO_RCVBUF, &least, sizeof(least));
	if (setsockopt(file, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) != 0) {
		const int status = -errno;

		close(file);
		return status;
	}
	return file;
}

/* Bound to `*port`, or to one of the kernel's choice. */
static int bound_socket(const struct gw_address *address, uint16_t *port)
{
	const int file = deaf_socket(address->family);
	struct sockaddr_storage name;
	socklen_t size = to_sockaddr(address, *port, &name);

	if (file < 0)
		return file;
	if (bind(file, (struct sockaddr *)&name, size) != 0 ||
		getsockname(file, (struct sockaddr *)&name, &size) != 0) {
		const int status = -errno;

		close(file);
		return status;
	}
	*port = ntohs(name.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&name)->sin6_port
						 : ((struct sockaddr_in *)&name)->sin_port);
	return file;
}

static int take_pair(struct hold *hold, const struct gw_address *address)
{
	int refused[TRIES], count = 0, status = -EADDRINUSE;

	/* Those that are of no use are kept until the end, or the kernel might choose them again.
	 */
	while (count < TRIES && status == -EADDRINUSE) {
		uint16_t port = 0, next;
		const int rtp = bound_socket(address, &port);

		if (rtp < 0) {
			status = rtp;
			break;
		}
		next = (uint16_t)(port + 1);
		const int rtcp = port % 2 == 0 ? bound_socket(address, &next) : -EADDRINUSE;

		if (rtcp < 0) {
			refused[count++] = rtp;
			status = rtcp;
			continue;
		}
		*hold = (struct hold){rtp, rtcp, *address, port};
		status = 0;
	}
	while (count > 0)
		close(refused[--count]);
	return status;
}

static bool same_address(const struct gw_address *a, const struct gw_address *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

int hold_ports(struct hold *hold, const struct gw_address *address, struct gw_error *error)
{
	if (hold->rtp >= 0 && hold->port > 0 && same_address(&hold->address, address))
		return 0;
	hold_release(hold);
	const int status = take_pair(hold, address);

	if (status == 0)
		return 0;
	return gw_error_set(error, status, "no UDP port of ours can be had for its packets: %s%s",
		strerror(-status),
		status == -EMFILE ? ": raise gwd's limit of open files (LimitNOFILE=)" : "");
}

/* The number of the interface that has the address; 0: none. */
static unsigned int interface_of(const struct gw_address *address)
{
	struct ifaddrs *all, *one;
	unsigned int index = 0;

	if (getifaddrs(&all) != 0)
		return 0;
	for (one = all; one && index == 0; one = one->ifa_next) {
		const struct sockaddr *name = one->ifa_addr;

		if (!name || name->sa_family != address->family)
			continue;
		const void *bytes = name->sa_family == AF_INET6
			? (const void *)&((const struct sockaddr_in6 *)name)->sin6_addr
			: (const void *)&((const struct sockaddr_in *)name)->sin_addr;

		if (memcmp(bytes, address->bytes, name->sa_family == AF_INET6 ? 16 : 4) == 0)
			index = if_nametoindex(one->ifa_name);
	}
	freeifaddrs(all);
	return index;
}

int hold_group(struct hold *hold, const struct gw_address *address, const struct gw_address *group,
	struct gw_error *error)
{
	struct group_req request = {.gr_interface = interface_of(address)};

	hold_release(hold);
	to_sockaddr(group, 0, &request.gr_group);
	hold->address = *address;
	hold->rtp = deaf_socket(group->family);
	const int status = hold->rtp < 0 ? hold->rtp
		: setsockopt(hold->rtp, group->family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP,
			  MCAST_JOIN_GROUP, &request, sizeof(request)) != 0
		? -errno
		: 0;

	if (status == 0)
		return 0;
	hold_release(hold);
	return gw_error_set(
		error, status, "its multicast group cannot be joined: %s", strerror(-status));
}

int hold_listen(struct hold *hold, uint16_t port, struct gw_error *error)
{
	const int room = 4 << 20, one = 1, nothing = 0;
	struct sockaddr_storage name;
	struct gw_address any = {.family = hold->address.family};
	const socklen_t size = to_sockaddr(&any, port, &name);
	int status = 0;

	(void)setsockopt(hold->rtp, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	if (setsockopt(hold->rtp, SOL_SOCKET, SO_DETACH_FILTER, &nothing, sizeof(nothing)) != 0)
		status = -errno;
	if (status == 0 && hold->port == 0 &&
		(setsockopt(hold->rtp, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) != 0 ||
			bind(hold->rtp, (struct sockaddr *)&name, size) != 0))
		status = -errno;
	if (status == 0)
		return 0;
	return gw_error_set(
		error, status, "UDP port %u cannot be read: %s", port, strerror(-status));
}

void hold_release(struct hold *hold)
{
	if (hold->rtp >= 0)
		close(hold->rtp);
	if (hold->rtcp >= 0)
		close(hold->rtcp);
	*hold = HOLD_NONE;
}
