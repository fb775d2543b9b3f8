#include "sink/routes.h"

#include <errno.h>
#include <jansson.h>

#include "core/gateway.h"

static int ask_for_sample(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	struct gw *gw = ((struct gw_stage *)owner)->gw;

	gw_cameras_hold(gw);
	const uint32_t camera = gw_camera_find(gw, request->name);

	if (camera != GW_NO_CAMERA)
		atomic_store_explicit(
			&gw->cameras->slot[camera].sample_now, true, memory_order_relaxed);
	gw_cameras_release(gw);
	if (camera == GW_NO_CAMERA)
		return gw_error_set(error, -ENOENT, "there is no camera \"%s\"", request->name);
	reply->json = json_pack("{s:s, s:b}", "camera", request->name, "requested", 1);
	return 202;
}

static int show_kafka(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	struct gw_stage *stage = owner;

	reply->json = stage->ops->describe(stage);
	return 200;
}

const struct gw_api_route sink_routes[] = {
	{GW_ROLE_OPERATOR, "POST", "cameras/{name}/sample",
		"Send the camera's next picture upstream", .handle = ask_for_sample},
	{GW_ROLE_VIEWER, "GET", "kafka",
		"Where results and pictures go, and how that is getting on", .handle = show_kafka},
	{0},
};
