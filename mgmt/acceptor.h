/* Lets clients of the API in. What keeps the socket from being answered is seen to here: its file
 * is made again when somebody removes it, and when the process has no descriptor left, one that was
 * kept for that is used. */
#pragma once

#include <stdbool.h>

#include "core/error.h"

struct acceptor;
struct api_socket;

/* Where clients go; both on the acceptor's thread. */
struct acceptor_door {
	/* Whether one more can be taken now; a place is kept for him until enter(). */
	bool (*open)(void *arg);
	/* Gets the connection's descriptor for its own; -1: nobody came after all. */
	void (*enter)(void *arg, int fd);
	void *arg;
};

/* Takes who connects to `socket`, which stays the caller's and is used by the acceptor's thread
 * until acceptor_stop(); others wait in its queue while the door is shut. NULL with an error line
 * on failure. */
struct acceptor *acceptor_start(
	struct api_socket *socket, const struct acceptor_door *door, struct gw_error *error);

/* Ends the thread. Accepts NULL. */
void acceptor_stop(struct acceptor *acceptor);
