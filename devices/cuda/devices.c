#include "devices/cuda/devices.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/thread.h"

static CUresult read_device(
	const struct cuda_api *api, int index, uint32_t driver, struct cuda_device *device)
{
	int major = 0, minor = 0;
	size_t memory = 0;
	CUresult code = api->cuDeviceGet(&device->id, index);

	if (code == CUDA_SUCCESS)
		code = api->cuDeviceGetName(device->name, CUDA_NAME, device->id);
	if (code == CUDA_SUCCESS)
		code = api->cuDeviceTotalMem(&memory, device->id);
	if (code == CUDA_SUCCESS)
		code = api->cuDeviceGetAttribute(
			&major, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, device->id);
	if (code == CUDA_SUCCESS)
		code = api->cuDeviceGetAttribute(
			&minor, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, device->id);
	device->major = (uint32_t)major;
	device->minor = (uint32_t)minor;
	device->memory = memory;
	device->driver = driver;
	return code;
}

static CUresult list(
	const struct cuda_api *api, struct cuda_device devices[CUDA_DEVICES], int *count)
{
	int found = 0, driver = 0;
	CUresult code = api->cuInit(0);

	*count = 0;
	if (code == CUDA_SUCCESS)
		code = api->cuDriverGetVersion(&driver);
	if (code == CUDA_SUCCESS)
		code = api->cuDeviceGetCount(&found);
	for (int i = 0; code == CUDA_SUCCESS && i < found && i < CUDA_DEVICES; i++) {
		code = read_device(api, i, (uint32_t)driver, &devices[i]);
		*count += code == CUDA_SUCCESS;
	}
	return code;
}

int cuda_devices(const struct cuda_api *api, struct cuda_device devices[CUDA_DEVICES],
	struct gw_error *error)
{
	struct gw_inherit before;
	int count;

	/* The driver starts threads when it is first asked. */
	gw_inherit_begin(&before, NULL);
	const CUresult code = list(api, devices, &count);
	gw_inherit_end(&before);

	if (count > 0)
		return count;
	if (code != CUDA_SUCCESS && code != CUDA_ERROR_NO_DEVICE)
		return gw_error_set(error, -ENODEV,
			"CUDA: the driver does not start (%s): see what `nvidia-smi` says",
			cuda_error_name(api, code));
	return gw_error_set(error, -ENODEV,
		"CUDA: no GPU: see whether `nvidia-smi` lists one, and CUDA_VISIBLE_DEVICES");
}

int cuda_device_find(const struct cuda_api *api, const char *text, struct cuda_device *device,
	struct gw_error *error)
{
	struct cuda_device devices[CUDA_DEVICES];
	char names[320] = "";
	const int count = cuda_devices(api, devices, error);

	if (count < 0)
		return count;
	for (int i = 0; i < count; i++) {
		const size_t used = strlen(names);

		if (!text || strcasestr(devices[i].name, text)) {
			*device = devices[i];
			return 0;
		}
		snprintf(names + used, sizeof(names) - used, "%s\"%s\"", i > 0 ? ", " : "",
			devices[i].name);
	}
	return gw_error_set(error, -EINVAL,
		"CUDA: there is no GPU with \"%s\" in its name; there are: %s", text, names);
}
