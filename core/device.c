#include "core/device.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "core/thread.h"

void gw_device_host(struct gw_device *device)
{
	memset(device, 0, sizeof(*device));
	device->memory = GW_MEM_HOST;
	strcpy(device->name, "host");
}

/* "0-3,6": the processors of a set. */
static void write_cores(const cpu_set_t *cores, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (int first = 0; first < CPU_SETSIZE && used < size; first++) {
		int last = first;

		if (!CPU_ISSET(first, cores))
			continue;
		while (last + 1 < CPU_SETSIZE && CPU_ISSET(last + 1, cores))
			last++;
		used += (size_t)snprintf(
			text + used, size - used, "%s%d", used > 0 ? "," : "", first);
		if (last > first && used < size)
			used += (size_t)snprintf(text + used, size - used, "-%d", last);
		first = last;
	}
}

int gw_devices_check(const struct gw_accel_config *config, struct gw_error *error)
{
	cpu_set_t allowed;
	char text[64];

	gw_thread_allowed(&allowed);
	for (uint32_t i = 0; i < config->devices_count; i++) {
		const struct gw_device_config *device = &config->devices[i];

		for (uint32_t k = 0; k < device->cores_count; k++) {
			if (CPU_ISSET((unsigned int)device->cores[k], &allowed))
				continue;
			write_cores(&allowed, text, sizeof(text));
			return gw_error_set(error, -EINVAL,
				"accel.devices: device %s cannot have processor %d: there are %s "
				"for this process",
				device->name, device->cores[k], text);
		}
	}
	return 0;
}

static void make_device(
	struct gw_device *device, const struct gw_device_config *config, uint16_t index)
{
	memset(device, 0, sizeof(*device));
	device->memory = GW_MEM_HOST;
	device->index = index;
	snprintf(device->name, sizeof(device->name), "%s", config->name);
	device->pinned = config->cores_count > 0;
	device->threads = config->threads;
	CPU_ZERO(&device->cores);
	for (uint32_t i = 0; i < config->cores_count; i++)
		CPU_SET((unsigned int)config->cores[i], &device->cores);
}

uint32_t gw_devices_make(struct gw_device devices[GW_DEVICES], const struct gw_accel_config *config)
{
	if (config->devices_count == 0)
		gw_device_host(&devices[0]);
	for (uint32_t i = 0; i < config->devices_count; i++)
		make_device(&devices[i], &config->devices[i], (uint16_t)i);
	return config->devices_count > 0 ? config->devices_count : 1;
}

const char *gw_memory_name(enum gw_memory memory)
{
	static const char *const names[] = {"no", "host", "CUDA", "OpenCL"};

	return names[memory];
}

json_t *gw_device_describe(const struct gw_device *device)
{
	return json_pack("{s:s, s:s, s:b, s:I, s:I, s:I}", "name", device->name, "memory",
		gw_memory_name(device->memory), "well", device->failing == 0, "queued",
		(json_int_t)device->queued, "busy_us", (json_int_t)(device->busy_ns / 1000),
		"failures", (json_int_t)device->failures);
}
