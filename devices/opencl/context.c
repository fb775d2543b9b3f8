#include "devices/opencl/context.h"

#include <pthread.h>

static struct shared {
	cl_context context; /* NULL: none */
	cl_device_id device;
	uint32_t users;
} contexts[OPENCL_DEVICES];

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct shared *find(cl_device_id device)
{
	struct shared *none = NULL;

	for (uint32_t i = 0; i < OPENCL_DEVICES; i++) {
		if (!contexts[i].context)
			none = &contexts[i];
		else if (contexts[i].device == device)
			return &contexts[i];
	}
	return none;
}

static cl_context take(
	const struct opencl_api *api, const struct opencl_device *device, cl_int *code)
{
	const cl_context_properties properties[] = {
		CL_CONTEXT_PLATFORM, (cl_context_properties)device->platform, 0};
	struct shared *shared = find(device->id);

	*code = shared ? CL_SUCCESS : CL_OUT_OF_HOST_MEMORY;
	if (!shared)
		return NULL;
	if (!shared->context)
		*shared = (struct shared){.device = device->id,
			.context =
				api->clCreateContext(properties, 1, &device->id, NULL, NULL, code)};
	if (shared->context)
		shared->users++;
	return shared->context;
}

cl_context opencl_context_get(
	const struct opencl_api *api, const struct opencl_device *device, cl_int *code)
{
	pthread_mutex_lock(&lock);
	cl_context context = take(api, device, code);
	pthread_mutex_unlock(&lock);
	return context;
}

void opencl_context_put(const struct opencl_api *api, cl_context context)
{
	pthread_mutex_lock(&lock);
	for (uint32_t i = 0; context && i < OPENCL_DEVICES; i++) {
		if (contexts[i].context != context || --contexts[i].users > 0)
			continue;
		api->clReleaseContext(context);
		contexts[i].context = NULL;
	}
	pthread_mutex_unlock(&lock);
}
