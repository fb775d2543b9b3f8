#include "mgmt/peer.h"

#include <pwd.h>
#include <stdio.h>
#include <sys/socket.h>

const char *peer_of(struct peer *peer, int fd)
{
	struct ucred credentials;
	socklen_t size = sizeof(credentials);
	struct passwd entry, *found = NULL;
	char room[4096];

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0)
		return "somebody";
	if (peer->known && peer->uid == credentials.uid)
		return peer->text;
	peer->known = true;
	peer->uid = credentials.uid;
	if (getpwuid_r(peer->uid, &entry, room, sizeof(room), &found) == 0 && found)
		snprintf(peer->text, sizeof(peer->text), "uid %u (%.64s)", peer->uid,
			found->pw_name);
	else
		snprintf(peer->text, sizeof(peer->text), "uid %u", peer->uid);
	return peer->text;
}
