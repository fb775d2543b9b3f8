/* What a change of a camera would come to, and what it is changed from: nothing is changed. */
#include <errno.h>
#include <jansson.h>

#include "core/camera.h"
#include "core/config/camera.h"
#include "core/config/json.h"
#include "mgmt/camera_body.h"
#include "mgmt/cameras.h"
#include "mgmt/state.h"

/* Of the camera that is named; NULL with *status: there is none, or no memory. */
static json_t *read_config(
	const struct gw *gw, const char *name, int *status, struct gw_error *error)
{
	json_t *config = NULL;

	gw_cameras_hold(gw);
	const uint32_t id = gw_camera_find(gw, name);

	if (id != GW_NO_CAMERA) {
		config = gw_config_camera_json(gw_camera_now(gw, id)->config);
		*status = config ? 0 : -ENOMEM;
	} else {
		*status = cameras_missing(gw, name, error);
	}
	gw_cameras_release(gw);
	return config;
}

int api_camera_config(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	/* Where its password is kept is no matter of who may see some cameras alone. */
	static const char *const ours[] = {
		"user", "password_file", "password_env", "tls_ca_file", "tls_fingerprint", "srtp"};
	int status;
	json_t *config =
		read_config(((const struct mgmt *)owner)->gw, request->name, &status, error);

	if (!config)
		return status;
	for (size_t i = 0; request->cameras && i < sizeof(ours) / sizeof(ours[0]); i++)
		json_object_del(config, ours[i]);
	reply->json = config;
	return 200;
}

/* As far as it can be told without trying it. */
static int check(const struct gw *gw, const json_t *json, struct gw_error *error)
{
	struct gw_camera_config *camera;
	int status = camera_body_read(json, &camera, error);

	if (status != 0)
		return status;
	gw_cameras_hold(gw);
	status = gw_camera_check(gw, camera, error);
	gw_cameras_release(gw);
	gw_config_camera_free(camera);
	return status;
}

static bool is_there(const struct gw *gw, const char *name)
{
	gw_cameras_hold(gw);
	const bool found = gw_camera_find(gw, name) != GW_NO_CAMERA;

	gw_cameras_release(gw);
	return found;
}

int api_camera_check_new(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	const struct gw *gw = ((const struct mgmt *)owner)->gw;
	const char *name = json_string_value(json_object_get(request->body, "name"));
	int status = camera_body_need(request->body, error);

	if (status == 0 && name && is_there(gw, name))
		status = gw_error_set(error, -EEXIST, "there is a camera '%s' already", name);
	if (status == 0) {
		json_t *json = camera_body_merge(NULL, request->body);

		status = check(gw, json, error);
		json_decref(json);
	}
	return status == 0 ? 204 : status;
}

int api_camera_check(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	const struct gw *gw = ((const struct mgmt *)owner)->gw;
	json_t *before = NULL;
	int status = camera_body_need(request->body, error);

	if (status == 0)
		status = camera_body_check_reach(request, error);
	if (status == 0)
		before = read_config(gw, request->name, &status, error);
	if (before) {
		json_t *after = camera_body_merge(before, request->body);

		status = check(gw, after, error);
		json_decref(after);
	}
	json_decref(before);
	return status == 0 ? 204 : status;
}
