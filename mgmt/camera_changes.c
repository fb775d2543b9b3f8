/* POST, PATCH and DELETE of cameras: what a request says is made a configuration, and that is
 * applied on the control thread. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/config/camera.h"
#include "core/config/json.h"
#include "core/control.h"
#include "core/log.h"
#include "mgmt/camera_body.h"
#include "mgmt/cameras.h"
#include "mgmt/rates.h"
#include "mgmt/state.h"

#define WHAT 96 /* "adding camera NAME" */

/* One request, on its way through the control thread. */
struct change {
	const struct mgmt *mgmt;
	const char *name;
	const json_t *patch;
	const struct gw_camera_config *camera;
	json_t *facts; /* the camera afterwards */
	json_t *before, *after; /* as configurations; NULL: there is none */
	bool none; /* it was so already */
};

static void show(struct gw *gw, struct change *change, const char *name)
{
	const uint32_t id = gw_camera_find(gw, name);

	change->facts = cameras_facts(change->mgmt, gw_camera_now(gw, id), NULL);
}

/* Control thread. What the camera names and nobody has is a mistake in the request, not a path that
 * leads nowhere. */
static int put(struct gw *gw, struct change *change, const struct gw_camera_config *camera,
	struct gw_error *error)
{
	const int status = gw_camera_put(gw, camera, error);

	if (status != 0)
		return status == -ENOENT ? -EINVAL : status;
	show(gw, change, camera->name);
	change->after = gw_config_camera_json(camera);
	return 0;
}

static int add(struct gw *gw, void *arg, struct gw_error *error)
{
	struct change *change = arg;
	const uint32_t id = gw_camera_find(gw, change->name);

	if (id != GW_NO_CAMERA && gw_camera_is_of_records(gw_camera_now(gw, id)->config))
		return gw_error_set(error, -EEXIST,
			"there is a camera '%s' already: it was made for records with that key; "
			"when no more of them come, remove it",
			change->name);
	if (id != GW_NO_CAMERA)
		return gw_error_set(error, -EEXIST,
			"there is a camera '%s' already: change it with PATCH, or `gwctl camera "
			"set`",
			change->name);
	return put(gw, change, change->camera, error);
}

static int find(const struct gw *gw, const char *name, uint32_t *id, struct gw_error *error)
{
	*id = gw_camera_find(gw, name);
	return *id == GW_NO_CAMERA ? cameras_missing(gw, name, error) : 0;
}

static bool is_as_before(const struct gw_camera_config *camera, const json_t *before)
{
	json_t *json = gw_config_camera_json(camera);
	const bool equal = json && before && json_equal(json, before);

	json_decref(json);
	return equal;
}

static int change_camera(struct gw *gw, void *arg, struct gw_error *error)
{
	struct change *change = arg;
	struct gw_camera_config *camera = NULL;
	uint32_t id;
	int status = find(gw, change->name, &id, error);

	if (status != 0)
		return status;
	if (gw_camera_is_of_records(gw_camera_now(gw, id)->config))
		return gw_error_set(error, -EINVAL,
			"camera %s was made for records with that key and is as "
			"`kafka.source.template` says: change that in the configuration file, and "
			"restart gwd",
			change->name);
	json_t *before = gw_config_camera_json(gw_camera_now(gw, id)->config);
	json_t *after = camera_body_merge(before, change->patch);

	status = camera_body_read(after, &camera, error);
	change->none = camera && is_as_before(camera, before);
	if (change->none)
		show(gw, change, change->name);
	else if (camera && strcmp(camera->name, change->name) == 0)
		status = put(gw, change, camera, error);
	else if (camera)
		status = gw_error_set(error, -EINVAL,
			"a camera keeps its name: add '%s', and remove '%s'", camera->name,
			change->name);
	change->before = before;
	json_decref(after);
	gw_config_camera_free(camera);
	return status;
}

/* The next record would make it again. */
static bool records_come(const struct gw *gw, const struct mgmt *mgmt, uint32_t id)
{
	return gw_camera_is_of_records(gw_camera_now(gw, id)->config) &&
		rates_camera(mgmt->rates, id, gw_now()).state == CAMERA_LIVE;
}

static int remove_camera(struct gw *gw, void *arg, struct gw_error *error)
{
	struct change *change = arg;
	const uint32_t id = gw_camera_find(gw, change->name);

	if (id != GW_NO_CAMERA && records_come(gw, change->mgmt, id))
		return gw_error_set(error, -EBUSY,
			"camera %s was made for records with that key, and they still come: stop "
			"who sends them to topic '%s', and remove it a few seconds later",
			change->name, gw_camera_now(gw, id)->config->source);
	if (id != GW_NO_CAMERA)
		change->before = gw_config_camera_json(gw_camera_now(gw, id)->config);
	return gw_camera_remove(gw, change->name, error);
}

/* Has it done, one change at a time, and logs it. Whoever meets it meanwhile is told of it as
 * "adding camera NAME". */
static int make(struct change *change, const char *doing, const char *done,
	int (*fn)(struct gw *, void *, struct gw_error *), struct gw_reply *reply,
	struct gw_error *error)
{
	char what[WHAT];

	snprintf(what, sizeof(what), "%s camera %s", doing, change->name);
	const int status = gw_control_call(change->mgmt->gw, what, fn, change, error);

	if (status == 0 && !change->none)
		gw_info("api", "camera %s was %s", change->name, done);
	if (status == 0)
		reply->change =
			json_pack("{s:O?, s:O?}", "before", change->before, "after", change->after);
	json_decref(change->before);
	json_decref(change->after);
	return status;
}

int api_camera_add(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	struct change change = {.mgmt = owner};
	struct gw_camera_config *camera;
	int status = camera_body_need(request->body, error);

	if (status != 0)
		return status;
	json_t *json = camera_body_merge(NULL, request->body);

	status = camera_body_read(json, &camera, error);
	json_decref(json);
	if (status != 0)
		return status;
	change.camera = camera;
	change.name = camera->name;
	status = make(&change, "adding", "added", add, reply, error);
	gw_config_camera_free(camera);
	reply->json = change.facts;
	return status == 0 ? 201 : status;
}

int api_camera_change(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	struct change change = {.mgmt = owner, .name = request->name, .patch = request->body};
	int status = camera_body_need(request->body, error);

	if (status == 0)
		status = camera_body_check_reach(request, error);
	if (status == 0)
		status = make(&change, "changing", "changed", change_camera, reply, error);
	reply->json = change.facts;
	return status == 0 ? 200 : status;
}

int api_camera_remove(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	struct change change = {.mgmt = owner, .name = request->name};
	const int status = make(&change, "removing", "removed", remove_camera, reply, error);

	return status == 0 ? 204 : status;
}
