/* Who may what on the UNIX socket: groups of this machine, and who is in them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "core/api.h"
#include "core/config/config.h"

#define GROUPS (GW_ROLE_ADMIN + 1)

struct groups {
	bool any; /* one of them is there: who is in none may nothing */
	bool is_there[GROUPS];
	gid_t gid[GROUPS]; /* by role */
	const char *name[GROUPS]; /* of the configuration; [GW_ROLE_NONE] is NULL */
};

/* Looks the groups up, which may take long: at a start. The configuration must outlive them. */
void groups_find(struct groups *groups, const struct gw_api_groups_config *config);

/* The role of a user in `count` groups. root and whoever runs the gateway (its user, its group) is
 * admin, and so is everybody where none of the groups is there: then the socket's file is for the
 * gateway's own group only. Any thread. */
enum gw_role groups_role(
	const struct groups *groups, uid_t uid, const gid_t *member_of, size_t count);

/* The same of whoever connected, as the kernel knows him (SO_PEERCRED and SO_PEERGROUPS, unix(7)):
 * the groups that he had then. GW_ROLE_NONE when it does not say. Any thread. */
enum gw_role groups_role_at(const struct groups *groups, int fd);
