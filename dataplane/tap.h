/* A TAP interface of the kernel's: what is written to it, the kernel receives; what the kernel
 * sends by it is read. It goes with whoever opened it. */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"

struct tap {
	int fd; /* never blocks; -1: not open */
	char name[IFNAMSIZ];
	uint32_t index; /* the kernel's number of it */
};

/* Makes the interface and sets it up, with that hardware address and MTU; `port` names the port in
 * an error. It has no address: that is somebody else's to give. Returns 0 or a negative errno. Main
 * thread. */
int tap_open(struct tap *tap, const char *name, const uint8_t hardware[6], uint32_t mtu,
	const char *port, struct gw_error *error);

/* Gives it another hardware address and MTU. Does what the kernel allows; an interface that was
 * moved to another namespace keeps its own. Control thread. */
void tap_follow(const struct tap *tap, const uint8_t hardware[6], uint32_t mtu);

/* Whether somebody deleted the interface; one that was moved to another namespace is still there.
 * Any thread. */
bool tap_is_gone(const struct tap *tap);

/* Makes a deleted one again. The descriptor stays the same number, for whoever reads from it
 * meanwhile. Returns 0 or a negative errno. Control thread. */
int tap_make_again(struct tap *tap, const uint8_t hardware[6], uint32_t mtu, const char *port,
	struct gw_error *error);

/* Accepts one that is not open. */
void tap_close(struct tap *tap);
