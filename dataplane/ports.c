/* The ports of the receive stage: opened at the start, shared out to its lanes, and opened again
 * when their interface was made anew. */
#include <assert.h>
#include <stdio.h>

#include "core/control.h"
#include "core/gateway.h"
#include "core/log.h"
#include "dataplane/device.h"
#include "dataplane/eal.h"
#include "dataplane/stage.h"

static_assert(GW_INTERFACES <= EAL_PCI_DEVICES, "every interface may be a PCI device");

/* Port number dp->port_count, which becomes one more when it is open and watched. */
static int open_port(
	struct dataplane *dp, const struct gw_interface_config *config, struct gw_error *error)
{
	struct port *port = &dp->ports[dp->port_count];
	int status = port_open(port, config, dp->stage->lane_count, error);

	if (status != 0)
		return status;
	status = port_watch_open(&dp->watches[dp->port_count], port, error);
	if (status != 0) {
		port_close(port);
		return status;
	}
	struct punt *punt = &dp->punts[dp->port_count++];

	if (!config->kernel)
		return 0;
	status = punt_open(punt, port, dp->stage->lane_count, error);
	if (status == 0)
		punt_thread_add(&dp->punt_thread, punt);
	return status;
}

static int open_replay(struct dataplane *dp, struct gw_error *error)
{
	snprintf(dp->replay_device, sizeof(dp->replay_device),
		"net_pcap_replay,rx_pcap=/proc/self/fd/%d", dp->capture.fd);
	dp->replay_interface = (struct gw_interface_config){
		.name = "replay", .device = dp->replay_device, .checksum = GW_CHECKSUM_PORT};
	return open_port(dp, &dp->replay_interface, error);
}

int ports_open(struct dataplane *dp, struct gw_error *error)
{
	const struct gw *gw = dp->stage->gw;

	if (gw->replay)
		return open_replay(dp, error);
	for (uint32_t i = 0; i < gw->config->interfaces_count; i++) {
		const int status = open_port(dp, &gw->config->interfaces[i], error);

		if (status != 0)
			return status;
	}
	return punt_thread_start(&dp->punt_thread, error);
}

int ports_start_eal(struct dataplane *dp, struct gw_error *error)
{
	const struct gw *gw = dp->stage->gw;
	const char *pci[GW_INTERFACES];
	struct eal_request request = {.pci = pci};

	request.memory_mib = 32 + (gw->replay ? PORT_MEMORY_MIB : INLET_MEMORY_MIB);
	for (uint32_t i = 0; !gw->replay && i < gw->config->interfaces_count; i++) {
		const struct gw_interface_config *interface = &gw->config->interfaces[i];

		if (device_is_pci(interface->device))
			pci[request.pci_count++] = interface->device;
		request.memory_mib += port_memory_mib(interface, dp->stage->lane_count);
		if (interface->kernel)
			request.memory_mib += PUNT_MEMORY_MIB;
	}
	return eal_open(&request, error);
}

void ports_close(struct dataplane *dp)
{
	joins_close(dp);
	punt_thread_stop(&dp->punt_thread);
	for (uint32_t i = 0; i < dp->port_count; i++) {
		punt_close(&dp->punts[i]);
		port_watch_close(&dp->watches[i]);
		port_close(&dp->ports[i]);
	}
}

static void take_queue(struct rx_lane *rx, uint32_t port, uint16_t queue)
{
	struct dataplane *dp = rx->dp;
	struct punt *punt = dp->punts[port].port ? &dp->punts[port] : NULL;

	rx->queues[rx->queue_count++] = (struct rx_queue){&dp->ports[port], punt, queue};
	wait_set_add_queue(&rx->wait_set, &dp->ports[port], queue);
}

/* Every queue has one lane; a port with fewer queues than there are lanes is spread by its number.
 */
