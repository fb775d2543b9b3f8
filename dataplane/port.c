#include "dataplane/port.h"

#include <ctype.h>
#include <errno.h>
#include <net/if.h>
#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_mbuf_dyn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/log.h"
#include "dataplane/eal.h"
#include "dataplane/receiver.h"

enum {
	DESCRIPTORS = 1024,
	BUFFER_CACHE = 256,
	JUMBO_MTU = 9000,
};

/* [DDDD:]BB:DD.F */
bool port_is_pci(const char *device)
{
	unsigned int domain, bus, slot, function;
	int end = 0;

	if (sscanf(device, "%4x:%2x:%2x.%1u%n", &domain, &bus, &slot, &function, &end) == 4 &&
		end > 0 && device[end] == '\0')
		return true;
	end = 0;
	return sscanf(device, "%2x:%2x.%1u%n", &bus, &slot, &function, &end) == 3 && end > 0 &&
		device[end] == '\0';
}

/* The value of `key` among "name,key=value,..."; false when it is not there. */
static bool find_argument(const char *device, const char *key, char *value, size_t size)
{
	const size_t length = strlen(key);

	for (const char *at = strchr(device, ','); at; at = strchr(at, ',')) {
		at++;
		if (strncmp(at, key, length) != 0 || at[length] != '=')
			continue;
		at += length + 1;
		snprintf(value, size, "%.*s", (int)strcspn(at, ","), at);
		return true;
	}
	return false;
}

static bool has_driver(const char *device, const char *driver)
{
	return strncmp(device, driver, strlen(driver)) == 0;
}

