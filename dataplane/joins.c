/* Which multicast groups the ports must be members of: those that cameras send to, on every port
 * that the kernel can speak by. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/config/address.h"
#include "core/gateway.h"
#include "core/plural.h"
#include "dataplane/device.h"
#include "dataplane/stage.h"

/* How often one that failed is tried again. */
#define RETRY_NS (5 * GW_NS_PER_S)

/* The kernel's interface by which it speaks for a port, or 0. A TAP device of DPDK's own has the
 * kernel on the side of the cameras. */
static uint32_t interface_of(const struct dataplane *dp, uint32_t port)
{
	if (dp->punts[port].port)
		return dp->punts[port].tap.index;
	return device_has_driver(dp->ports[port].config->device, "net_tap")
		? 0
		: dp->ports[port].interface_index;
}

/* A port that somebody else speaks for (a capture, a ring) needs no membership. */
static bool needs_kernel(const struct dataplane *dp, uint32_t port)
{
	return interface_of(dp, port) == 0 && device_is_pci(dp->ports[port].config->device);
}

/* Changes when any camera does. */
static uint64_t cameras_state(const struct gw *gw)
{
	return (uint64_t)gw->cameras->versions + gw->cameras->leavings;
}

/* A port that has a link again, perhaps on another interface, is another one for its switch. */
static bool look_at_port(struct dataplane *dp, uint32_t port)
{
	struct port_joins *joins = &dp->joins[port];
	const int state = atomic_load_explicit(&dp->watches[port].state, memory_order_relaxed);
	const uint64_t reopened =
		atomic_load_explicit(&dp->watches[port].reopened, memory_order_relaxed);
	const uint32_t interface = interface_of(dp, port);
	const bool is_new = interface != joins->interface || reopened != joins->reopened ||
		(state == PORT_UP && joins->state != PORT_UP);

	if (is_new && joins->interface != 0)
		groups_leave(dp->groups, joins->interface);
	joins->interface = interface;
	joins->reopened = reopened;
	joins->state = state;
	return is_new;
}

/* Returns how many cameras send to groups. */
static uint32_t list_groups(
	const struct dataplane *dp, struct group *wanted, uint32_t *wanted_count)
{
	const struct gw *gw = dp->stage->gw;
	const uint32_t high = gw_camera_high(gw);
	uint32_t cameras = 0;

	*wanted_count = 0;
	for (uint32_t i = 0; i < high; i++) {
		const struct gw_camera *camera = gw_camera_now(gw, i);

		if (!camera || !gw_camera_has_media(camera->config) ||
			!gw_address_is_group(&camera->config->destination_address))
			continue;
		cameras++;
		for (uint32_t k = 0; wanted && k < dp->port_count; k++)
			if (dp->joins[k].interface != 0)
				wanted[(*wanted_count)++] = group_of(dp->joins[k].interface,
					&camera->config->destination_address,
					&camera->config->source_address);
	}
	return cameras;
}

static void note(struct dataplane *dp, uint32_t cameras)
{
	for (uint32_t i = 0; i < dp->port_count; i++) {
		struct port_joins *joins = &dp->joins[i];
		uint32_t joined = 0, failed = 0;
		int reason = 0;

		if (joins->interface != 0)
			groups_count(dp->groups, joins->interface, &joined, &failed, &reason);
		else if (needs_kernel(dp, i))
			failed = cameras;
		atomic_store_explicit(&joins->joined, joined, memory_order_relaxed);
		atomic_store_explicit(&joins->reason, reason, memory_order_relaxed);
		atomic_store_explicit(&joins->failed, failed, memory_order_relaxed);
	}
}

static bool any_failed(const struct dataplane *dp)
{
	for (uint32_t i = 0; i < dp->port_count; i++)
		if (atomic_load_explicit(&dp->joins[i].failed, memory_order_relaxed) > 0 &&
			dp->joins[i].interface != 0)
			return true;
	return false;
}

void joins_upkeep(struct dataplane *dp, int64_t now)
{
	const uint64_t cameras = cameras_state(dp->stage->gw);
	bool changed = !dp->groups || cameras != dp->joined_for;

	if (!dp->groups)
		dp->groups = groups_create();
	if (!dp->groups)
		return;
	for (uint32_t i = 0; i < dp->port_count; i++)
		changed |= look_at_port(dp, i);
	if (!changed && !(any_failed(dp) && now - dp->joined_at > RETRY_NS))
		return;
	uint32_t count;
	const uint32_t senders = list_groups(dp, NULL, &count);
	struct group *wanted = calloc((size_t)senders * dp->port_count + 1, sizeof(*wanted));

	if (!wanted)
		return;
	list_groups(dp, wanted, &count);
	if (groups_set(dp->groups, wanted, count) == 0) {
		dp->joined_for = cameras;
		dp->joined_at = now;
	}
	free(wanted);
	note(dp, senders);
}

void joins_close(struct dataplane *dp)
{
	groups_destroy(dp->groups);
	dp->groups = NULL;
}

void joins_health(const struct dataplane *dp, struct gw_health *health)
{
	for (uint32_t i = 0; i < dp->port_count; i++) {
		const struct port_joins *joins = &dp->joins[i];
		const char *name = dp->ports[i].config->name;
		const uint32_t failed = atomic_load_explicit(&joins->failed, memory_order_relaxed);
		const int reason = atomic_load_explicit(&joins->reason, memory_order_relaxed);

		if (failed > 0 && reason != 0)
			gw_health_add(health, GW_DEGRADED, "port.%s.groups", name,
				"interface %s: %u multicast group%s of cameras could not be "
				"joined: "
				"%s: a switch that snoops on IGMP sends nothing of them",
				name, failed, gw_plural(failed), strerror(reason));
		else if (failed > 0)
			gw_health_add(health, GW_NOTICE, "port.%s.groups", name,
				"interface %s: %u multicast group%s of cameras can be joined by "
				"nobody "
				"at this port: give it a `kernel`, or let the switch send them "
				"without",
				name, failed, gw_plural(failed));
	}
}
