/* HTTP/1.1 for the API: turns requests into api_dispatch() and its answers into responses. */
#pragma once

#include "mgmt/handlers.h"

struct api_server;

/* Serves on a listening socket, which it owns from then on, with one thread of its own: all signals
 * are blocked in it and it runs on any processor. `api` must outlive the server. NULL with an error
 * line on failure; the socket is the caller's then. */
struct api_server *api_server_start(const struct api *api, int listening, struct gw_error *error);

/* Ends the thread and all connections, and closes the socket. Accepts NULL. */
void api_server_stop(struct api_server *server);
