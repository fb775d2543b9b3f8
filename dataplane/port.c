#include "dataplane/port.h"

#include <errno.h>
#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_mbuf_dyn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/stage.h"
#include "dataplane/device.h"
#include "dataplane/eal.h"
#include "dataplane/port_probe.h"
#include "dataplane/receiver.h"

enum {
	DESCRIPTORS = 1024,
	BUFFER_CACHE = 256,
	JUMBO_MTU = 9000,
};

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

	port->offloads_checksum = false;
	port->checks = 0;
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
	if (device_is_pci(port->config->device))
		conf->rxmode.mtu = info->max_mtu < JUMBO_MTU ? info->max_mtu : JUMBO_MTU;
}

/* Spreads flows over the queues, where the device does that. Returns how many queues to use. */
static uint16_t choose_queues(
	const struct port *port, const struct rte_eth_dev_info *info, struct rte_eth_conf *conf)
{
	const uint64_t flows = RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_FRAG_IPV4 |
		RTE_ETH_RSS_NONFRAG_IPV4_UDP | RTE_ETH_RSS_IPV6 | RTE_ETH_RSS_FRAG_IPV6 |
		RTE_ETH_RSS_NONFRAG_IPV6_UDP;
	uint32_t queues = device_queues(port->config->device, port->wanted_queues);

	if (queues > info->max_rx_queues)
		queues = info->max_rx_queues;
	if (queues > 1 && (info->flow_type_rss_offloads & flows)) {
		conf->rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		conf->rx_adv_conf.rss_conf.rss_hf = info->flow_type_rss_offloads & flows;
	} else if (queues > 1 && device_is_pci(port->config->device)) {
		/* All packets would come by the first one. */
		queues = 1;
	}
	return (uint16_t)(queues > 0 ? queues : 1);
}

/* Kept over openings, for as many queues as may be. */
static int reserve_buffers(struct port *port, struct gw_error *error)
{
	static unsigned int pools;
	char name[RTE_MEMPOOL_NAMESIZE];

	if (port->buffers)
		return 0;
	snprintf(name, sizeof(name), "packets-%u", pools++);
	port->buffers = rte_pktmbuf_pool_create(name,
		PORT_BUFFERS * device_queues(port->config->device, port->wanted_queues) - 1,
		BUFFER_CACHE, 0, PORT_DATA_ROOM, rte_eth_dev_socket_id(port->id));
	return port->buffers ? 0 : fail(port, -rte_errno, "reserving packet buffers", error);
}

static int set_up_queues(struct port *port, uint16_t tx_queues, struct gw_error *error)
{
	const int socket = rte_eth_dev_socket_id(port->id);
	uint16_t rx = DESCRIPTORS, tx = DESCRIPTORS;
	int status = rte_eth_dev_adjust_nb_rx_tx_desc(port->id, &rx, &tx);

	if (status == -ENOTSUP)
		status = 0;
	for (uint16_t i = 0; status == 0 && i < port->queues; i++)
		status = rte_eth_rx_queue_setup(
			port->id, i, rx, (unsigned int)socket, NULL, port->buffers);
	for (uint16_t i = 0; status == 0 && i < tx_queues; i++)
		status = rte_eth_tx_queue_setup(port->id, i, tx, (unsigned int)socket, NULL);
	return status == 0
		? 0
		: fail(port, status, *eal_complaint() ? eal_complaint() : "setting up its queues",
			  error);
}

/* net_af_packet's sockets hear every interface of the machine from when they are made until they
 * are bound, and what they heard lies in their rings. All of it lies there now, so that one round
 * of the ring is enough. */
static void forget_early_packets(const struct port *port)
{
	char value[16];
	uint32_t frames = DEVICE_RING_FRAMES;

	if (!device_has_driver(port->config->device, "net_af_packet"))
		return;
	if (device_argument(port->config->device, "framecnt", value, sizeof(value)))
		frames = (uint32_t)strtoul(value, NULL, 10);
	for (uint16_t queue = 0; queue < port->queues; queue++) {
		struct rte_mbuf *burst[GW_BURST];
		uint16_t count = 1;

		for (uint32_t done = 0; done < frames && count > 0; done += count) {
			count = rte_eth_rx_burst(port->id, queue, burst, GW_BURST);
			rte_pktmbuf_free_bulk(burst, count);
		}
	}
	packet_sockets_take_lost(&port->sockets);
	rte_eth_stats_reset(port->id);
}

