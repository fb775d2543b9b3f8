#include "devices/opencl/library.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SONAME "libOpenCL.so.1"

static const struct {
	const char *name;
	size_t place;
} functions[] = {
#define OPENCL_PLACE(name) {#name, offsetof(struct opencl_api, name)},
	OPENCL_FUNCTIONS(OPENCL_PLACE)
#undef OPENCL_PLACE
};

int opencl_library_open(struct opencl_api *api, struct gw_error *error)
{
	void *handle = dlopen(SONAME, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);

	if (!handle)
		return gw_error_set(error, -ENOENT,
			"OpenCL: " SONAME " was not found: install ocl-icd-libopencl1 and the "
			"driver of the device (pocl-opencl-icd for a processor)");
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		void *function = dlsym(handle, functions[i].name);

		if (!function)
			return gw_error_set(error, -ENOENT,
				"OpenCL: " SONAME " has no %s: install a loader of OpenCL 1.2 or "
				"later (ocl-icd-libopencl1)",
				functions[i].name);
		memcpy((char *)api + functions[i].place, &function, sizeof(function));
	}
	return 0;
}

const char *opencl_error_name(cl_int code, char text[OPENCL_ERROR_TEXT])
{
	static const struct {
		cl_int code;
		const char *name;
	} known[] = {
#define OPENCL_CODE(name) {name, #name}
		OPENCL_CODE(CL_DEVICE_NOT_FOUND),
		OPENCL_CODE(CL_DEVICE_NOT_AVAILABLE),
		OPENCL_CODE(CL_COMPILER_NOT_AVAILABLE),
		OPENCL_CODE(CL_MEM_OBJECT_ALLOCATION_FAILURE),
		OPENCL_CODE(CL_OUT_OF_RESOURCES),
		OPENCL_CODE(CL_OUT_OF_HOST_MEMORY),
		OPENCL_CODE(CL_MAP_FAILURE),
		OPENCL_CODE(CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST),
		OPENCL_CODE(CL_BUILD_PROGRAM_FAILURE),
		OPENCL_CODE(CL_INVALID_VALUE),
		OPENCL_CODE(CL_INVALID_DEVICE),
		OPENCL_CODE(CL_INVALID_BUFFER_SIZE),
		OPENCL_CODE(CL_INVALID_BINARY),
		OPENCL_CODE(CL_INVALID_KERNEL_NAME),
		OPENCL_CODE(CL_INVALID_WORK_GROUP_SIZE),
		OPENCL_CODE(CL_INVALID_COMMAND_QUEUE),
#undef OPENCL_CODE
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].code == code)
			return known[i].name;
	snprintf(text, OPENCL_ERROR_TEXT, "error %d", code);
	return text;
}
