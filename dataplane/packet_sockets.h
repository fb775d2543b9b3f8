/* The AF_PACKET sockets that net_af_packet opened. The driver does not show them, and they know two
 * things that it does not tell: whether they are still bound to an interface, and how many packets
 * the kernel found no room for in their rings. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define PACKET_SOCKETS 64

struct packet_sockets {
	uint32_t count;
	int fd[PACKET_SOCKETS]; /* the driver's */
};

/* Finds this process's packet sockets that are bound to the interface and are not among `others`
 * (NULL: none). Finds none where /proc is not mounted. The thread that opens and closes ports. */
void packet_sockets_find(struct packet_sockets *sockets, uint32_t interface_index,
	const struct packet_sockets *others);

/* Whether all are still bound to that interface. Deleting it or moving it to another namespace
 * unbinds them for ever (packet(7) has no word for it; the kernel then says index -1). */
bool packet_sockets_are_bound(const struct packet_sockets *sockets, uint32_t interface_index);

/* Packets lost for want of room since the last asking (PACKET_STATISTICS, packet(7)). */
uint64_t packet_sockets_take_lost(const struct packet_sockets *sockets);

/* Closes those that are still open and bound to the interface: what a driver left behind. */
void packet_sockets_close(struct packet_sockets *sockets, uint32_t interface_index);
