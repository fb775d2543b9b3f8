#include "dataplane/groups.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The kernel bounds the memberships of a socket (net.ipv4.igmp_max_memberships is 20 by default):
 * one that is full is followed by another. */
struct member {
	struct group group;
	uint32_t socket; /* its place among the sockets */
	int reason; /* 0: it is joined; or why not */
};

struct group_socket {
	int fd; /* -1: this place is free */
	uint32_t family;
	uint32_t members;
	bool is_full; /* it took no more, and none has left it since */
};

struct groups {
	struct member *member; /* sorted by group */
	uint32_t count;
	struct group_socket *socket;
	uint32_t socket_count;
};

struct group group_of(
	uint32_t interface, const struct gw_address *group, const struct gw_address *source)
{
	struct group made = {.interface = interface, .family = (uint32_t)group->family};
	const size_t size = group->family == AF_INET ? 4 : 16;

	memcpy(made.group, group->bytes, size);
	memcpy(made.source, source->bytes, size);
	return made;
}

struct groups *groups_create(void)
{
	return calloc(1, sizeof(struct groups));
}

static void fill_address(struct sockaddr_storage *storage, uint32_t family, const uint8_t bytes[16])
{
	memset(storage, 0, sizeof(*storage));
	storage->ss_family = (sa_family_t)family;
	if (family == AF_INET)
		memcpy(&((struct sockaddr_in *)storage)->sin_addr, bytes, 4);
	else
		memcpy(&((struct sockaddr_in6 *)storage)->sin6_addr, bytes, 16);
}

/* Returns 0 or an errno. */
static int ask(int fd, int option, const struct group *group)
{
	const int level = group->family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
	struct group_source_req request = {.gsr_interface = group->interface};

	fill_address(&request.gsr_group, group->family, group->group);
	fill_address(&request.gsr_source, group->family, group->source);
	return setsockopt(fd, level, option, &request, sizeof(request)) == 0 ? 0 : errno;
}

/* A place for one more socket. */
static struct group_socket *add_socket(struct groups *groups, uint32_t family)
{
	struct group_socket *place = NULL;

	for (uint32_t i = 0; i < groups->socket_count && !place; i++)
		if (groups->socket[i].fd < 0)
			place = &groups->socket[i];
	if (!place) {
		struct group_socket *more =
			realloc(groups->socket, (groups->socket_count + 1) * sizeof(*more));

		if (!more)
			return NULL;
		groups->socket = more;
		place = &more[groups->socket_count++];
	}
	*place = (struct group_socket){
		.fd = socket((int)family, SOCK_DGRAM | SOCK_CLOEXEC, 0), .family = family};
	return place->fd >= 0 ? place : NULL;
}

static int join_by(struct groups *groups, struct group_socket *place, struct member *member)
{
	const int reason = ask(place->fd, MCAST_JOIN_SOURCE_GROUP, &member->group);

	/* Both bounds: memberships, and sources of one group; and the memory for options. */
	place->is_full = reason == ENOBUFS || reason == ENOMEM;
	if (reason == 0) {
		member->socket = (uint32_t)(place - groups->socket);
		place->members++;
	}
	return reason;
}

static void close_if_empty(struct group_socket *place)
{
	if (place->fd < 0 || place->members > 0)
		return;
	close(place->fd);
	place->fd = -1;
}

static void join(struct groups *groups, struct member *member)
{
	for (uint32_t i = 0; i < groups->socket_count; i++) {
		struct group_socket *place = &groups->socket[i];

		if (place->fd < 0 || place->is_full || place->family != member->group.family)
			continue;
		member->reason = join_by(groups, place, member);
		if (!place->is_full)
			return;
	}
	struct group_socket *place = add_socket(groups, member->group.family);

	if (!place) {
		member->reason = errno;
		return;
	}
	member->reason = join_by(groups, place, member);
	close_if_empty(place);
}

static void leave(struct groups *groups, struct member *member)
{
	if (member->reason != 0)
		return;
	struct group_socket *place = &groups->socket[member->socket];

	/* Of an interface that is gone there is nothing left to leave. */
	(void)ask(place->fd, MCAST_LEAVE_SOURCE_GROUP, &member->group);
	place->members--;
	place->is_full = false;
	close_if_empty(place);
	member->reason = ENOTCONN;
}

void groups_destroy(struct groups *groups)
{
	if (!groups)
		return;
	for (uint32_t i = 0; i < groups->count; i++)
		leave(groups, &groups->member[i]);
	free(groups->member);
	free(groups->socket);
	free(groups);
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct group));
}

int groups_set(struct groups *groups, struct group *wanted, uint32_t count)
{
	struct member *made = calloc(count > 0 ? count : 1, sizeof(*made));
	uint32_t made_count = 0, old = 0;

	if (!made)
		return -ENOMEM;
	qsort(wanted, count, sizeof(*wanted), compare);
	for (uint32_t i = 0; i < count; i++) {
		if (i > 0 && compare(&wanted[i], &wanted[i - 1]) == 0)
			continue;
		while (old < groups->count && compare(&groups->member[old].group, &wanted[i]) < 0)
			leave(groups, &groups->member[old++]);
		if (old < groups->count && compare(&groups->member[old].group, &wanted[i]) == 0)
			made[made_count++] = groups->member[old++];
		else
			made[made_count++] =
				(struct member){.group = wanted[i], .reason = ENOTCONN};
	}
	while (old < groups->count)
		leave(groups, &groups->member[old++]);
	free(groups->member);
	groups->member = made;
	groups->count = made_count;
	for (uint32_t i = 0; i < made_count; i++)
		if (made[i].reason != 0)
			join(groups, &made[i]);
	return 0;
}

void groups_leave(struct groups *groups, uint32_t interface)
{
	for (uint32_t i = 0; i < groups->count; i++)
		if (groups->member[i].group.interface == interface)
			leave(groups, &groups->member[i]);
}

void groups_count(const struct groups *groups, uint32_t interface, uint32_t *joined,
	uint32_t *failed, int *reason)
{
	*joined = *failed = 0;
	*reason = 0;
	for (uint32_t i = 0; i < groups->count; i++) {
		const struct member *member = &groups->member[i];

		if (member->group.interface != interface)
			continue;
		*joined += member->reason == 0;
		*failed += member->reason != 0;
		if (member->reason != 0)
			*reason = member->reason;
	}
}
