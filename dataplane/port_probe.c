#include "dataplane/port_probe.h"

#include <errno.h>
#include <net/if.h>
#include <rte_dev.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/log.h"
#include "dataplane/device.h"
#include "dataplane/eal.h"
#include "dataplane/interface.h"

int port_check_device(const struct gw_interface_config *config, struct gw_error *error)
{
	const char *device = config->device;
	uint32_t framesz, blocksz;
	char value[256], name[DEVICE_NAME], path[DEVICE_NAME + 32];

	if (device_has_driver(device, "net_af_packet") || device_has_driver(device, "net_af_xdp")) {
		if (!device_argument(device, "iface", value, sizeof(value)))
			return gw_error_set(error, -EINVAL,
				"interface %s: '%s' needs iface=NAME, the network device "
				"to receive from",
				config->name, device);
		if (if_nametoindex(value) == 0)
			return gw_error_set(error, -ENODEV,
				"interface %s: there is no network device '%s' (`ip link` lists "
				"them)",
				config->name, value);
	}
	if (!device_ring_fits(device, &framesz, &blocksz))
		return gw_error_set(error, -EINVAL,
			"interface %s: blocksz=%u is no multiple of framesz=%u: leave both out, or "
			"make it one",
			config->name, blocksz, framesz);
	if (device_has_driver(device, "net_pcap") &&
		device_argument(device, "rx_pcap", value, sizeof(value)) &&
		access(value, R_OK) != 0)
		return gw_error_set(error, -errno, "interface %s: cannot read %s: %s", config->name,
			value, strerror(errno));
	if (device_is_pci(device)) {
		device_name(device, name);
		snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", name);
		if (access(path, F_OK) != 0)
			return gw_error_set(error, -ENODEV,
				"interface %s: there is no PCI device %s (`dpdk-devbind.py "
				"--status` lists them)",
				config->name, name);
	}
	return 0;
}

int port_check_rights(const struct gw_interface_config *config, struct gw_error *error)
{
	const char *device = config->device;

	if (device_has_driver(device, "net_af_packet") || device_has_driver(device, "net_af_xdp") ||
		device_has_driver(device, "net_tap")) {
		const int raw = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

		if (raw < 0 && (errno == EPERM || errno == EACCES))
			return gw_error_set(error, -EPERM,
				"interface %s: no permission to receive packets: run as root "
				"or with CAP_NET_RAW and CAP_NET_ADMIN",
				config->name);
		if (raw >= 0)
			close(raw);
	}
	return 0;
}

/* As the kernel has the interface of that name; "" is none. */
static struct interface look_at_interface(const char *name)
{
	struct interface interface = {0};
	const int fd = *name ? interface_socket() : -1;

	snprintf(interface.name, sizeof(interface.name), "%s", name);
	if (fd >= 0) {
		interface_ask(fd, &interface);
		close(fd);
	}
	return interface;
}

static int probe_pci(struct port *port, const char *name, struct gw_error *error)
{
	/* At the first opening EAL has looked at it already; later it was removed. */
	if (rte_eth_dev_get_port_by_name(name, &port->id) == 0)
		return 0;
	if (rte_eal_hotplug_add("pci", name, "") == 0 &&
		rte_eth_dev_get_port_by_name(name, &port->id) == 0)
		return 0;
	return gw_error_set(error, -ENODEV,
		"interface %s: DPDK cannot use PCI device %s: bind it to vfio-pci "
		"(`dpdk-devbind.py --status` shows the devices)",
		port->config->name, port->config->device);
}

/* Says when frames will be cut, and what to do. */
static void look_at_mtu(const struct port *port, const char *interface, uint32_t mtu)
{
	if (port->mtu_room == 0 || mtu <= port->mtu_room)
		return;
	gw_warn("dataplane",
		"interface %s: %s has MTU %u: packets above %u bytes are cut (cut_short): %s",
		port->config->name, interface, mtu, port->mtu_room,
		port->sizes_frames ? "packet buffers take no more: lower the MTU"
				   : "raise `framesz` and `blocksz` of its device, or leave them "
				     "out");
}

static void find_sockets(const struct port *port, uint32_t interface_index,
	const struct packet_sockets *others, struct packet_sockets *found)
{
	found->count = 0;
	if (device_has_driver(port->config->device, "net_af_packet"))
		packet_sockets_find(found, interface_index, others);
}

int port_probe(struct port *port, struct gw_error *error)
{
	const char *device = port->config->device;
	char name[DEVICE_NAME], arguments[DEVICE_ARGUMENTS], interface[IFNAMSIZ] = "", value[16];
	struct packet_sockets older;
	uint32_t framesz;

	device_name(device, name);
	if (device_is_pci(device))
		return probe_pci(port, name, error);
	if (if_nametoindex(name) > 0)
		return gw_error_set(error, -EINVAL,
			"interface %s: '%s' is a network device of the kernel's: write device: "
			"\"net_af_packet0,iface=%s\"",
			port->config->name, name, name);
	device_interface(device, interface, sizeof(interface));
	const struct interface before = look_at_interface(interface);

	device_arguments(device, device_queues(device, port->wanted_queues), before.mtu,
		PORT_MOST_RING_FRAME, arguments, &framesz);
	port->mtu_room = device_ring_mtu(framesz);
	port->sizes_frames = !device_argument(device, "framesz", value, sizeof(value)) &&
		!device_argument(device, "blocksz", value, sizeof(value));
	find_sockets(port, before.index, NULL, &older);
	eal_forget_complaint();
	const int status = rte_eal_hotplug_add("vdev", name, arguments);

	/* An interface of its own (net_tap) is there only now. */
	port->interface_index = look_at_interface(interface).index;
	find_sockets(port, port->interface_index, &older, &port->sockets);
	if (status == 0 && rte_eth_dev_get_port_by_name(name, &port->id) == 0) {
		look_at_mtu(port, interface, before.mtu);
		return 0;
	}
	packet_sockets_close(&port->sockets, port->interface_index);
	const char *reason =
		*eal_complaint() ? eal_complaint() : strerror(status < 0 ? -status : ENODEV);

	if (before.index > 0 && !before.is_up)
		return gw_error_set(error, status < 0 ? status : -ENODEV,
			"interface %s: DPDK cannot open '%s': %s, and %s is down: `ip link set %s "
			"up`",
			port->config->name, device, reason, interface, interface);
	return gw_error_set(error, status < 0 ? status : -ENODEV,
		"interface %s: DPDK cannot open '%s': %s (a device is a PCI address or "
		"DRIVERn,KEY=VALUE: net_af_packet0,iface=eth0 for example)",
		port->config->name, device, reason);
}
