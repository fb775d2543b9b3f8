#include "accel/ort/library.h"

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

int ort_library_find(struct ort_library *library, const char *path, struct gw_error *error)
{
	const OrtApiBase *(*get_base)(void);

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
	return 0;
}

int ort_library_open(struct ort_library *library, const char *path, struct gw_error *error)
{
	char line[256];
	int status = ort_library_find(library, path, error);

	if (status != 0)
		return status;
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

/* What can be done about it; empty when the message alone says so. */
static const char *advice(const char *message)
{
	static const struct {
		const char *part, *advice;
	} known[] = {
		{"Unsupported model IR version",
			": export it with an older ir_version, or update ONNX Runtime"},
		{"opset", ": export it with an older opset_version, or update ONNX Runtime"},
		{"is not a registered function/op",
			": an operator is missing: export it with standard operators only"},
		{"Failed to allocate memory",
			": out of memory: lower batch.max in model.yaml, or add memory"},
		{"bad allocation", ": out of memory: lower batch.max in model.yaml, or add memory"},
		{"Protobuf parsing failed",
			": the file is cut short or no ONNX model: copy it again"},
		{"out of bounds or can not be read",
			": the file with its weights is cut short: copy it again"},
		{"External data path",
			": the file with its weights is missing: copy it beside model.onnx"},
		{"external data",
			": a file with its weights is missing: copy it beside model.onnx"},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strstr(message, known[i].part))
			return known[i].advice;
	return "";
}

/* The reason stands at the end, behind where in the library it was found: FILE:LINE FUNCTION(...)
 */
static const char *reason(const char *message)
{
	const char *at = strstr(message, ".cc:");

	while (at && strstr(at + 1, ".cc:"))
		at = strstr(at + 1, ".cc:");
	if (!at)
		return message;
	int depth = 0;

	/* The function's name and what it takes, to the bracket that closes it. */
	for (; *at && *at != '('; at++)
		;
	for (; *at; at++) {
		depth += (*at == '(') - (*at == ')');
		if (depth == 0)
			break;
	}
	if (*at)
		at++;
	at += strspn(at, " ");
	if (strncmp(at, "const ", 6) == 0)
		at += 6;
	return *at ? at : message;
}

int ort_library_check(const struct ort_library *library, OrtStatus *status, char *line, size_t size)
{
	if (!status)
		return 0;
	const char *message = library->api->GetErrorMessage(status);
	const OrtErrorCode code = library->api->GetErrorCode(status);
	const char *why = reason(message), *what_to_do = advice(message);
	const size_t length = strcspn(why, "\n"), advised = strlen(what_to_do);
	const size_t room = size > advised + 4 ? size - advised - 4 : 0;

	if (length <= room)
		snprintf(line, size, "%.*s%s", (int)length, why, what_to_do);
	else
		snprintf(line, size, "...%.*s%s", (int)room, why + length - room, what_to_do);
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
