#include "gwgen/output.h"

#include <errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/config/config.h"
#include "dataplane/device.h"
#include "dataplane/eal.h"
#include "dataplane/interface.h"
#include "dataplane/port.h"
#include "gwgen/traffic.h"

#define BURST 32
#define MEMORY_MIB 64
#define ETHERNET_MOST 18 /* header and one tag */
#define MTU_LEAST 68 /* of any link (RFC 791, 3.2) */
#define LINK_TRIES 50
#define LINK_WAIT_US 100000

struct port_output {
	struct output base;
	struct gw_interface_config config;
	struct port port;
	struct rte_mbuf *waiting[BURST];
	uint32_t count; /* of those */
	struct rte_mbuf *next; /* whose room was asked for */
	struct output_counts counts;
	uint64_t link_lost_before;
	uint32_t memif_mtu; /* that its device names, by the size of its buffers; 0: it does not */
	char interface[IFNAMSIZ]; /* the kernel's, "": none */
};

/* What the kernel dropped on the way out of an interface: net_af_packet does not learn of it. */
static uint64_t link_lost(const struct port_output *out)
{
	unsigned long lost = 0;
	char path[160];
	FILE *file;

	if (!out->interface[0])
		return 0;
	snprintf(path, sizeof(path), "/sys/class/net/%s/statistics/tx_dropped", out->interface);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (fscanf(file, "%lu", &lost) != 1)
		lost = 0;
	fclose(file);
	return lost;
}

static uint8_t *port_room(struct output *output)
{
	struct port_output *out = (struct port_output *)output;

	if (out->count == BURST)
		return NULL;
	if (!out->next)
		out->next = rte_pktmbuf_alloc(out->port.buffers);
	return out->next ? rte_pktmbuf_mtod(out->next, uint8_t *) : NULL;
}

static void port_put(struct output *output, uint32_t size, int64_t due_ns)
{
	struct port_output *out = (struct port_output *)output;

	out->next->data_len = (uint16_t)size;
	out->next->pkt_len = size;
	out->waiting[out->count++] = out->next;
	out->next = NULL;
}

/* What comes back is counted, and keeps no buffer. */
static void listen_once(struct port_output *out)
{
	struct rte_mbuf *burst[BURST];
	const uint16_t count = rte_eth_rx_burst(out->port.id, 0, burst, BURST);

	out->counts.echoed += count;
	rte_pktmbuf_free_bulk(burst, count);
}

static int port_flush(struct output *output)
{
	struct port_output *out = (struct port_output *)output;
	uint64_t bytes[BURST];
	uint16_t taken;

	listen_once(out);
	if (out->count == 0)
		return 0;
	for (uint32_t i = 0; i < out->count; i++)
		bytes[i] = out->waiting[i]->pkt_len;
	taken = rte_eth_tx_burst(out->port.id, 0, out->waiting, (uint16_t)out->count);
	for (uint16_t i = 0; i < taken; i++)
		out->counts.bytes += bytes[i];
	out->counts.sent += taken;
	if (taken < out->count) {
		out->counts.refusals++;
		memmove(out->waiting, out->waiting + taken,
			(out->count - taken) * sizeof(out->waiting[0]));
	}
	out->count -= taken;
	return (int)out->count;
}

static void port_counts(struct output *output, struct output_counts *counts)
{
	struct port_output *out = (struct port_output *)output;
	struct rte_eth_stats stats = {0};

	*counts = out->counts;
	if (rte_eth_stats_get(out->port.id, &stats) == 0 && stats.opackets < counts->sent)
		counts->driver_lost = counts->sent - stats.opackets;
	const uint64_t lost = link_lost(out);

	/* An interface that is made anew counts from 0. */
	counts->link_lost = lost > out->link_lost_before ? lost - out->link_lost_before : 0;
}

static uint32_t port_shut(struct output *output)
{
	struct port_output *out = (struct port_output *)output;
	const uint32_t left = out->count;

	rte_pktmbuf_free(out->next);
	rte_pktmbuf_free_bulk(out->waiting, out->count);
	port_close(&out->port);
	eal_close();
	free(out->config.device);
	free(out->config.name);
	free(out);
	return left;
}

static const struct output_ops port_ops = {port_room, port_put, port_flush, port_counts, port_shut};

