#include "sink/routes.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "core/gateway.h"

static int ask_for_sample(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	struct gw *gw = ((struct gw_stage *)owner)->gw;

	for (uint32_t i = 0; i < gw->camera_count; i++) {
		if (strcmp(gw->cameras[i].config->name, request->name) != 0)
			continue;
		atomic_store_explicit(&gw->cameras[i].sample_now, true, memory_order_relaxed);
		reply->json = json_pack("{s:s, s:b}", "camera", request->name, "requested", 1);
		return 202;
	}
	return gw_error_set(error, -ENOENT, "there is no camera \"%s\"", request->name);
}

static int show_kafka(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	struct gw_stage *stage = owner;

	reply->json = stage->ops->describe(stage);
	return 200;
}

const struct gw_api_route sink_routes[] = {
	{"POST", "cameras/{name}/sample", "Send the camera's next picture upstream", ask_for_sample,
		.role = GW_ROLE_OPERATOR},
	{"GET", "kafka", "Where results and pictures go, and how that is getting on", show_kafka,
		.role = GW_ROLE_VIEWER},
	{0},
};
