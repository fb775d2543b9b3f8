#include "session/publish.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/camera.h"
#include "core/config/camera.h"
#include "core/config/srtp_key.h"
#include "core/control.h"
#include "core/gateway.h"

struct wish {
	const struct gw_camera_config *camera;
	const struct gw_learned *learned;
};

static bool same_address(const struct gw_address *a, const struct gw_address *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static bool is_so(const struct gw_camera_config *camera, const struct gw_learned *learned)
{
	return camera->port == learned->port && camera->is_within == learned->is_within &&
		gw_srtp_same_key(&camera->srtp_key, &learned->srtp_key) && camera->payload_type &&
		*camera->payload_type == learned->payload_type &&
		same_address(&camera->source_address, &learned->source) &&
		same_address(&camera->destination_address, &learned->destination) &&
		(!camera->learned_size ||
			(camera->width == learned->width && camera->height == learned->height)) &&
		(camera->width > 0 || learned->width == 0);
}

/* Control thread. */
static int put(struct gw *gw, void *arg, struct gw_error *error)
{
	const struct wish *wish = arg;
	const uint32_t id = gw_camera_find(gw, wish->camera->name);
	const struct gw_camera_config *now =
		id == GW_NO_CAMERA ? NULL : gw_camera_now(gw, id)->config;
	struct gw_camera_config *camera;
	int status;

	if (!now || !gw_camera_same_session(now, wish->camera))
		return gw_error_set(error, -ESTALE, "it was changed meanwhile");
	if (is_so(now, wish->learned))
		return 0;
	camera = gw_config_camera_copy(now);
	status = camera ? gw_camera_learn(camera, wish->learned) : -ENOMEM;
	if (status == 0)
		status = gw_camera_put(gw, camera, error);
	else
		gw_error_set(error, status, "out of memory");
	gw_config_camera_free(camera);
	return status;
}

/* Control thread. */
static int take_back(struct gw *gw, void *arg, struct gw_error *error)
{
	const struct wish *wish = arg;
	const uint32_t id = gw_camera_find(gw, wish->camera->name);
	const struct gw_camera_config *now =
		id == GW_NO_CAMERA ? NULL : gw_camera_now(gw, id)->config;

	if (!now || !gw_camera_same_session(now, wish->camera) || !gw_camera_has_media(now))
		return 0;
	struct gw_camera_config *camera = gw_config_camera_copy(now);

	if (!camera)
		return gw_error_set(error, -ENOMEM, "out of memory");
	gw_camera_forget(camera);
	const int status = gw_camera_put(gw, camera, error);

	gw_config_camera_free(camera);
	return status;
}

int session_take_back(struct gw *gw, const struct gw_camera_config *camera, struct gw_error *error)
{
	struct wish wish = {camera, NULL};
	char what[GW_NAME + 32];

	snprintf(what, sizeof(what), "ending the session of camera %s", camera->name);
	return gw_control_call(gw, what, take_back, &wish, error);
}

int session_publish(struct gw *gw, const struct gw_camera_config *camera,
	const struct gw_learned *learned, struct gw_error *error)
{
	struct wish wish = {camera, learned};
	char what[GW_NAME + 32];

	snprintf(what, sizeof(what), "setting up the session of camera %s", camera->name);
	return gw_control_call(gw, what, put, &wish, error);
}
