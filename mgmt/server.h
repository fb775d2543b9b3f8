/* HTTP/1.1 for the API: turns requests into gw_api_call() and its answers into responses. */
#pragma once

#include "core/api.h"

struct api_server;
struct jobs;

/* Serves on a listening UNIX socket, which it owns from then on, with one thread of its own: all
 * signals are blocked in it and it runs on any processor. Routes that are slow go to `jobs`, which
 * must be stopped before the server is, so that no request waits there, and destroyed after it.
 * NULL with an error line on failure; the socket is the caller's then. */
struct api_server *api_server_start(
	struct gw *gw, struct jobs *jobs, int listening, struct gw_error *error);

/* Ends the thread and all connections, and closes the socket. Accepts NULL. */
void api_server_stop(struct api_server *server);