static int start(struct port *port, struct gw_error *error)
{
	struct rte_eth_conf conf = {0};
	struct rte_eth_dev_info info;
	int status = rte_eth_dev_info_get(port->id, &info);

	if (status != 0)
		return fail(port, status, "asking for its properties", error);
	pthread_mutex_lock(&port->lock);
	choose_modes(port, &info, &conf);
	port->queues = choose_queues(port, &info, &conf);
	snprintf(port->driver, sizeof(port->driver), "%s", info.driver_name);
	pthread_mutex_unlock(&port->lock);
	/* One transmit queue, because some drivers refuse to have none; a TAP wants pairs. */
	const uint16_t tx_queues =
		device_has_driver(port->config->device, "net_tap") ? port->queues : 1;

	status = rte_eth_dev_configure(port->id, port->queues, tx_queues, &conf);
	if (status != 0)
		return fail(port, status, "configuring", error);
	status = reserve_buffers(port, error);
	if (status == 0)
		status = set_up_queues(port, tx_queues, error);
	if (status != 0)
		return status;
	status = rte_eth_dev_start(port->id);
	if (status != 0)
		return fail(port, status, "starting", error);
	port->started = true;
	/* Cameras send to multicast groups and mirrored ports; not every driver can, or has to. */
	rte_eth_promiscuous_enable(port->id);
	rte_eth_allmulticast_enable(port->id);
	if (rte_mbuf_dyn_rx_timestamp_register(&port->timestamp_offset, &port->timestamp_flag) != 0)
		port->timestamp_flag = 0;
	forget_early_packets(port);
	pthread_mutex_lock(&port->lock);
	port->open = true;
	pthread_mutex_unlock(&port->lock);
	return 0;
}

/* What the open port counted since it was opened. Under the lock. */
static void add_counts(struct port *port, struct port_counts *counts)
{
	struct rte_eth_stats stats = {0};

	rte_eth_stats_get(port->id, &stats);
	port->ring_lost += packet_sockets_take_lost(&port->sockets);
	counts->packets += stats.ipackets;
	counts->bytes += stats.ibytes;
	counts->missed += stats.imissed + port->ring_lost;
	counts->errors += stats.ierrors;
	counts->no_buffer += stats.rx_nombuf;
}

/* Gives the device back to DPDK's drivers; the buffers stay. */
static void release_device(struct port *port)
{
	char name[DEVICE_NAME];

	pthread_mutex_lock(&port->lock);
	if (port->open)
		add_counts(port, &port->before);
	port->ring_lost = 0;
	port->open = false;
	port->queues = 0;
	pthread_mutex_unlock(&port->lock);
	if (port->started)
		rte_eth_dev_stop(port->id);
	rte_eth_dev_close(port->id);
	/* The driver closes its sockets when it is stopped, but it stops only what was started. */
	if (!port->started)
		packet_sockets_close(&port->sockets, port->interface_index);
	port->sockets.count = 0;
	port->started = false;
	port->probed = false;
	device_name(port->config->device, name);
	rte_eal_hotplug_remove(device_is_pci(port->config->device) ? "pci" : "vdev", name);
}

static int bring_up(struct port *port, struct gw_error *error)
{
	int status = port_check_device(port->config, error);

	if (status == 0)
		status = port_check_rights(port->config, error);
	if (status == 0)
		status = port_probe(port, error);
	if (status != 0)
		return status;
	port->probed = true;
	status = start(port, error);
	if (status != 0)
		release_device(port);
	return status;
}

uint32_t port_memory_mib(const struct gw_interface_config *config, uint32_t queues)
{
	return device_queues(config->device, queues) * PORT_MEMORY_MIB;
}

int port_open(struct port *port, const struct gw_interface_config *config, uint32_t queues,
	struct gw_error *error)
{
	memset(port, 0, sizeof(*port));
	port->config = config;
	port->wanted_queues = queues;
	pthread_mutex_init(&port->lock, NULL);
	const int status = bring_up(port, error);

	if (status != 0)
		port_close(port);
	return status;
}

int port_reopen(struct port *port, struct gw_error *error)
{
	if (port->probed)
		release_device(port);
	port->was_reopened = true;
	return bring_up(port, error);
}

void port_look(struct port *port, struct port_facts *facts)
{
	pthread_mutex_lock(&port->lock);
	facts->counts = port->before;
	if (port->open)
		add_counts(port, &facts->counts);
	memcpy(facts->driver, port->driver, sizeof(facts->driver));
	facts->queues = port->queues;
	facts->offloads_checksum = port->offloads_checksum;
	pthread_mutex_unlock(&port->lock);
}

void port_close(struct port *port)
{
	if (!port->config)
		return;
	if (port->probed)
		release_device(port);
	rte_mempool_free(port->buffers);
	pthread_mutex_destroy(&port->lock);
	memset(port, 0, sizeof(*port));
}
