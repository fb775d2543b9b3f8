#include "tests/gpu/fake/open.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

struct cuda_fake *fake_driver;
struct nvjpeg_fake *fake_nvjpeg;

/* A library that is loaded is found by its own name from then on. */
static void *symbol(const char *file, const char *name)
{
	const char *folder = getenv("FRAMEGATE_FAKE_GPU");
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", folder ? folder : BUILD_ROOT "/tests/gpu/fake", file);
	void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	void *found = handle ? dlsym(handle, name) : NULL;

	if (!found) {
		fprintf(stderr, "%s\n", dlerror());
		abort();
	}
	return found;
}

void fakes_open(void)
{
	fake_driver = symbol("libcuda.so.1", "cuda_fake");
	fake_nvjpeg = symbol("libnvjpeg.so.13", "nvjpeg_fake");
	*fake_driver = (struct cuda_fake){.devices = 1};
	*fake_nvjpeg = (struct nvjpeg_fake){.engines = true};
}

bool fakes_open_without_gpu(void)
{
	if (dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE))
		return false;
	fakes_open();
	return true;
}
