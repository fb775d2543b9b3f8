/* Users of this machine, as logs and histories name them. */
#pragma once

#include <sys/types.h>

#define GW_USER 96

/* "uid 1000 (anna)", without the name when there is none. Looks it up, which may take long: no
 * stage's thread. Returns `text`. */
const char *gw_user(uid_t uid, char text[GW_USER]);