/* What most often is wrong, found before the driver fails without saying it. */
static int check_device(const struct gw_interface_config *config, struct gw_error *error)
{
	const char *device = config->device;
	char value[256];

	if (has_driver(device, "net_af_packet") || has_driver(device, "net_af_xdp")) {
		if (!find_argument(device, "iface", value, sizeof(value)))
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
	if (has_driver(device, "net_pcap") &&
		find_argument(device, "rx_pcap", value, sizeof(value)) && access(value, R_OK) != 0)
		return gw_error_set(error, -errno, "interface %s: cannot read %s: %s", config->name,
			value, strerror(errno));
	if (has_driver(device, "net_af_packet") || has_driver(device, "net_af_xdp") ||
		has_driver(device, "net_tap")) {
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

/* Makes the driver take the device; *id becomes the port's number. */
static int probe(struct port *port, struct gw_error *error)
{
	const char *device = port->config->device;
	char name[RTE_ETH_NAME_MAX_LEN];

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(device, ","), device);
	if (port_is_pci(device)) {
		char full[sizeof(name) + 5];

		/* DPDK names ports by the long form. */
		snprintf(full, sizeof(full), "%s%s", strlen(name) < 12 ? "0000:" : "", name);
		if (rte_eth_dev_get_port_by_name(full, &port->id) == 0)
			return 0;
		return gw_error_set(error, -ENODEV,
			"interface %s: DPDK cannot use PCI device %s: bind it to vfio-pci "
			"(`dpdk-devbind.py --status` shows the devices)",
			port->config->name, name);
	}
	if (if_nametoindex(name) > 0)
		return gw_error_set(error, -EINVAL,
			"interface %s: '%s' is a network device of the kernel's: write device: "
			"\"net_af_packet0,iface=%s\"",
			port->config->name, name, name);
	const char *arguments = strchr(device, ',');

	eal_forget_complaint();
	const int status = rte_eal_hotplug_add("vdev", name, arguments ? arguments + 1 : "");

	if (status == 0 && rte_eth_dev_get_port_by_name(name, &port->id) == 0)
		return 0;
	return gw_error_set(error, status < 0 ? status : -ENODEV,
		"interface %s: DPDK cannot open '%s': %s (a device is a PCI address or "
		"DRIVERn,KEY=VALUE: net_af_packet0,iface=eth0 for example)",
		port->config->name, device,
		*eal_complaint() ? eal_complaint() : strerror(status < 0 ? -status : ENODEV));
}

static int fail(const struct port *port, int status, const char *what, struct gw_error *error)
{
	return gw_error_set(
		error, status, "interface %s: %s: %s", port->config->name, what, strerror(-status));
}

/* Offloads and frame size, within what the device can do. */
static void choose_modes(
	struct port *port, const struct rte_eth_dev_info *info, struct rte_eth_conf *conf)
{
	const uint64_t checksums = RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM;

	if (port->config->checksum != GW_CHECKSUM_OFF)
		port->checks = RECEIVER_CHECK_IP | RECEIVER_CHECK_UDP;
	if (port->config->checksum == GW_CHECKSUM_PORT)
		port->checks |= RECEIVER_TAKE_UNFINISHED;
	if (port->config->checksum == GW_CHECKSUM_PORT &&
		(info->rx_offload_capa & checksums) == checksums) {
		port->offloads_checksum = true;
		conf->rxmode.offloads |= checksums;
	}
	if (info->rx_offload_capa & RTE_ETH_RX_OFFLOAD_TIMESTAMP)
		conf->rxmode.offloads |= RTE_ETH_RX_OFFLOAD_TIMESTAMP;
	if (port_is_pci(port->config->device))
		conf->rxmode.mtu = info->max_mtu < JUMBO_MTU ? info->max_mtu : JUMBO_MTU;
}

static int start(struct port *port, struct gw_error *error)
{
	struct rte_eth_conf conf = {0};
	struct rte_eth_dev_info info;
	uint16_t rx = DESCRIPTORS, tx = DESCRIPTORS;
	char name[RTE_MEMPOOL_NAMESIZE];
	int status = rte_eth_dev_info_get(port->id, &info);

	if (status != 0)
		return fail(port, status, "asking for its properties", error);
	snprintf(port->driver, sizeof(port->driver), "%s", info.driver_name);
	choose_modes(port, &info, &conf);
	port->queues = 1;
	/* One transmit queue: some drivers refuse to have none. */
	status = rte_eth_dev_configure(port->id, port->queues, 1, &conf);
	if (status != 0)
		return fail(port, status, "configuring", error);
	rte_eth_dev_adjust_nb_rx_tx_desc(port->id, &rx, &tx);
	snprintf(name, sizeof(name), "packets-%u", port->id);
	port->buffers = rte_pktmbuf_pool_create(name, PORT_BUFFERS - 1, BUFFER_CACHE, 0,
		PORT_DATA_ROOM, rte_eth_dev_socket_id(port->id));
	if (!port->buffers)
		return fail(port, -rte_errno, "reserving packet buffers", error);
	status = rte_eth_rx_queue_setup(
		port->id, 0, rx, rte_eth_dev_socket_id(port->id), NULL, port->buffers);
	if (status == 0)
		status = rte_eth_tx_queue_setup(
			port->id, 0, tx, rte_eth_dev_socket_id(port->id), NULL);
	if (status != 0)
		return fail(port, status,
			*eal_complaint() ? eal_complaint() : "setting up its queues", error);
	status = rte_eth_dev_start(port->id);
	if (status != 0)
		return fail(port, status, "starting", error);
	/* Cameras send to multicast groups and mirrored ports; not every driver can, or has to. */
	rte_eth_promiscuous_enable(port->id);
	rte_eth_allmulticast_enable(port->id);
	if (rte_mbuf_dyn_rx_timestamp_register(&port->timestamp_offset, &port->timestamp_flag) != 0)
		port->timestamp_flag = 0;
	return 0;
}

int port_open(struct port *port, const struct gw_interface_config *config, struct gw_error *error)
{
	memset(port, 0, sizeof(*port));
	port->config = config;
	int status = check_device(config, error);

	if (status == 0)
		status = probe(port, error);
	if (status != 0)
		return status;
	port->open = true;
	status = start(port, error);
	if (status != 0)
		port_close(port);
	return status;
}

void port_close(struct port *port)
{
	if (!port->open)
		return;
	rte_eth_dev_stop(port->id);
	rte_eth_dev_close(port->id);
	rte_mempool_free(port->buffers);
	port->buffers = NULL;
	port->open = false;
}
