/* The management plane: the HTTP API on a UNIX socket. It sees stages only through their statistics
 * and the routes and facts that they offer. */
#pragma once

#include "core/gateway.h"

extern const struct gw_service_ops mgmt_service;
