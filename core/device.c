#include "core/device.h"

#include <jansson.h>
#include <string.h>

void gw_device_host(struct gw_device *device)
{
	memset(device, 0, sizeof(*device));
	device->memory = GW_MEM_HOST;
	strcpy(device->name, "host");
}

const char *gw_memory_name(enum gw_memory memory)
{
	static const char *const names[] = {"no", "host", "CUDA", "OpenCL"};

	return names[memory];
}

json_t *gw_device_describe(const struct gw_device *device)
{
	return json_pack("{s:s, s:s, s:b, s:I, s:I, s:I}", "name", device->name, "memory",
		gw_memory_name(device->memory), "well", device->health == GW_DEVICE_WELL, "queued",
		(json_int_t)device->queued, "busy_us", (json_int_t)(device->busy_ns / 1000),
		"failures", (json_int_t)device->failures);
}
