#include "devices/cuda/program.h"

#include <errno.h>

#include "core/thread.h"

int cuda_program_fail(
	const struct cuda_program *program, const char *what, CUresult code, struct gw_error *error)
{
	return gw_error_set(error, code == CUDA_ERROR_OUT_OF_MEMORY ? -ENOMEM : -EIO,
		"CUDA: %s: %s: %s", program->device.name, what,
		cuda_error_name(program->api, code));
}

/* What an old driver, an old GPU or a broken one says to the kernels. */
static int refuse(const struct cuda_program *program, CUresult code, struct gw_error *error)
{
	const struct cuda_device *device = &program->device;

	switch (code) {
	case CUDA_ERROR_NO_BINARY_FOR_GPU:
		return gw_error_set(error, -ENOTSUP,
			"CUDA: %s has compute capability %u.%u; the kernels need 7.5 or later",
			device->name, device->major, device->minor);
	case CUDA_ERROR_UNSUPPORTED_PTX_VERSION:
		return gw_error_set(error, -ENOTSUP,
			"CUDA: %s: its driver has CUDA %u.%u and does not know the kernels' form: "
			"update the driver",
			device->name, device->driver / 1000, device->driver % 1000 / 10);
	default:
		return cuda_program_fail(program, "the kernels do not load", code, error);
	}
}

int cuda_program_enter(const struct cuda_program *program, struct gw_error *error)
{
	const CUresult code = program->api->cuCtxSetCurrent(program->context);

	return code == CUDA_SUCCESS ? 0 : cuda_program_fail(program, "no context", code, error);
}

static int load(struct cuda_program *program, const unsigned char *kernels, struct gw_error *error)
{
	const struct cuda_api *api = program->api;
	CUresult code = api->cuDevicePrimaryCtxRetain(&program->context, program->device.id);

	if (code != CUDA_SUCCESS)
		return cuda_program_fail(program, "no context", code, error);
	program->retained = true;
	if (cuda_program_enter(program, error) != 0)
		return -EIO;
	code = api->cuModuleLoadData(&program->module, kernels);
	if (code == CUDA_SUCCESS)
		return 0;
	program->module = NULL;
	return refuse(program, code, error);
}

int cuda_program_open(struct cuda_program *program, const struct cuda_api *api,
	const struct cuda_device *device, const unsigned char *kernels, struct gw_error *error)
{
	struct gw_inherit before;

	*program = (struct cuda_program){.api = api, .device = *device};
	gw_inherit_begin(&before, NULL);
	const int status = load(program, kernels, error);
	gw_inherit_end(&before);
	return status;
}

void cuda_program_close(struct cuda_program *program)
{
	struct gw_error error;

	if (program->retained && cuda_program_enter(program, &error) == 0 && program->module)
		program->api->cuModuleUnload(program->module);
	if (program->retained)
		program->api->cuDevicePrimaryCtxRelease(program->device.id);
	*program = (struct cuda_program){0};
}

int cuda_program_kernel(const struct cuda_program *program, const char *name, CUfunction *kernel,
	struct gw_error *error)
{
	const CUresult code = program->api->cuModuleGetFunction(kernel, program->module, name);

	return code == CUDA_SUCCESS ? 0 : cuda_program_fail(program, name, code, error);
}
