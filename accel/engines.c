#include "accel/engines.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/backends.h"
#include "core/config/config.h"
#include "core/log.h"
#include "devices/opencl/devices.h"

#define OPENCL "opencl" /* as decode.backend names it, too */
#define CUDA "cuda"

/* In the order of preference. */
static const struct infer_ops *const engines[] = {
#if HAVE_ORT
	&infer_ort,
#endif
#if HAVE_OPENCL
	&infer_opencl,
#endif
#if HAVE_CUDA
	&infer_cuda,
#endif
	&infer_null,
};

/* On a processor OpenCL is slower than what a user would have without having asked for it, CUDA is
 * not known to be faster on his GPU than ONNX Runtime beside it, and `null` makes its answers up.
 */
static bool has_to_be_named(const struct infer_ops *engine)
{
	return strcmp(engine->name, OPENCL) == 0 || strcmp(engine->name, CUDA) == 0 ||
		engine == &infer_null;
}

#define WITHOUT_ORT \
	"this gwd was built without ONNX Runtime; build it with libonnxruntime-dev installed"

struct request {
	struct berth_options *options;
	struct batcher *batcher;
	bool named;
};

void engines_keep_quiet(void)
{
	setenv("ORT_DISABLE_TELEMETRY", "1", 1);
}

static const char *name_of(uint32_t index)
{
	return engines[index]->name;
}

static int open_one(void *arg, uint32_t index, struct gw_error *error)
{
	struct request *request = arg;
	const struct gw_device *device = request->options->device;

	/* The line that is there says what the one before lacks. */
	if (has_to_be_named(engines[index]) && !request->named)
		return -ENODEV;
	/* One of a device's memory brings pictures of the host there. */
	if (device->memory != GW_MEM_HOST && engines[index]->memory != device->memory)
		return gw_error_set(error, -ENOTSUP,
			"accel.backend: engine \"%s\" reads %s memory, but decoded pictures lie in "
			"%s memory: choose another accel.backend or decode.backend",
			engines[index]->name, gw_memory_name(engines[index]->memory),
			gw_memory_name(device->memory));
	request->options->engine = engines[index];
	request->batcher = batcher_open(request->options, error);
	return request->batcher ? 0 : -EINVAL;
}

static const struct gw_backends backends = {
	.key = "accel.backend",
	.count = sizeof(engines) / sizeof(engines[0]),
	.name = name_of,
	.open = open_one,
	.none = WITHOUT_ORT ", or name \"null\"",
};

#if HAVE_OPENCL
/* Whether decoders and engines run on the same one. What is missing they say themselves. */
static bool share_device(const struct gw_config *config)
{
	struct opencl_device decoders, models;
	struct opencl_api api;
	struct gw_error error;

	if (opencl_library_open(&api, &error) != 0 ||
		opencl_device_find(&api, config->decode->device, &decoders, &error) != 0 ||
		opencl_device_find(&api, config->accel->device, &models, &error) != 0)
		return false;
	if (decoders.id == models.id)
		return true;
	gw_info("accel",
		"OpenCL: pictures go from %s to %s by the host's memory: with one device for both, "
		"`decode.device` and `accel.device`, they would stay there",
		decoders.name, models.name);
	return false;
}
#endif

enum gw_memory engines_pictures(const struct gw_config *config)
{
#if HAVE_OPENCL
	const char *decoder = config->decode->backend, *engine = config->accel->backend;

	if (decoder && engine && strcmp(decoder, OPENCL) == 0 && strcmp(engine, OPENCL) == 0 &&
		share_device(config))
		return infer_opencl.memory;
#endif
	return GW_MEM_NONE;
}

uint32_t engines_list_opencl(struct engine_facts *facts, uint32_t most)
{
	*facts = (struct engine_facts){.name = OPENCL};
#if HAVE_OPENCL
	struct opencl_device devices[OPENCL_DEVICES];
	struct opencl_api api;
	struct gw_error error;
	int count = opencl_library_open(&api, &error);

	if (count == 0)
		count = opencl_devices(&api, devices, &error);
	for (int i = 0; i < count && (uint32_t)i < most; i++) {
		facts[i] = (struct engine_facts){.name = OPENCL, .there = true};
		snprintf(facts[i].version, sizeof(facts[i].version), "%.60s: %.90s",
			devices[i].platform_name, devices[i].name);
	}
	if (count > 0)
		return (uint32_t)count < most ? (uint32_t)count : most;
	snprintf(facts->missing, sizeof(facts->missing), "%s", error.text);
#else
	snprintf(facts->missing, sizeof(facts->missing),
		"this gwd was built without OpenCL; build it with opencl-c-headers installed");
#endif
	return 1;
}

uint32_t engines_list(const struct gw_accel_config *config, struct engine_facts facts[ENGINES_MOST])
{
	uint32_t count = 0;

#if !HAVE_ORT
	facts[count++] = (struct engine_facts){.name = "ort", .missing = WITHOUT_ORT};
#endif
	for (uint32_t i = 0; i < backends.count; i++) {
		struct engine_facts *engine = &facts[count++];
		struct gw_error error;

		*engine = (struct engine_facts){.name = engines[i]->name,
			.there = true,
			.named = has_to_be_named(engines[i])};
		if (engines[i]->probe && engines[i]->probe(config, engine->version, &error) != 0) {
			engine->there = false;
			snprintf(engine->missing, sizeof(engine->missing), "%s", error.text);
		}
	}
	return count;
}

struct batcher *engines_open(
	const char *name, struct berth_options *options, struct gw_error *error)
{
	struct request request = {.options = options, .named = name != NULL};

	return gw_backends_open(&backends, name, &request, error) < 0 ? NULL : request.batcher;
}
