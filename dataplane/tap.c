#include "dataplane/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "dataplane/interface.h"

static void set_name(struct ifreq *request, const char *name)
{
	memset(request, 0, sizeof(*request));
	snprintf(request->ifr_name, sizeof(request->ifr_name), "%s", name);
}

static int set_address(int fd, const char *name, const uint8_t hardware[6])
{
	struct ifreq request;

	set_name(&request, name);
	request.ifr_hwaddr.sa_family = ARPHRD_ETHER;
	memcpy(request.ifr_hwaddr.sa_data, hardware, 6);
	return ioctl(fd, SIOCSIFHWADDR, &request);
}

static int set_mtu(int fd, const char *name, uint32_t mtu)
{
	struct ifreq request;

	set_name(&request, name);
	request.ifr_mtu = (int)mtu;
	return ioctl(fd, SIOCSIFMTU, &request);
}

static int set_up(int fd, const char *name)
{
	struct ifreq request;

	set_name(&request, name);
	if (ioctl(fd, SIOCGIFFLAGS, &request) != 0)
		return -1;
	request.ifr_flags |= IFF_UP;
	return ioctl(fd, SIOCSIFFLAGS, &request);
}

/* All that makes an interface of the descriptor. */
static int make(struct tap *tap, const uint8_t hardware[6], uint32_t mtu)
{
	struct ifreq request;
	int status = 0;

	set_name(&request, tap->name);
	request.ifr_flags = (short)(IFF_TAP | IFF_NO_PI | IFF_TUN_EXCL);
	if (ioctl(tap->fd, TUNSETIFF, &request) != 0)
		return -errno;
	const int fd = interface_socket();

	if (fd < 0)
		return -errno;
	if (set_address(fd, tap->name, hardware) != 0 || set_mtu(fd, tap->name, mtu) != 0 ||
		set_up(fd, tap->name) != 0)
		status = -errno;
	close(fd);
	tap->index = if_nametoindex(tap->name);
	return status;
}

int tap_open(struct tap *tap, const char *name, const uint8_t hardware[6], uint32_t mtu,
	const char *port, struct gw_error *error)
{
	int status;

	*tap = (struct tap){.fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC)};
	snprintf(tap->name, sizeof(tap->name), "%s", name);
	status = tap->fd < 0 ? -errno : make(tap, hardware, mtu);
	if (status == 0)
		return 0;
	tap_close(tap);
	if (status == -EBUSY || status == -EEXIST)
		return gw_error_set(error, status,
			"interface %s: `kernel: %s`: there is a network device of that name "
			"already: choose another one",
			port, name);
	return gw_error_set(error, status,
		"interface %s: cannot make the kernel's side of it, %s: %s: it needs /dev/net/tun, "
		"and root or CAP_NET_ADMIN",
		port, name, strerror(-status));
}

void tap_follow(const struct tap *tap, const uint8_t hardware[6], uint32_t mtu)
{
	const int fd = interface_socket();

	if (fd < 0)
		return;
	(void)set_address(fd, tap->name, hardware);
	(void)set_mtu(fd, tap->name, mtu);
	close(fd);
}

bool tap_is_gone(const struct tap *tap)
{
	struct ifreq request;

	return ioctl(tap->fd, TUNGETIFF, &request) != 0;
}

int tap_make_again(struct tap *tap, const uint8_t hardware[6], uint32_t mtu, const char *port,
	struct gw_error *error)
{
	struct tap made;
	int status = tap_open(&made, tap->name, hardware, mtu, port, error);

	if (status != 0)
		return status;
	if (dup3(made.fd, tap->fd, O_CLOEXEC) < 0)
		status = -errno;
	tap_close(&made);
	if (status == 0)
		tap->index = made.index;
	return status;
}

void tap_close(struct tap *tap)
{
	if (tap->fd >= 0)
		close(tap->fd);
	tap->fd = -1;
}
