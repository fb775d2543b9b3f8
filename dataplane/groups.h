/* Multicast groups that the kernel is a member of on behalf of ports: it tells routers and switches
 * so (IGMPv3, RFC 3376; MLDv2, RFC 3810), answers their queries, and falls back to what an older
 * querier speaks. Membership is asked for with its source, so that nobody else's stream comes.
 *
 * Control thread only. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/config/config.h"

/* One membership: all that is in it, byte by byte, tells it from others. */
struct group {
	uint32_t interface; /* the kernel's number */
	uint32_t family; /* AF_INET or AF_INET6 */
	uint8_t group[16], source[16]; /* as struct gw_address */
};

/* The membership that a stream needs. */
struct group group_of(
	uint32_t interface, const struct gw_address *group, const struct gw_address *source);

struct groups;

/* None; NULL when out of memory. */
struct groups *groups_create(void);

/* Leaves all. Accepts NULL. */
void groups_destroy(struct groups *groups);

/* Joins those of `wanted` that are not joined yet, and leaves all others. The list is sorted;
 * copies in it count once. Those that fail are tried again by the next call. Returns 0 or -ENOMEM.
 */
int groups_set(struct groups *groups, struct group *wanted, uint32_t count);

/* Leaves those of an interface, so that the next call joins them anew and tells the network. */
void groups_leave(struct groups *groups, uint32_t interface);

/* How many of an interface's are joined, how many could not be, and why the last one was not (a
 * positive errno). */
void groups_count(const struct groups *groups, uint32_t interface, uint32_t *joined,
	uint32_t *failed, int *reason);
