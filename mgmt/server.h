/* HTTP/1.1 for the API: turns requests into gw_api_call() and its answers into responses. */
#pragma once

#include "core/api.h"
#include "core/counter.h"

struct api_server;
struct api_socket;
struct groups;
struct jobs;

/* Serves who connects to the socket, which stays the caller's, with two threads of its own, one
 * that lets clients in and one that answers: all signals are blocked in them and they run on any
 * processor. Routes that are slow go to `jobs`, which
 * must be stopped before the server is, so that no request waits there, and destroyed after it.
 * `groups` say who may what; `turned_away` counts those who may do nothing and found too many of
 * their kind there. NULL with an error line on failure. */
struct api_server *api_server_start(struct gw *gw, struct jobs *jobs, const struct groups *groups,
	struct api_socket *socket, struct gw_counter *turned_away, struct gw_error *error);

/* Ends the threads and all connections. Accepts NULL. */
void api_server_stop(struct api_server *server);
