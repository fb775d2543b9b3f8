#include "accel/gpus.h"

#include <stdio.h>

#include "devices/cuda/devices.h"
#include "devices/cuda/nvjpeg_library.h"

#define CUDA "cuda"
#define NVJPEG "nvjpeg" /* as decode.backend names it */

#if HAVE_CUDA

static uint32_t list_devices(struct engine_facts *facts, uint32_t most)
{
	struct cuda_device devices[CUDA_DEVICES] = {{0}};
	struct cuda_api api;
	struct gw_error error;
	int count = cuda_library_open(&api, &error);

	if (count == 0)
		count = cuda_devices(&api, devices, &error);
	if (count < 0) {
		*facts = (struct engine_facts){.name = CUDA};
		snprintf(facts->missing, sizeof(facts->missing), "%s", error.text);
		return 1;
	}
	for (int i = 0; i < count && (uint32_t)i < most; i++) {
		const struct cuda_device *device = &devices[i];

		facts[i] = (struct engine_facts){.name = CUDA, .there = true};
		snprintf(facts[i].version, sizeof(facts[i].version),
			"%.80s, compute capability %u.%u, CUDA %u.%u", device->name, device->major,
			device->minor, device->driver / 1000, device->driver % 1000 / 10);
	}
	return (uint32_t)count < most ? (uint32_t)count : most;
}

uint32_t gpus_list(struct engine_facts *facts, uint32_t most)
{
	const uint32_t count = list_devices(facts, most - 1);
	struct engine_facts *nvjpeg = &facts[count];
	struct nvjpeg_api api;
	struct gw_error error;

	*nvjpeg = (struct engine_facts){.name = NVJPEG};
	nvjpeg->there = nvjpeg_library_open(&api, &error) == 0;
	if (nvjpeg->there)
		snprintf(nvjpeg->version, sizeof(nvjpeg->version), "%d.%d.%d", api.version[0],
			api.version[1], api.version[2]);
	else
		snprintf(nvjpeg->missing, sizeof(nvjpeg->missing), "%s", error.text);
	return count + 1;
}

#else

uint32_t gpus_list(struct engine_facts *facts, uint32_t most)
{
	static const char *const names[] = {CUDA, NVJPEG};

	for (int i = 0; i < 2; i++) {
		facts[i] = (struct engine_facts){.name = names[i]};
		snprintf(facts[i].missing, sizeof(facts[i].missing),
			"this gwd was built without CUDA; build it with the CUDA toolkit 13 "
			"installed");
	}
	return 2;
}

#endif
