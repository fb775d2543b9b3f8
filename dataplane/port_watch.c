#include "dataplane/port_watch.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/log.h"
#include "dataplane/device.h"
#include "dataplane/interface.h"

#define RETRY_MOST_NS (5 * GW_NS_PER_S)

static void set_state(struct port_watch *watch, enum port_state state, int64_t now)
{
	if (atomic_load_explicit(&watch->state, memory_order_relaxed) == (int)state)
		return;
	atomic_store_explicit(&watch->since, now, memory_order_relaxed);
	atomic_store_explicit(&watch->state, (int)state, memory_order_release);
}

/* A larger MTU is answered by larger frames at the next opening, if they are ours to choose and
 * packet buffers take them; else it is a trouble. */
static bool outgrown(struct port_watch *watch, const struct interface *interface)
{
	const struct port *port = watch->port;
	const bool too_large = port->mtu_room > 0 && interface->mtu > port->mtu_room;
	const bool can_grow = port->sizes_frames && port->mtu_room < PORT_MOST_MTU;

	atomic_store_explicit(&watch->mtu_too_large,
		too_large && !(can_grow && port->open) ? interface->mtu : 0, memory_order_relaxed);
	return too_large && can_grow;
}

static bool look_at_interface(struct port_watch *watch, struct interface *interface, int64_t now)
{
	const struct port *port = watch->port;

	interface_ask(watch->fd, interface);
	watch->was_away |= interface->index != port->interface_index;
	if (interface->index == 0) {
		set_state(watch, PORT_GONE, now);
		/* A TAP is the port's own: opening makes it. */
		return device_has_driver(port->config->device, "net_tap");
	}
	if (!port->open || watch->was_away ||
		!packet_sockets_are_bound(&port->sockets, port->interface_index)) {
		set_state(watch, PORT_GONE, now);
		/* Linux before 6.10 lets no group of sockets form on an interface that is down. */
		return interface->is_up;
	}
	set_state(watch, interface->has_link ? PORT_UP : PORT_DOWN, now);
	return outgrown(watch, interface);
}

static bool is_in_sysfs(const char *device)
{
	char name[DEVICE_NAME], path[DEVICE_NAME + 32];

	device_name(device, name);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", name);
	return access(path, F_OK) == 0;
}

static bool look_at_device(struct port_watch *watch, int64_t now)
{
	const struct port *port = watch->port;
	struct rte_eth_link link;

	if (watch->in_sysfs && !is_in_sysfs(port->config->device)) {
		watch->was_away = true;
		set_state(watch, PORT_GONE, now);
		return false;
	}
	if (!port->open || watch->was_away || rte_eth_dev_is_removed(port->id) == 1) {
		set_state(watch, PORT_GONE, now);
		return true;
	}
	/* A driver that cannot tell has no link to lose. */
	const bool down = rte_eth_link_get_nowait(port->id, &link) == 0 &&
		link.link_status == RTE_ETH_LINK_DOWN;

	set_state(watch, down ? PORT_DOWN : PORT_UP, now);
	return false;
}

int port_watch_open(struct port_watch *watch, struct port *port, struct gw_error *error)
{
	*watch = (struct port_watch){.port = port, .fd = -1, .since = gw_now()};
	watch->in_sysfs = device_is_pci(port->config->device) && is_in_sysfs(port->config->device);
	if (port->interface_index == 0)
		return 0;
	watch->fd = interface_socket();
	if (watch->fd < 0)
		return gw_error_set(error, -errno, "interface %s: cannot watch it: %s",
			port->config->name, strerror(errno));
	port_watch_look(watch, gw_now());
	return 0;
}

bool port_watch_look(struct port_watch *watch, int64_t now)
{
	struct interface interface = {0};
	bool again;

	if (watch->fd >= 0 &&
		device_interface(
			watch->port->config->device, interface.name, sizeof(interface.name)))
		again = look_at_interface(watch, &interface, now);
	else
		again = look_at_device(watch, now);
	return again && now >= watch->retry_at;
}

int port_watch_reopen(struct port_watch *watch, int64_t now)
{
	struct gw_error error = {0};
	struct port *port = watch->port;
	const int status = port_reopen(port, &error);

	pthread_mutex_lock(&port->lock);
	watch->complaint = error;
	pthread_mutex_unlock(&port->lock);
	if (status != 0) {
		watch->retry_wait = watch->retry_wait == 0 ? PORT_WATCH_NS : 2 * watch->retry_wait;
		if (watch->retry_wait > RETRY_MOST_NS)
			watch->retry_wait = RETRY_MOST_NS;
		watch->retry_at = now + watch->retry_wait;
		return status;
	}
	watch->was_away = false;
	watch->retry_at = watch->retry_wait = 0;
	atomic_fetch_add_explicit(&watch->reopened, 1, memory_order_relaxed);
	gw_info("dataplane", "interface %s: opened again, %s", port->config->name,
		port->config->device);
	port_watch_look(watch, now);
	return 0;
}

void port_watch_close(struct port_watch *watch)
{
	if (watch->port && watch->fd >= 0)
		close(watch->fd);
	*watch = (struct port_watch){.fd = -1};
}

static void add_gone(struct port_watch *watch, enum gw_severity severity, double seconds,
	struct gw_health *health)
{
	struct port *port = watch->port;
	struct gw_error complaint;

	pthread_mutex_lock(&port->lock);
	complaint = watch->complaint;
	pthread_mutex_unlock(&port->lock);
	gw_health_add(health, severity, "port.%s.gone", port->config->name,
		"interface %s: no device for %.0f s (%s): %s", port->config->name, seconds,
		port->config->device,
		*complaint.text
			? complaint.text
			: "it was deleted, unplugged or moved to another namespace; once it is "
			  "back and up, it is used again by itself");
}

void port_watch_health(
	struct port_watch *watch, enum gw_severity severity, struct gw_health *health)
{
	const struct gw_interface_config *config = watch->port->config;
	const int state = atomic_load_explicit(&watch->state, memory_order_acquire);
	const int64_t since = atomic_load_explicit(&watch->since, memory_order_relaxed);
	const double seconds = (double)(gw_now() - since) / (double)GW_NS_PER_S;
	const uint32_t mtu = atomic_load_explicit(&watch->mtu_too_large, memory_order_relaxed);
	char interface[IFNAMSIZ];

	if (state == PORT_GONE) {
		add_gone(watch, severity, seconds, health);
		return;
	}
	if (state == PORT_DOWN && device_interface(config->device, interface, sizeof(interface)))
		gw_health_add(health, severity, "port.%s.down", config->name,
			"interface %s: no link for %.0f s: check the cable and its other end, and "
			"`ip link set %s up`",
			config->name, seconds, interface);
	else if (state == PORT_DOWN)
		gw_health_add(health, severity, "port.%s.down", config->name,
			"interface %s: no link for %.0f s: check the cable and its other end",
			config->name, seconds);
	if (mtu > 0)
		gw_health_add(health, GW_DEGRADED, "port.%s.mtu", config->name,
			"interface %s: its MTU is %u and longer packets than its frames hold are "
			"cut (cut_short): lower the MTU, or raise `framesz` and `blocksz` of its "
			"device",
			config->name, mtu);
}

const char *port_state_name(enum port_state state)
{
	static const char *const names[] = {"up", "down", "gone"};

	return names[state];
}
