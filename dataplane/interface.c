#include "dataplane/interface.h"

#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

int interface_socket(void)
{
	return socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

void interface_ask(int fd, struct interface *interface)
{
	struct ifreq request = {0};

	interface->index = 0;
	memcpy(request.ifr_name, interface->name, sizeof(request.ifr_name));
	if (ioctl(fd, SIOCGIFINDEX, &request) != 0)
		return;
	interface->index = (uint32_t)request.ifr_ifindex;
	interface->is_up = interface->has_link = false;
	interface->mtu = 0;
	if (ioctl(fd, SIOCGIFFLAGS, &request) == 0) {
		interface->is_up = request.ifr_flags & IFF_UP;
		interface->has_link = interface->is_up && (request.ifr_flags & IFF_RUNNING);
	}
	if (ioctl(fd, SIOCGIFMTU, &request) == 0)
		interface->mtu = (uint32_t)request.ifr_mtu;
}
