/* What kind of packet the kernel is given, of those that are no camera's media. Pure. */
#pragma once

#include <stdint.h>

/* X(NAME, "name", packets a second that one receive thread gives the kernel). A flood of one kind
 * takes nothing from the others; TCP has room for RTSP with media in it. */
#define PUNT_CLASSES(X) \
	X(NEIGHBOUR, "neighbour", 1000) /* ARP, IPv6 neighbour discovery */ \
	X(GROUP, "group", 500) /* IGMP, MLD */ \
	X(DHCP, "dhcp", 200) \
	X(ICMP, "icmp", 500) \
	X(TCP, "tcp", 20000) \
	X(UDP, "udp", 2000) \
	X(OTHER, "other", 500)

enum punt_class {
#define X(NAME, ...) PUNT_##NAME,
	PUNT_CLASSES(X)
#undef X
		PUNT_CLASS_COUNT
};

struct punt_class_info {
	const char *name;
	uint32_t rate; /* packets a second */
};

extern const struct punt_class_info punt_classes[PUNT_CLASS_COUNT];

/* The class of a packet of `size` bytes from its Ethernet header on, whatever they are. Fragments
 * that know no port are of their protocol's class. */
enum punt_class punt_classify(const uint8_t *data, uint32_t size);

/* Those without which nothing else works are given to the kernel first. */
static inline int punt_is_urgent(enum punt_class class)
{
	return class < PUNT_TCP;
}
