#include "devices/opencl/devices.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/thread.h"

#define PLATFORMS 8u

/* In the order in which they are preferred. */
static const cl_device_type types[] = {
	CL_DEVICE_TYPE_GPU, CL_DEVICE_TYPE_ACCELERATOR, CL_DEVICE_TYPE_CPU};

static void read_device(
	const struct opencl_api *api, cl_platform_id platform, struct opencl_device *device)
{
	cl_ulong largest = 0;

	device->platform = platform;
	api->clGetPlatformInfo(
		platform, CL_PLATFORM_NAME, OPENCL_NAME, device->platform_name, NULL);
	api->clGetDeviceInfo(device->id, CL_DEVICE_NAME, OPENCL_NAME, device->name, NULL);
	api->clGetDeviceInfo(device->id, CL_DEVICE_VERSION, OPENCL_NAME, device->version, NULL);
	api->clGetDeviceInfo(
		device->id, CL_DEVICE_MAX_MEM_ALLOC_SIZE, sizeof(largest), &largest, NULL);
	device->largest = largest;
}

static uint32_t list(const struct opencl_api *api, struct opencl_device devices[OPENCL_DEVICES])
{
	cl_platform_id platforms[PLATFORMS];
	cl_uint platform_count = 0;
	uint32_t count = 0;

	if (api->clGetPlatformIDs(PLATFORMS, platforms, &platform_count) != CL_SUCCESS)
		return 0;
	if (platform_count > PLATFORMS)
		platform_count = PLATFORMS;
	for (size_t t = 0; t < sizeof(types) / sizeof(types[0]); t++) {
		for (cl_uint p = 0; p < platform_count; p++) {
			cl_device_id ids[OPENCL_DEVICES];
			cl_uint found = 0;

			if (api->clGetDeviceIDs(platforms[p], types[t], OPENCL_DEVICES, ids,
				    &found) != CL_SUCCESS)
				continue;
			for (cl_uint i = 0; i < found && i < OPENCL_DEVICES; i++) {
				if (count == OPENCL_DEVICES)
					return count;
				devices[count] =
					(struct opencl_device){.id = ids[i], .type = types[t]};
				read_device(api, platforms[p], &devices[count++]);
			}
		}
	}
	return count;
}

int opencl_devices(const struct opencl_api *api, struct opencl_device devices[OPENCL_DEVICES],
	struct gw_error *error)
{
	struct gw_inherit before;

	/* Drivers start threads when they are first asked. */
	gw_inherit_begin(&before, NULL);
	const uint32_t count = list(api, devices);
	gw_inherit_end(&before);

	if (count == 0)
		return gw_error_set(error, -ENODEV,
			"OpenCL: no device: install the driver of yours, or pocl-opencl-icd for a "
			"processor");
	return (int)count;
}

int opencl_device_find(const struct opencl_api *api, const char *text, struct opencl_device *device,
	struct gw_error *error)
{
	struct opencl_device devices[OPENCL_DEVICES];
	char names[320] = "";
	const int count = opencl_devices(api, devices, error);

	if (count < 0)
		return count;
	for (int i = 0; i < count; i++) {
		const size_t used = strlen(names);

		if (!text || strcasestr(devices[i].platform_name, text) ||
			strcasestr(devices[i].name, text)) {
			*device = devices[i];
			return 0;
		}
		snprintf(names + used, sizeof(names) - used, "%s\"%s\"", i > 0 ? ", " : "",
			devices[i].name);
	}
	return gw_error_set(error, -EINVAL,
		"OpenCL: there is no device with \"%s\" in its name; there are: %s", text, names);
}
