#include "accel/engines.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The first one is used when the configuration names none; `null` only when it is named, because it
 * answers without having looked at the model. */
static const struct infer_ops *const engines[] = {
#if HAVE_ORT
	&infer_ort,
#endif
	&infer_null,
};

#define ENGINES (sizeof(engines) / sizeof(engines[0]))

static const char *list_engines(char *line, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < ENGINES; i++)
		used += (size_t)snprintf(
			line + used, size - used, "%s%s", i ? ", " : "", engines[i]->name);
	return line;
}

void engines_keep_quiet(void)
{
	setenv("ORT_DISABLE_TELEMETRY", "1", 1);
}

const struct infer_ops *engine_find(const char *name, struct gw_error *error)
{
	char line[128];

	for (size_t i = 0; i < ENGINES; i++) {
		if (name ? strcmp(engines[i]->name, name) == 0 : engines[i] != &infer_null)
			return engines[i];
	}
	if (name)
		gw_error_set(error, -ENOENT,
			"accel.backend: there is no engine \"%s\"; available: %s", name,
			list_engines(line, sizeof(line)));
	else
		gw_error_set(error, -ENOENT,
			"accel: this gwd was built without ONNX Runtime; build it with "
			"libonnxruntime-dev installed, or set accel.backend (available: %s)",
			list_engines(line, sizeof(line)));
	return NULL;
}

static const char *memory_name(enum gw_memory memory)
{
	static const char *const names[] = {"no", "host", "CUDA", "OpenCL"};

	return names[memory];
}

int engine_check_memory(
	const struct infer_ops *engine, enum gw_memory memory, struct gw_error *error)
{
	if (engine->in_mem == memory)
		return 0;
	return gw_error_set(error, -ENOTSUP,
		"accel.backend: engine \"%s\" reads %s memory, but the decoder writes %s memory: "
		"choose another accel.backend or decode.backend",
		engine->name, memory_name(engine->in_mem), memory_name(memory));
}
