#include "dataplane/device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	ETHERNET_SIZE = 14,
	VLAN_SIZE = 4,
	RING_STEP = 1024,
};

/* [DDDD:]BB:DD.F */
bool device_is_pci(const char *device)
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

bool device_has_driver(const char *device, const char *driver)
{
	return strncmp(device, driver, strlen(driver)) == 0;
}

void device_name(const char *device, char name[DEVICE_NAME])
{
	const bool is_short = device_is_pci(device) && strlen(device) < 12;

	snprintf(name, DEVICE_NAME, "%s%.*s", is_short ? "0000:" : "", (int)strcspn(device, ","),
		device);
}

/* The next value of `key` after `at`, which moves on; NULL when there is none. */
static const char *next_value(const char **at, const char *key)
{
	const size_t length = strlen(key);

	while ((*at = strchr(*at, ','))) {
		(*at)++;
		if (strncmp(*at, key, length) == 0 && (*at)[length] == '=')
			return *at + length + 1;
	}
	return NULL;
}

bool device_argument(const char *device, const char *key, char *value, size_t size)
{
	const char *at = device;
	const char *found = next_value(&at, key);

	if (found)
		snprintf(value, size, "%.*s", (int)strcspn(found, ","), found);
	return found != NULL;
}

/* A number among the arguments, or `otherwise`. */
static uint32_t number(const char *device, const char *key, uint32_t otherwise)
{
	char value[16];

	return device_argument(device, key, value, sizeof(value))
		? (uint32_t)strtoul(value, NULL, 10)
		: otherwise;
}

bool device_ring_fits(const char *device, uint32_t *framesz, uint32_t *blocksz)
{
	*framesz = number(device, "framesz", DEVICE_RING_FRAME);
	*blocksz = number(device, "blocksz", (uint32_t)sysconf(_SC_PAGESIZE));
	return !device_has_driver(device, "net_af_packet") || *framesz == 0 ||
		*blocksz % *framesz == 0;
}

bool device_interface(const char *device, char *name, size_t size)
{
	if (device_has_driver(device, "net_af_packet") || device_has_driver(device, "net_af_xdp") ||
		device_has_driver(device, "net_tap"))
		return device_argument(device, "iface", name, size);
	if (device_has_driver(device, "net_pcap"))
		return device_argument(device, "rx_iface", name, size) ||
			device_argument(device, "iface", name, size);
	return false;
}

uint32_t device_queues(const char *device, uint32_t wanted)
{
	uint32_t named = 0;

	if (device_has_driver(device, "net_af_packet"))
		named = number(device, "qpairs", 0);
	if (device_has_driver(device, "net_pcap"))
		for (const char *at = device; next_value(&at, "rx_pcap");)
			named++;
	if (named > 0)
		wanted = named;
	if (wanted == 0)
		return 1;
	return wanted < DEVICE_QUEUES ? wanted : DEVICE_QUEUES;
}

/* The kernel takes the outer VLAN tag out of the frame and the driver puts it back. */
uint32_t device_ring_mtu(uint32_t framesz)
{
	const uint32_t rest = DEVICE_RING_OVERHEAD + ETHERNET_SIZE + VLAN_SIZE;

	return framesz > rest ? framesz - rest : 0;
}

void device_arguments(const char *device, uint32_t queues, uint32_t mtu, uint32_t most,
	char arguments[DEVICE_ARGUMENTS], uint32_t *framesz)
{
	const char *comma = strchr(device, ',');
	char value[16];
	int used = snprintf(arguments, DEVICE_ARGUMENTS, "%s", comma ? comma + 1 : "");

	*framesz = 0;
	if (!device_has_driver(device, "net_af_packet") || used < 0 || used > DEVICE_ARGUMENTS - 80)
		return;
	if (queues > 1 && !device_argument(device, "qpairs", value, sizeof(value)))
		used += snprintf(
			arguments + used, DEVICE_ARGUMENTS - (size_t)used, ",qpairs=%u", queues);
	*framesz = number(device, "framesz", DEVICE_RING_FRAME);
	if (device_argument(device, "framesz", value, sizeof(value)) ||
		device_argument(device, "blocksz", value, sizeof(value)) ||
		mtu <= device_ring_mtu(*framesz))
		return;
	const uint32_t needed = mtu + DEVICE_RING_OVERHEAD + ETHERNET_SIZE + VLAN_SIZE;

	/* The driver takes one frame to begin where the last one ends, so blocks, which are whole
	 * pages, must be filled by them. */
	*framesz = (needed + RING_STEP - 1) / RING_STEP * RING_STEP;
	if (*framesz > most)
		*framesz = most / RING_STEP * RING_STEP;
	snprintf(arguments + used, DEVICE_ARGUMENTS - (size_t)used, ",framesz=%u,blocksz=%u",
		*framesz, *framesz * ((uint32_t)sysconf(_SC_PAGESIZE) / RING_STEP));
}
