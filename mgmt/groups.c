#include "mgmt/groups.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FEW 64 /* groups that most users are in fewer than */
#define MOST 65536 /* that the kernel allows */
#define ENTRY (64u * 1024u) /* bytes of a group with all its members */
#define ENTRY_MOST (16u * 1024u * 1024u)

static bool look_up(const char *name, gid_t *gid)
{
	struct group entry, *found = NULL;

	for (size_t size = ENTRY; size <= ENTRY_MOST; size *= 4) {
		char *room = malloc(size);
		const int status = room ? getgrnam_r(name, &entry, room, size, &found) : ENOMEM;

		if (found)
			*gid = entry.gr_gid;
		free(room);
		if (status != ERANGE)
			break;
	}
	return found != NULL;
}

void groups_find(struct groups *groups, const struct gw_api_groups_config *config)
{
	*groups = (struct groups){.name = {
					  [GW_ROLE_VIEWER] = config->view,
					  [GW_ROLE_OPERATOR] = config->operate,
					  [GW_ROLE_ADMIN] = config->admin,
				  }};
	for (int role = GW_ROLE_VIEWER; role < GROUPS; role++) {
		groups->is_there[role] = look_up(groups->name[role], &groups->gid[role]);
		groups->any = groups->any || groups->is_there[role];
	}
}

static bool has(const gid_t *member_of, size_t count, gid_t gid)
{
	for (size_t i = 0; i < count; i++)
		if (member_of[i] == gid)
			return true;
	return false;
}

enum gw_role groups_role(
	const struct groups *groups, uid_t uid, const gid_t *member_of, size_t count)
{
	if (!groups->any || uid == 0 || uid == geteuid() || has(member_of, count, getegid()))
		return GW_ROLE_ADMIN;
	for (int role = GW_ROLE_ADMIN; role > GW_ROLE_NONE; role--)
		if (groups->is_there[role] && has(member_of, count, groups->gid[role]))
			return (enum gw_role)role;
	return GW_ROLE_NONE;
}

/* The first of `room` is kept for the primary group. Returns how many there are then, or -1 and
 * errno. */
static ssize_t ask(int fd, gid_t *member_of, size_t room)
{
	socklen_t size = (socklen_t)((room - 1) * sizeof(*member_of));

	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, member_of + 1, &size) != 0)
		return -1;
	return (ssize_t)(size / sizeof(*member_of)) + 1;
}

enum gw_role groups_role_at(const struct groups *groups, int fd)
{
	struct ucred credentials;
	socklen_t size = sizeof(credentials);
	gid_t few[FEW], *many = NULL, *member_of = few;

	if (!groups->any)
		return GW_ROLE_ADMIN;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0)
		return GW_ROLE_NONE;
	ssize_t count = ask(fd, few, FEW);
	if (count < 0 && errno == ERANGE) {
		many = malloc((MOST + 1) * sizeof(*many));
		if (many) {
			member_of = many;
			count = ask(fd, many, MOST + 1);
		}
	}
	/* A kernel that does not tell: the primary one counts. */
	member_of[0] = credentials.gid;
	const enum gw_role role =
		groups_role(groups, credentials.uid, member_of, count > 0 ? (size_t)count : 1);

	free(many);
	return role;
}
