#include "sink/routes.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "core/gateway.h"

static int ask_for_sample(
	struct gw *gw, const char *name, struct json_t **reply, struct gw_error *error)
{
	for (uint32_t i = 0; i < gw->camera_count; i++) {
		if (strcmp(gw->cameras[i].config->name, name) != 0)
			continue;
		atomic_store_explicit(&gw->cameras[i].sample_now, true, memory_order_relaxed);
		*reply = json_pack("{s:s, s:b}", "camera", name, "requested", 1);
		return *reply ? 202 : gw_error_set(error, -ENOMEM, "out of memory");
	}
	return gw_error_set(error, -ENOENT, "there is no camera \"%s\"", name);
}

static int show_kafka(
	struct gw *gw, const char *name, struct json_t **reply, struct gw_error *error)
{
	struct gw_stage *stage = &gw->stages[GW_STAGE_SINK];

	*reply = stage->ops->describe(stage);
	return *reply ? 200 : gw_error_set(error, -ENOMEM, "out of memory");
}

const struct gw_api_route sink_routes[] = {
	{"POST", "cameras/{name}/sample", "Send the camera's next picture upstream.",
		ask_for_sample},
	{"GET", "kafka", "Where results and pictures go, and how that is getting on.", show_kafka},
	{NULL, NULL, NULL, NULL},
};
