/* Commands from a topic: the service that carries them out through the gateway's API, with the role
 * that the configuration gives them, and answers on another topic. A thread of its own. */
#pragma once

#include "core/gateway.h"

extern const struct gw_service_ops commands_service;
