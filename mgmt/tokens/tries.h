/* Who tries tokens that are none, and must wait: an address has five tries, and gets another one
 * every twelve seconds. While it has none, a wrong one is told to wait. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define TRIES 5
#define TRY_EVERY_S 12
#define TRIES_ADDRESSES \
	256 /* that are remembered; the one that was wrong longest ago goes first \
	     */

struct tries_address {
	uint8_t bytes[8]; /* of IPv4 four, of IPv6 the network (RFC 4291, 2.5.4) */
	int family; /* 0: nobody */
	int64_t until; /* when all its tries are back */
};

/* Of one thread. Zeroes are its beginning. */
struct tries {
	struct tries_address address[TRIES_ADDRESSES];
	int64_t told; /* gw_now() when it was logged that somebody has to wait */
};

struct sockaddr;

/* Whether a token from there may be wrong once more, at `now` (gw_now()). */
bool tries_may(const struct tries *tries, const struct sockaddr *from, int64_t now);

/* One from there was none. */
void tries_wrong(struct tries *tries, const struct sockaddr *from, int64_t now);
