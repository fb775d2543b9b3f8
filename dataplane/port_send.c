#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <string.h>

#include "dataplane/port.h"

bool port_is_addressed(struct port *port, const uint8_t *destination)
{
	struct rte_ether_addr own;

	pthread_mutex_lock(&port->lock);
	const bool is_own = port->open && rte_eth_macaddr_get(port->id, &own) == 0 &&
		memcmp(own.addr_bytes, destination, sizeof(own.addr_bytes)) == 0;
	pthread_mutex_unlock(&port->lock);
	return is_own;
}

uint16_t port_send_burst(struct port *port, struct rte_mbuf **packets, uint16_t count)
{
	uint16_t sent = 0;

	pthread_mutex_lock(&port->lock);
	if (port->open)
		sent = rte_eth_tx_burst(port->id, 0, packets, count);
	pthread_mutex_unlock(&port->lock);
	return sent;
}

bool port_send(struct port *port, const uint8_t *frame, uint32_t size)
{
	struct rte_mbuf *packet = rte_pktmbuf_alloc(port->buffers);
	uint16_t sent = 0;

	if (!packet)
		return false;
	char *data = size <= UINT16_MAX ? rte_pktmbuf_append(packet, (uint16_t)size) : NULL;

	if (data) {
		memcpy(data, frame, size);
		sent = port_send_burst(port, &packet, 1);
	}
	if (sent == 0)
		rte_pktmbuf_free(packet);
	return sent > 0;
}
