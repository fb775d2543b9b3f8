#include "devices/cuda/library.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#define SONAME "libcuda.so.1"

#define CUDA_TEXT(text) #text
static const struct {
	const char *name;
	size_t place;
} functions[] = {
#define CUDA_PLACE(name) {CUDA_TEXT(name), offsetof(struct cuda_api, name)},
	CUDA_FUNCTIONS(CUDA_PLACE)
#undef CUDA_PLACE
};

int cuda_library_open(struct cuda_api *api, struct gw_error *error)
{
	void *handle = dlopen(SONAME, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);

	if (!handle)
		return gw_error_set(error, -ENOENT,
			"CUDA: " SONAME " was not found: install NVIDIA's driver, 580 or later "
			"(libcuda1)");
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		void *function = dlsym(handle, functions[i].name);

		if (!function)
			return gw_error_set(error, -ENOENT,
				"CUDA: " SONAME " has no %s: install NVIDIA's driver 580 or later",
				functions[i].name);
		memcpy((char *)api + functions[i].place, &function, sizeof(function));
	}
	return 0;
}

const char *cuda_error_name(const struct cuda_api *api, CUresult code)
{
	const char *name = NULL;

	return api->cuGetErrorName(code, &name) == CUDA_SUCCESS && name ? name : "unknown error";
}
