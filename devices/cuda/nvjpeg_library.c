#include "devices/cuda/nvjpeg_library.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#define TEXT(number) TEXT_OF(number)
#define TEXT_OF(number) #number
#define MAJOR TEXT(NVJPEG_VER_MAJOR)
#define SONAME "libnvjpeg.so." MAJOR

static const struct {
	const char *name;
	size_t place;
} functions[] = {
#define NVJPEG_PLACE(name) {#name, offsetof(struct nvjpeg_api, name)},
	NVJPEG_FUNCTIONS(NVJPEG_PLACE)
#undef NVJPEG_PLACE
};

int nvjpeg_library_open(struct nvjpeg_api *api, struct gw_error *error)
{
	static const libraryPropertyType parts[] = {MAJOR_VERSION, MINOR_VERSION, PATCH_LEVEL};
	void *handle = dlopen(SONAME, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);

	if (!handle)
		return gw_error_set(error, -ENOENT,
			"nvJPEG: " SONAME " was not found: install that of CUDA " MAJOR
			" (libnvjpeg-" MAJOR "-0, or PyPI's nvidia-nvjpeg) where the loader looks "
			"(ldconfig, LD_LIBRARY_PATH)");
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		void *function = dlsym(handle, functions[i].name);

		if (!function)
			return gw_error_set(error, -ENOENT,
				"nvJPEG: " SONAME " has no %s: install that of CUDA " MAJOR
				" (libnvjpeg-" MAJOR "-0)",
				functions[i].name);
		memcpy((char *)api + functions[i].place, &function, sizeof(function));
	}
	for (int i = 0; i < 3; i++)
		api->nvjpegGetProperty(parts[i], &api->version[i]);
	return 0;
}

const char *nvjpeg_status_name(nvjpegStatus_t status)
{
	static const char *const names[] = {
		[NVJPEG_STATUS_SUCCESS] = "success",
		[NVJPEG_STATUS_NOT_INITIALIZED] = "not initialised",
		[NVJPEG_STATUS_INVALID_PARAMETER] = "invalid parameter",
		[NVJPEG_STATUS_BAD_JPEG] = "bad JPEG",
		[NVJPEG_STATUS_JPEG_NOT_SUPPORTED] = "JPEG not supported",
		[NVJPEG_STATUS_ALLOCATOR_FAILURE] = "out of memory",
		[NVJPEG_STATUS_EXECUTION_FAILED] = "execution failed",
		[NVJPEG_STATUS_ARCH_MISMATCH] = "the chip has no such engines",
		[NVJPEG_STATUS_INTERNAL_ERROR] = "internal error",
		[NVJPEG_STATUS_IMPLEMENTATION_NOT_SUPPORTED] = "implementation not supported",
		[NVJPEG_STATUS_INCOMPLETE_BITSTREAM] = "incomplete bitstream",
	};

	return (size_t)status < sizeof(names) / sizeof(names[0]) && names[status] ? names[status]
										  : "unknown error";
}
