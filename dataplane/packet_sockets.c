#include "dataplane/packet_sockets.h"

#include <dirent.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static bool is_bound(int fd, uint32_t interface_index)
{
	struct sockaddr_ll address = {0};
	socklen_t size = sizeof(address);

	return getsockname(fd, (struct sockaddr *)&address, &size) == 0 &&
		address.sll_family == AF_PACKET && address.sll_ifindex == (int)interface_index;
}

static bool has(const struct packet_sockets *sockets, int fd)
{
	for (uint32_t i = 0; sockets && i < sockets->count; i++)
		if (sockets->fd[i] == fd)
			return true;
	return false;
}

void packet_sockets_find(struct packet_sockets *sockets, uint32_t interface_index,
	const struct packet_sockets *others)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;

	sockets->count = 0;
	while (dir && sockets->count < PACKET_SOCKETS && (entry = readdir(dir))) {
		char *end;
		const int fd = (int)strtol(entry->d_name, &end, 10);

		if (end != entry->d_name && *end == '\0' && is_bound(fd, interface_index) &&
			!has(others, fd))
			sockets->fd[sockets->count++] = fd;
	}
	if (dir)
		closedir(dir);
}

bool packet_sockets_are_bound(const struct packet_sockets *sockets, uint32_t interface_index)
{
	for (uint32_t i = 0; i < sockets->count; i++)
		if (!is_bound(sockets->fd[i], interface_index))
			return false;
	return true;
}

uint64_t packet_sockets_take_lost(const struct packet_sockets *sockets)
{
	uint64_t lost = 0;

	for (uint32_t i = 0; i < sockets->count; i++) {
		struct tpacket_stats stats = {0};
		socklen_t size = sizeof(stats);

		if (getsockopt(sockets->fd[i], SOL_PACKET, PACKET_STATISTICS, &stats, &size) == 0)
			lost += stats.tp_drops;
	}
	return lost;
}

void packet_sockets_close(struct packet_sockets *sockets, uint32_t interface_index)
{
	for (uint32_t i = 0; i < sockets->count; i++)
		if (is_bound(sockets->fd[i], interface_index))
			close(sockets->fd[i]);
	sockets->count = 0;
}
