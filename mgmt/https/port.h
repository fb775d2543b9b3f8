/* The port that HTTPS is answered on. */
#pragma once

#include "mgmt/socket.h"

/* Listens on "127.0.0.1:8443" or "[::1]:8443" as api_socket_open() does on a path. Returns 0 or a
 * negative errno with a line. api_socket_close() ends it. */
int https_port_open(struct api_socket *port, const char *listen, struct gw_error *error);
