/* Who sits at the other end of a UNIX socket. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "core/user.h"

/* Remembers the last one: names are looked up where that may take long. Of one thread. */
struct peer {
	bool known;
	uid_t uid;
	char text[GW_USER]; /* "uid 1000 (anna)", without the name when there is none */
};

/* Asks the kernel who connected (SO_PEERCRED, unix(7)). Returns peer->text, or "somebody" when the
 * socket does not tell. */
const char *peer_of(struct peer *peer, int fd);
