#include "core/user.h"

#include <pwd.h>
#include <stdio.h>

const char *gw_user(uid_t uid, char text[GW_USER])
{
	struct passwd entry, *found = NULL;
	char room[4096];

	if (getpwuid_r(uid, &entry, room, sizeof(room), &found) == 0 && found)
		snprintf(text, GW_USER, "uid %u (%.64s)", uid, found->pw_name);
	else
		snprintf(text, GW_USER, "uid %u", uid);
	return text;
}
