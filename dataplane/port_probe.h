/* How a port gets its device. Private to port.c. */
#pragma once

#include "core/error.h"
#include "dataplane/port.h"

/* What most often is wrong, found before the driver fails without saying it. */
int port_check_device(const struct gw_interface_config *config, struct gw_error *error);

/* Makes a driver take the device: port->id becomes its number, and it is known on which interface
 * of the kernel's it stands. On failure nothing stays open. */
int port_probe(struct port *port, struct gw_error *error);
