#include "core/camera_version.h"

#include <stdlib.h>

#include "core/camera.h"
#include "core/config/camera.h"
#include "core/gateway.h"

static_assert(GW_STAGES <= GW_STAGES_MOST, "every stage has its place in gw_camera.of");

struct gw_camera *gw_camera_version_make(
	struct gw *gw, uint32_t id, const struct gw_camera_config *config)
{
	struct gw_camera *camera = calloc(1, sizeof(*camera));

	if (!camera)
		return NULL;
	camera->id = id;
	camera->version = ++gw->cameras->versions;
	camera->route = GW_NO_ROUTE;
	camera->config = gw_config_camera_copy(config);
	if (camera->config)
		return camera;
	free(camera);
	return NULL;
}

int gw_camera_version_prepare(
	struct gw *gw, struct gw_camera *is, const struct gw_camera *was, struct gw_error *error)
{
	for (int i = GW_STAGES - 1; i >= 0; i--) {
		const struct gw_stage_ops *ops = gw->stages[i].ops;
		const int status = ops && ops->camera_prepare
			? ops->camera_prepare(&gw->stages[i], is, was, error)
			: 0;

		if (status != 0)
			return status;
	}
	return 0;
}

void gw_camera_version_free(struct gw *gw, struct gw_camera *camera)
{
	for (int i = 0; i < GW_STAGES; i++) {
		const struct gw_stage_ops *ops = gw->stages[i].ops;

		if (ops && ops->camera_release)
			ops->camera_release(&gw->stages[i], camera);
	}
	gw_config_camera_free((struct gw_camera_config *)camera->config);
	free(camera);
}

void gw_camera_versions_free(struct gw *gw, bool all)
{
	struct gw_camera **link = &gw->cameras->retired;

	while (*link) {
		struct gw_camera *camera = *link;

		if (!all && atomic_load_explicit(&camera->frames, memory_order_acquire) > 0) {
			link = &camera->next;
			continue;
		}
		*link = camera->next;
		gw_camera_version_free(gw, camera);
	}
}

void gw_camera_version_retire(struct gw *gw, struct gw_camera *camera)
{
	if (!camera)
		return;
	camera->next = gw->cameras->retired;
	gw->cameras->retired = camera;
	gw_camera_versions_free(gw, false);
}
