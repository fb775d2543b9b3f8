#include "mgmt/peer.h"

#include <sys/socket.h>

#include "core/user.h"

const char *peer_of(struct peer *peer, int fd)
{
	struct ucred credentials;
	socklen_t size = sizeof(credentials);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0)
		return "somebody";
	if (peer->known && peer->uid == credentials.uid)
		return peer->text;
	peer->known = true;
	peer->uid = credentials.uid;
	return gw_user(peer->uid, peer->text);
}
