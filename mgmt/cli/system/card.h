/* Network cards on PCI, given to DPDK (vfio-pci) and back to the kernel. */
#pragma once

#include <stdbool.h>

#include "core/error.h"
#include "mgmt/cli/system/machine.h"

#define CARD_DRIVER 64

/* The name of the driver that a PCI device has, "" without one. */
void card_driver(const struct machine *machine, const char *device, char driver[CARD_DRIVER]);

/* Gives the card to vfio-pci. Refuses what is no network card, and one of which an interface is up:
 * it may be the way that the user came in. Needs root. When the kernel does not do it, the card
 * goes back to the driver that the kernel has for it. Returns 0, also when it is there already, or
 * a negative errno with a line, which says then what driver the card has. */
int card_bind(const struct machine *machine, const char *device, struct gw_error *error);

/* Gives the card back to the driver that the kernel has for it. The same otherwise. */
int card_unbind(const struct machine *machine, const char *device, struct gw_error *error);
