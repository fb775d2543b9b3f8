#include "dataplane/punt.h"

#include <errno.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/stage.h"

enum {
	URGENT_SIZE = 256,
	REST_SIZE = 512,
	SEND_BUFFERS = 511,
	MOST_SEGMENTS = 16,
	/* A tenth of a second's worth may come at once. */
	BURST_SHARE = 10,
};

static int make_rings(struct punt *punt, struct gw_error *error)
{
	static unsigned int number;

	for (uint32_t i = 0; i < punt->lane_count; i++, number++) {
		char name[RTE_RING_NAMESIZE];

		snprintf(name, sizeof(name), "punt-%u-urgent", number);
		punt->lane[i].urgent = rte_ring_create(
			name, URGENT_SIZE, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
		snprintf(name, sizeof(name), "punt-%u-rest", number);
		punt->lane[i].rest = rte_ring_create(
			name, REST_SIZE, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
		if (!punt->lane[i].urgent || !punt->lane[i].rest)
			return gw_error_set(error, -ENOMEM,
				"interface %s: out of memory for the kernel's share of it",
				punt->port->config->name);
	}
	return 0;
}

static int make_buffers(struct punt *punt, struct gw_error *error)
{
	char name[RTE_MEMPOOL_NAMESIZE];

	snprintf(name, sizeof(name), "punt-%s", punt->port->config->kernel);
	punt->buffers =
		rte_pktmbuf_pool_create(name, SEND_BUFFERS, 0, 0, PORT_DATA_ROOM, SOCKET_ID_ANY);
	return punt->buffers ? 0
			     : gw_error_set(error, -rte_errno,
				       "interface %s: reserving buffers for the kernel: %s",
				       punt->port->config->name, strerror(rte_errno));
}

static void ask_port(const struct port *port, struct rte_ether_addr *address, uint16_t *mtu)
{
	*mtu = RTE_ETHER_MTU;
	memset(address, 0, sizeof(*address));
	(void)rte_eth_macaddr_get(port->id, address);
	(void)rte_eth_dev_get_mtu(port->id, mtu);
	/* Buffers take no more. */
	if (*mtu > PORT_MOST_MTU)
		*mtu = PORT_MOST_MTU;
}

int punt_open(struct punt *punt, struct port *port, uint32_t lanes, struct gw_error *error)
{
	struct rte_ether_addr address;
	uint16_t mtu;

	memset(punt, 0, sizeof(*punt));
	punt->port = port;
	punt->lane_count = lanes;
	punt->tap.fd = -1;
	pthread_mutex_init(&punt->lock, NULL);
	ask_port(port, &address, &mtu);
	int status = make_rings(punt, error);

	if (status == 0)
		status = make_buffers(punt, error);
	if (status == 0)
		status = tap_open(&punt->tap, port->config->kernel, address.addr_bytes, mtu,
			port->config->name, error);
	return status;
}

static void empty(struct rte_ring *ring)
{
	struct rte_mbuf *packet;

	while (ring && rte_ring_dequeue(ring, (void **)&packet) == 0)
		rte_pktmbuf_free(packet);
	rte_ring_free(ring);
}

void punt_close(struct punt *punt)
{
	if (!punt->port)
		return;
	tap_close(&punt->tap);
	for (uint32_t i = 0; i < punt->lane_count; i++) {
		empty(punt->lane[i].urgent);
		empty(punt->lane[i].rest);
	}
	rte_mempool_free(punt->buffers);
	pthread_mutex_destroy(&punt->lock);
	memset(punt, 0, sizeof(*punt));
}

/* Each packet uses its part of a second up; a burst may run ahead of the clock for a while. */
static bool is_within_rate(struct punt_lane *lane, enum punt_class class, int64_t now)
{
	int64_t *free_at = &lane->free_at[class];

	if (*free_at < now)
		*free_at = now;
	if (*free_at > now + GW_NS_PER_S / BURST_SHARE)
		return false;
	*free_at += GW_NS_PER_S / punt_classes[class].rate;
	return true;
}

enum gw_drop punt_offer(struct punt *punt, uint32_t lane, struct rte_mbuf *packet,
	const uint8_t *data, uint32_t size, int64_t now)
{
	struct punt_lane *mine = &punt->lane[lane];
	const enum punt_class class = punt_classify(data, size);

	if (!is_within_rate(mine, class, now)) {
		gw_counter_add(&mine->over_rate[class], 1);
		return GW_DROP_KERNEL_RATE;
	}
	if (rte_ring_sp_enqueue(punt_is_urgent(class) ? mine->urgent : mine->rest, packet) != 0) {
		gw_counter_add(&mine->no_room[class], 1);
		return GW_DROP_KERNEL_FULL;
	}
	gw_counter_add(&mine->passed[class], 1);
	return GW_DROP_NONE;
}

static bool write_to_tap(int fd, struct rte_mbuf *packet)
{
	struct iovec part[MOST_SEGMENTS];
	int count = 0;

	for (struct rte_mbuf *it = packet; it && count < MOST_SEGMENTS; it = it->next)
		part[count++] = (struct iovec){rte_pktmbuf_mtod(it, void *), it->data_len};
	return writev(fd, part, count) == (ssize_t)packet->pkt_len;
}

static uint32_t move_in(struct punt *punt, struct rte_ring *ring)
{
	struct rte_mbuf *packet[GW_BURST];
	const uint32_t count = rte_ring_sc_dequeue_burst(ring, (void **)packet, GW_BURST, NULL);

	for (uint32_t i = 0; i < count; i++)
		if (!write_to_tap(punt->tap.fd, packet[i]))
			gw_counter_add(&punt->refused, 1);
	rte_pktmbuf_free_bulk(packet, count);
	return count;
}

/* What the kernel said: up to a burst of it. */
static uint32_t read_from_tap(struct punt *punt, struct rte_mbuf *packet[GW_BURST])
{
	uint32_t count = 0;

	while (count < GW_BURST) {
		struct rte_mbuf *next = rte_pktmbuf_alloc(punt->buffers);

		if (!next)
			break;
		const ssize_t size = read(
			punt->tap.fd, rte_pktmbuf_mtod(next, void *), rte_pktmbuf_tailroom(next));

		if (size <= 0) {
			rte_pktmbuf_free(next);
			break;
		}
		next->data_len = (uint16_t)size;
		next->pkt_len = (uint32_t)size;
		packet[count++] = next;
	}
	return count;
}

/* What is said while the port is away is thrown away: nobody wants to hear it later. */
static uint32_t move_out(struct punt *punt)
{
	struct rte_mbuf *packet[GW_BURST];
	const uint32_t count = read_from_tap(punt, packet);
	uint16_t sent = 0;

	if (count == 0)
		return 0;
	if (pthread_mutex_trylock(&punt->lock) == 0) {
		if (atomic_load_explicit(&punt->has_link, memory_order_relaxed))
			sent = port_send_burst(punt->port, packet, (uint16_t)count);
		pthread_mutex_unlock(&punt->lock);
	}
	rte_pktmbuf_free_bulk(packet + sent, count - sent);
	gw_counter_add(&punt->sent, sent);
	gw_counter_add(&punt->unsent, count - sent);
	return count;
}

uint32_t punt_move(struct punt *punt)
{
	uint32_t work = 0;

	for (uint32_t i = 0; i < punt->lane_count; i++)
		work += move_in(punt, punt->lane[i].urgent);
	for (uint32_t i = 0; i < punt->lane_count; i++)
		work += move_in(punt, punt->lane[i].rest);
	return work + move_out(punt);
}

void punt_look(struct punt *punt)
{
	const struct gw_interface_config *config = punt->port->config;
	struct rte_ether_addr address;
	struct gw_error error;
	uint16_t mtu;

	if (!punt->port->open || !tap_is_gone(&punt->tap))
		return;
	ask_port(punt->port, &address, &mtu);
	if (tap_make_again(&punt->tap, address.addr_bytes, mtu, config->name, &error) == 0)
		gw_warn("dataplane",
			"interface %s: %s was deleted, and is made again: it has no address",
			config->name, config->kernel);
}

bool punt_pause(struct punt *punt)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec++;
	return pthread_mutex_timedlock(&punt->lock, &until) == 0;
}

void punt_resume(struct punt *punt)
{
	struct rte_ether_addr address;
	uint16_t mtu;

	if (punt->port->open) {
		ask_port(punt->port, &address, &mtu);
		tap_follow(&punt->tap, address.addr_bytes, mtu);
	}
	pthread_mutex_unlock(&punt->lock);
}
