#include "accel/ort_library.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"

#define ENVIRONMENT "FRAMEGATE_ONNXRUNTIME"

static const char *const sonames[] = {
	"libonnxruntime.so.1", "libonnxruntime.so.1.21", "libonnxruntime.so"};

static void *load(const char *path, struct gw_error *error)
{
	const char *where = path ? "accel.library" : "$" ENVIRONMENT;
	void *handle = NULL;

	if (!path)
		path = getenv(ENVIRONMENT);
	if (path && *path) {
		handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
		if (!handle)
			gw_error_set(error, -ENOENT,
				"%s: cannot load ONNX Runtime (%s): set it to the path of "
				"libonnxruntime.so",
				where, dlerror());
		return handle;
	}
	for (size_t i = 0; !handle && i < sizeof(sonames) / sizeof(sonames[0]); i++)
		handle = dlopen(sonames[i], RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	if (!handle)
		gw_error_set(error, -ENOENT,
			"accel.library: ONNX Runtime (%s) was not found: install libonnxruntime, "
			"or set "
			"accel.library or $" ENVIRONMENT " to its path",
			sonames[0]);
	return handle;
}

static void ORT_API_CALL log_line(void *arg, OrtLoggingLevel severity, const char *category,
	const char *id, const char *location, const char *message)
{
	gw_warn("onnxruntime", "%.*s", (int)strcspn(message, "\n"), message);
}

int ort_library_open(struct ort_library *library, const char *path, struct gw_error *error)
{
	const OrtApiBase *(*get_base)(void);
	char line[256];
	int status;

	memset(library, 0, sizeof(*library));
	void *handle = load(path, error);

	if (!handle)
		return -ENOENT;
	*(void **)&get_base = dlsym(handle, "OrtGetApiBase");
	if (!get_base)
		return gw_error_set(error, -EINVAL,
			"accel.library: %s is not ONNX Runtime (it has no OrtGetApiBase)",
			path ? path : "the library");
	snprintf(library->version, sizeof(library->version), "%s", get_base()->GetVersionString());
	library->api = get_base()->GetApi(ORT_API_VERSION);
	if (!library->api)
		return gw_error_set(error, -ENOTSUP,
			"accel.library: ONNX Runtime %s is too old: 1.%d or newer is needed",
			library->version, ORT_API_VERSION);
	/* Errors come back as a status and are told by housekeeping: a failing run must not log. */
	status = ort_library_check(library,
		library->api->CreateEnvWithCustomLogger(
			log_line, NULL, ORT_LOGGING_LEVEL_FATAL, "framegate", &library->env),
		line, sizeof(line));
	if (status != 0)
		return gw_error_set(error, status, "accel: ONNX Runtime does not start: %s", line);
	return 0;
}

void ort_library_close(struct ort_library *library)
{
	if (library->env)
		library->api->ReleaseEnv(library->env);
	library->env = NULL;
}

int ort_library_check(const struct ort_library *library, OrtStatus *status, char *line, size_t size)
{
	if (!status)
		return 0;
	const char *message = library->api->GetErrorMessage(status);
	OrtErrorCode code = library->api->GetErrorCode(status);

	snprintf(line, size, "%.*s", (int)strcspn(message, "\n"), message);
	library->api->ReleaseStatus(status);
	switch (code) {
	case ORT_NO_SUCHFILE:
		return -ENOENT;
	case ORT_NO_MODEL:
	case ORT_INVALID_PROTOBUF:
	case ORT_INVALID_GRAPH:
	case ORT_INVALID_ARGUMENT:
		return -EINVAL;
	case ORT_NOT_IMPLEMENTED:
		return -ENOTSUP;
	default:
		return -EIO;
	}
}
