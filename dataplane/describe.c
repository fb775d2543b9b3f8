#include <jansson.h>
#include <rte_ethdev.h>

#include "dataplane/eal.h"
#include "dataplane/stage.h"

static json_t *port_json(const struct port *port)
{
	struct rte_eth_stats stats = {0};

	rte_eth_stats_get(port->id, &stats);
	return json_pack("{s:s, s:s, s:s, s:i, s:b, s:I, s:I, s:I, s:I, s:I}", "name",
		port->config->name, "device", port->config->device, "driver", port->driver,
		"queues", port->queues, "checksum_offload", port->offloads_checksum, "packets",
		(json_int_t)stats.ipackets, "bytes", (json_int_t)stats.ibytes, "missed",
		(json_int_t)stats.imissed, "errors", (json_int_t)stats.ierrors, "no_mbuf",
		(json_int_t)stats.rx_nombuf);
}

json_t *dataplane_describe(struct gw_stage *stage)
{
	const struct dataplane *dp = stage->state;
	json_t *ports = json_array();

	for (uint32_t i = 0; i < dp->port_count; i++)
		json_array_append_new(ports, port_json(&dp->ports[i]));
	return json_pack("{s:o, s:b}", "ports", ports, "hugepages", eal_uses_hugepages());
}
