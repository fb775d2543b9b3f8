/* How a port gets its device, for port.c and for those who look whether one is there. */
#pragma once

#include "core/error.h"
#include "dataplane/port.h"

/* What most often is wrong, found before the driver fails without saying it: of the device, and of
 * what this process may do. Any thread. */
int port_check_device(const struct gw_interface_config *config, struct gw_error *error);
int port_check_rights(const struct gw_interface_config *config, struct gw_error *error);

/* Makes a driver take the device: port->id becomes its number, and it is known on which interface
 * of the kernel's it stands. On failure nothing stays open. */
int port_probe(struct port *port, struct gw_error *error);