void ports_share(struct gw_lane *lane)
{
	struct rx_lane *rx = lane->state;
	struct dataplane *dp = rx->dp;

	rx->queue_count = 0;
	wait_set_without_ports(&rx->wait_set);
	for (uint32_t i = 0; i < dp->port_count; i++)
		for (uint16_t queue = 0; queue < dp->ports[i].queues && dp->ports[i].open; queue++)
			if ((i + queue) % dp->stage->lane_count == lane->index &&
				rx->queue_count < sizeof(rx->queues) / sizeof(rx->queues[0]))
				take_queue(rx, i, queue);
}

/* Between two turns: the lane takes nothing more from that port, and goes on with the others. */
static void let_go(struct gw_lane *lane, void *port)
{
	struct rx_lane *rx = lane->state;
	uint32_t kept = 0;

	wait_set_without_ports(&rx->wait_set);
	for (uint32_t i = 0; i < rx->queue_count; i++) {
		if (rx->queues[i].port == port)
			continue;
		rx->queues[kept++] = rx->queues[i];
		wait_set_add_queue(&rx->wait_set, rx->queues[i].port, rx->queues[i].queue);
	}
	rx->queue_count = kept;
}

/* How many of the lanes, the first ones, let go: up to one that stands still. */
static uint32_t ask_to_let_go(struct gw_stage *stage, struct port *port)
{
	uint32_t count = 0;

	while (count < stage->lane_count && gw_ask(&stage->lanes[count], let_go, port))
		count++;
	return count;
}

static void take_again(struct gw_lane *lane, void *arg)
{
	ports_share(lane);
}

/* A lane that stands still has to take again later: nobody else will receive from its queues. */
static void ask_to_take_again(struct gw_lane *lane)
{
	struct dataplane *dp = lane->stage->state;
	struct port_debt *owed = &dp->owed[lane->index];

	if (gw_ask(lane, take_again, NULL)) {
		owed->is_owed = false;
		return;
	}
	if (!owed->is_owed)
		gw_warn("dataplane",
			"the thread %s stands still: until it turns it takes nothing from a port "
			"that it let go of so that it could be opened again",
			lane->name);
	owed->is_owed = true;
	owed->turns = gw_counter_get(&lane->stats->turns);
}

/* Lanes that stood still and have turned since. */
static void ask_those_that_turn(struct gw_stage *stage)
{
	const struct dataplane *dp = stage->state;

	for (uint32_t i = 0; i < stage->lane_count; i++)
		if (dp->owed[i].is_owed &&
			dp->owed[i].turns != gw_counter_get(&stage->lanes[i].stats->turns))
			ask_to_take_again(&stage->lanes[i]);
}

static void reopen(struct port_watch *watch, struct punt *punt, int64_t now)
{
	if (punt->port && !punt_pause(punt))
		return;
	(void)port_watch_reopen(watch, now);
	if (punt->port)
		punt_resume(punt);
}

static void open_again(
	struct gw_stage *stage, struct port_watch *watch, struct punt *punt, int64_t now)
{
	struct port *port = watch->port;
	const uint32_t count = ask_to_let_go(stage, port);

	/* A lane that stands still may be inside the driver: then not now. */
	if (count == stage->lane_count)
		reopen(watch, punt, now);
	for (uint32_t i = 0; i < count; i++)
		ask_to_take_again(&stage->lanes[i]);
}

void ports_upkeep(struct gw_stage *stage, int64_t now)
{
	struct dataplane *dp = stage->state;

	if (now - dp->looked_at < PORT_WATCH_NS)
		return;
	dp->looked_at = now;
	ask_those_that_turn(stage);
	for (uint32_t i = 0; i < dp->port_count; i++) {
		if (port_watch_look(&dp->watches[i], now))
			open_again(stage, &dp->watches[i], &dp->punts[i], now);
		if (dp->punts[i].port)
			punt_look(&dp->punts[i]);
		atomic_store_explicit(&dp->punts[i].has_link,
			atomic_load_explicit(&dp->watches[i].state, memory_order_relaxed) ==
				PORT_UP,
			memory_order_relaxed);
	}
	joins_upkeep(dp, now);
}