/* A memif waits for its other side, a NIC for its partner. */
static int wait_for_link(struct port_output *out, struct gw_error *error)
{
	struct rte_eth_link link;

	for (int i = 0; i < LINK_TRIES; i++) {
		if (rte_eth_link_get_nowait(out->port.id, &link) != 0 ||
			link.link_status == RTE_ETH_LINK_UP)
			return 0;
		usleep(LINK_WAIT_US);
	}
	return gw_error_set(error, -ENOLINK,
		"port %s has no link: is the cable plugged in, the other side running, the "
		"interface up?",
		out->config.device);
}

/* Drivers of virtual ports say 1500 whatever they can. */
static uint32_t mtu_of(const struct port_output *out)
{
	struct interface interface = {0};
	uint16_t mtu = 1500;

	if (out->memif_mtu > 0)
		return out->memif_mtu;
	rte_eth_dev_get_mtu(out->port.id, &mtu);
	if (!out->interface[0])
		return mtu;
	const int fd = interface_socket();

	snprintf(interface.name, sizeof(interface.name), "%s", out->interface);
	if (fd >= 0) {
		interface_ask(fd, &interface);
		close(fd);
	}
	return interface.index ? interface.mtu : mtu;
}

static void describe(struct port_output *out)
{
	struct rte_eth_link link = {0};
	struct port_facts facts;

	port_look(&out->port, &facts);
	/* What a virtual port says of its speed is made up. */
	if (device_is_pci(out->config.device) &&
		rte_eth_link_get_nowait(out->port.id, &link) == 0 &&
		link.link_speed != RTE_ETH_SPEED_NUM_UNKNOWN)
		out->base.link_bps = (uint64_t)link.link_speed * 1000000;
	memcpy(out->base.driver, facts.driver, sizeof(out->base.driver));
	if (!device_is_pci(out->config.device))
		snprintf(out->base.note, sizeof(out->base.note),
			"virtual port (%s): its figures say nothing of a network card",
			facts.driver);
	if (!device_interface(out->config.device, out->interface, sizeof(out->interface)))
		out->interface[0] = '\0';
	out->base.mtu = mtu_of(out);
	out->link_lost_before = link_lost(out);
}

static int read_memif_mtu(struct port_output *out, struct gw_error *error)
{
	char value[16], *end;

	if (!device_has_driver(out->config.device, "net_memif") ||
		!device_argument(out->config.device, "bsize", value, sizeof(value)))
		return 0;
	const unsigned long size = strtoul(value, &end, 10);

	if (end == value || *end || size < ETHERNET_MOST + MTU_LEAST || size > UINT16_MAX)
		return gw_error_set(error, -EINVAL,
			"port %s: bsize=%s: a packet and its header have no room in it: give %d to "
			"%d bytes",
			out->config.device, value, ETHERNET_MOST + MTU_LEAST, UINT16_MAX);
	out->memif_mtu = (uint32_t)size - ETHERNET_MOST;
	return 0;
}

static int open_port(struct port_output *out, struct gw_error *error)
{
	const char *pci[] = {out->config.device};
	const bool is_pci = device_is_pci(out->config.device);
	const struct eal_request request = {
		.pci = pci, .pci_count = is_pci, .memory_mib = MEMORY_MIB + PORT_MEMORY_MIB};
	int status = read_memif_mtu(out, error);

	if (status == 0)
		status = eal_open(&request, error);
	if (status != 0)
		return status;
	status = port_open(&out->port, &out->config, 1, error);
	if (status != 0)
		return status;
	status = wait_for_link(out, error);
	if (status == 0)
		describe(out);
	else
		port_close(&out->port);
	return status;
}

struct output *output_open_port(const char *device, struct gw_error *error)
{
	struct port_output *out = calloc(1, sizeof(*out));

	if (!out) {
		gw_error_set(error, -ENOMEM, "out of memory");
		return NULL;
	}
	out->base = (struct output){.ops = &port_ops, .in_time = true};
	out->config.name = strdup("port");
	out->config.device = strdup(device);
	out->config.checksum = GW_CHECKSUM_OFF;
	if (!out->config.device || !out->config.name || open_port(out, error) != 0) {
		eal_close();
		free(out->config.device);
		free(out->config.name);
		free(out);
		return NULL;
	}
	return &out->base;
}
