/* HTTP/1.1 for the API: turns requests into gw_api_call() and its answers into responses. */
#pragma once

#include "core/api.h"
#include "core/counter.h"

struct api_server;
struct api_socket;
struct groups;
struct jobs;
struct tokens;

/* Where clients come in, and how it is known who they are. All of it stays the caller's. */
struct api_entrance {
	struct gw *gw;
	struct jobs *jobs; /* for routes that are slow */
	struct api_socket *socket;
	const struct groups *groups; /* who may what, at a UNIX socket */
	/* The same at a port, which speaks TLS then, with the certificate of the open keeper
	 * (mgmt/https/keeper.h); NULL: it is a UNIX socket. */
	struct tokens *tokens;
	/* Counts those who may do nothing and found too many of their kind there. */
	struct gw_counter *turned_away;
	/* The same of tokens that were none; NULL: nobody is interested. */
	struct gw_counter *tokens_wrong, *tokens_too_many;
};

/* Serves who connects to the entrance's socket, with two threads of its own, one that lets clients
 * in and one that answers: all signals are blocked in them and they run on any processor. The jobs
 * must be stopped before the server is, so that no request waits there, and destroyed after it.
 * NULL with an error line on failure. */
struct api_server *api_server_start(const struct api_entrance *entrance, struct gw_error *error);

/* Ends the threads and all connections. Accepts NULL. */
void api_server_stop(struct api_server *server);
