/* What the `device` of an interface says: "0000:01:00.0", "net_af_packet0,iface=eth1,qpairs=2".
 * Pure functions on the text; any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DEVICE_NAME 64
#define DEVICE_ARGUMENTS 384

/* Most receive queues of a port. */
#define DEVICE_QUEUES 16

/* How DPDK's net_af_packet writes frames down (Linux, packet_mmap; TPACKET_V2): each has a place of
 * `framesz` bytes in a ring, 66 of which the kernel keeps for itself before an Ethernet frame. */
#define DEVICE_RING_FRAME 2048 /* the driver's own choice */
#define DEVICE_RING_FRAMES 512 /* the same */
#define DEVICE_RING_OVERHEAD 66

/* Whether it is a PCI address. */
bool device_is_pci(const char *device);

/* Whether the driver's name begins with `driver`. */
bool device_has_driver(const char *device, const char *driver);

/* The name before the first comma; a PCI address in its long form, as DPDK and sysfs name it. */
void device_name(const char *device, char name[DEVICE_NAME]);

/* The first value of `key`; false when it is not there. */
bool device_argument(const char *device, const char *key, char *value, size_t size);

/* The network interface of the kernel's on which the port stands; false when it needs none. */
bool device_interface(const char *device, char *name, size_t size);

/* How many receive queues to make when `wanted` are asked for: those that the device names itself
 * (qpairs=, rx_pcap= more than once) all have packets, so all of them must be received from. 1 to
 * DEVICE_QUEUES. What the driver has may be less. */
uint32_t device_queues(const char *device, uint32_t wanted);

/* The largest MTU whose frames, with two VLAN tags, have room in ring places of `framesz` bytes. */
uint32_t device_ring_mtu(uint32_t framesz);

/* Whether the frames that the device asks for fill their blocks: net_af_packet takes no notice of a
 * gap at a block's end and then receives no more than the first block. Both become what holds. */
bool device_ring_fits(const char *device, uint32_t *framesz, uint32_t *blocksz);

/* The driver's arguments. To those of the device it adds, for net_af_packet, the number of queues,
 * and, when the interface's MTU needs more than the driver's own choice and the device does not
 * say framesz or blocksz, places for such frames, up to `most` bytes. *framesz becomes what holds,
 * 0 for other drivers. */
void device_arguments(const char *device, uint32_t queues, uint32_t mtu, uint32_t most,
	char arguments[DEVICE_ARGUMENTS], uint32_t *framesz);
