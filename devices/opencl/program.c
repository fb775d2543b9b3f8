#include "devices/opencl/program.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/thread.h"
#include "devices/opencl/context.h"

/* Of what the driver says; the line that is made of it is shorter. */
#define LOG_MOST 65536u

static int fail(
	const struct opencl_program *program, const char *what, cl_int code, struct gw_error *error)
{
	char text[OPENCL_ERROR_TEXT];

	return gw_error_set(error, -EIO, "OpenCL: %s: %s (%s): update its driver",
		program->device.name, what, opencl_error_name(code, text));
}

/* One line of the driver's log: from its first error on, where it marks one. */
static void flatten(char *log)
{
	const char *first = strstr(log, "error");
	char *out = log;

	while (first && first > log && first[-1] != '\n')
		first--;
	for (const char *at = first ? first : log; *at; at++) {
		const char c = *at == '\n' || *at == '\r' || *at == '\t' ? ' ' : *at;

		if (c != ' ' || (out > log && out[-1] != ' '))
			*out++ = c;
	}
	*out = '\0';
}

static int tell_log(struct opencl_program *program, cl_int code, struct gw_error *error)
{
	char *log = calloc(1, LOG_MOST + 1), text[OPENCL_ERROR_TEXT];

	if (log &&
		program->api->clGetProgramBuildInfo(program->program, program->device.id,
			CL_PROGRAM_BUILD_LOG, LOG_MOST, log, NULL) != CL_SUCCESS)
		log[0] = '\0';
	if (log)
		flatten(log);
	gw_error_set(error, -EIO,
		"OpenCL: %s does not compile the kernels (%s): update its driver; it says: %.320s",
		program->device.name, opencl_error_name(code, text), log && *log ? log : "nothing");
	free(log);
	return -EIO;
}

static int build(
	struct opencl_program *program, const char *source, size_t size, struct gw_error *error)
{
	const struct opencl_api *api = program->api;
	cl_int code;

	program->context = opencl_context_get(api, &program->device, &code);
	if (!program->context)
		return fail(program, "no context", code, error);
	program->program =
		api->clCreateProgramWithSource(program->context, 1, &source, &size, &code);
	if (!program->program)
		return fail(program, "no program", code, error);
	code = api->clBuildProgram(
		program->program, 1, &program->device.id, "-cl-std=CL1.2", NULL, NULL);
	return code == CL_SUCCESS ? 0 : tell_log(program, code, error);
}

int opencl_program_open(struct opencl_program *program, const struct opencl_api *api,
	const struct opencl_device *device, const char *source, size_t size, struct gw_error *error)
{
	struct gw_inherit before;

	*program = (struct opencl_program){.api = api, .device = *device};
	gw_inherit_begin(&before, NULL);
	const int status = build(program, source, size, error);
	gw_inherit_end(&before);
	return status;
}

void opencl_program_close(struct opencl_program *program)
{
	if (program->program)
		program->api->clReleaseProgram(program->program);
	if (program->context)
		opencl_context_put(program->api, program->context);
	*program = (struct opencl_program){0};
}
