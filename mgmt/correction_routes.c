/* What an operator says that a model got wrong: kept for whoever learns from it, listed, deleted.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/clock.h"
#include "core/view.h"
#include "mgmt/cameras.h"
#include "mgmt/corrections/corrections.h"
#include "mgmt/state.h"

#define TAG 64
#define LABEL_MOST 255

static int need_corrections(const struct mgmt *mgmt, struct gw_error *error)
{
	if (mgmt->corrections)
		return 0;
	return gw_error_set(
		error, -ENOTSUP, "there is no folder for corrections: name one with `api.state`");
}

/* A frame as it was told: its ETag, with its quotes or without, or its `ce_id`. False: it is none
 * of this camera. */
static bool read_tag(const char *told, const char *camera, char tag[TAG])
{
	const size_t name = strlen(camera);
	const char *slash = strchr(told, '/');
	size_t size = strlen(told);

	if (slash) {
		if (strncmp(slash + 1, camera, name) != 0 || slash[1 + name] != '/')
			return false;
		return snprintf(tag, TAG, "%.*s-%s", (int)(slash - told), told, slash + name + 2) <
			TAG;
	}
	if (size > 1 && told[0] == '"' && told[size - 1] == '"') {
		told++;
		size -= 2;
	}
	return snprintf(tag, TAG, "%.*s", (int)size, told) < TAG;
}

/* The body: which frame, and what it shows; a label that is JSON's null, or not there, is said
 * later. */
static int read_wish(const struct gw_request *request, char tag[TAG], const json_t **label,
	struct gw_error *error)
{
	const char *frame = NULL;
	json_t *told = NULL;
	json_error_t reason;

	if (!request->body ||
		json_unpack_ex((json_t *)request->body, &reason, JSON_STRICT, "{s:s, s?o}", "frame",
			&frame, "label", &told) != 0)
		return gw_error_set(error, -EINVAL,
			"the body: `frame`, the ETag of a view, is needed, `label` may be there: "
			"%s",
			request->body ? reason.text : "there is none");
	*label = told && !json_is_null(told) ? told : NULL;
	if (*label &&
		(!json_is_string(told) || json_string_length(told) == 0 ||
			json_string_length(told) > LABEL_MOST))
		return gw_error_set(error, -EINVAL,
			"the body: `label` must be a text of 1 to %d characters, or null",
			LABEL_MOST);
	if (!read_tag(frame, request->name, tag))
		return gw_error_set(error, -EINVAL,
			"the body: `frame` must be the ETag of a view of %s, or the id of its "
			"record",
			request->name);
	return 0;
}

/* Appends the labels of a model, unless it has gone meanwhile. */
static void append_labels(
	struct gw *gw, const struct gw_request *request, const json_t *model, json_t *labels)
{
	struct gw_request question = *request;
	struct gw_reply reply = {0};
	char path[GW_NAME + 32];
	json_t *label;
	size_t i;

	question.body = NULL;
	question.cameras = NULL;
	snprintf(path, sizeof(path), "models/%s/labels",
		json_string_value(json_object_get(model, "name")));
	gw_api_call(gw, "GET", path, &question, &reply);
	json_array_foreach(json_object_get(reply.json, "labels"), i, label)
		json_array_append(labels, label);
	gw_reply_release(&reply);
}

/* Of all models that have looked at the frame. */
static json_t *labels_of(struct gw *gw, const struct gw_request *request, const json_t *record)
{
	json_t *labels = json_array(), *model = json_object_get(record, "model");
	size_t i;

	if (model)
		append_labels(gw, request, model, labels);
	json_array_foreach(json_object_get(record, "models"), i, model)
		append_labels(gw, request, model, labels);
	return labels;
}

static int check_label(struct gw *gw, const struct gw_request *request, const json_t *record,
	const json_t *label, struct gw_error *error)
{
	json_t *labels = labels_of(gw, request, record), *one;
	bool fits = !label;
	size_t i;

	json_array_foreach(labels, i, one)
		fits = fits || json_equal(one, (json_t *)label);
	const size_t known = json_array_size(labels);

	json_decref(labels);
	if (fits)
		return 0;
	if (known == 0)
		return gw_error_set(
			error, -EINVAL, "no model that knows labels has looked at that picture");
	return gw_error_set(error, -EINVAL,
		"the body: `label`: no model that has looked at that picture knows '%s'",
		json_string_value(label));
}

static json_t *now_text(void)
{
	const int64_t now = gw_now_utc();
	const time_t seconds = (time_t)(now / GW_NS_PER_S);
	char day[32], text[48];
	struct tm parts;

	gmtime_r(&seconds, &parts);
	strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &parts);
	snprintf(text, sizeof(text), "%s.%03dZ", day, (int)(now % GW_NS_PER_S / GW_NS_PER_MS));
	return json_string(text);
}

/* The picture that is kept of the camera, if it is that frame's; NULL with `status`. */
static const struct gw_view *find_view(struct gw *gw, const struct gw_request *request,
	const char *tag, int *status, struct gw_error *error)
{
	const struct gw_view *view = NULL;
	char kept[TAG] = "";

	gw_cameras_hold(gw);
	const uint32_t id = gw_camera_find(gw, request->name);

	*status = id == GW_NO_CAMERA ? cameras_missing(gw, request->name, error) : 0;
	if (*status == 0)
		view = gw_views_kept(gw->views, id, request->name);
	gw_cameras_release(gw);
	if (view)
		snprintf(kept, sizeof(kept), "%s-%lu", gw->boot_id, view->sequence);
	if (view && strcmp(kept, tag) != 0) {
		gw_view_unref(view);
		return NULL;
	}
	return view;
}

/* Keeps the frame that is looked at. */
static int keep(struct mgmt *mgmt, const struct gw_request *request, const char *tag,
	const char *id, const json_t *label, struct gw_reply *reply, struct gw_error *error)
{
	int status;
	const struct gw_view *view = find_view(mgmt->gw, request, tag, &status, error);

	if (!view && status == 0) {
		gw_reply_refuse(reply, 409, "stale",
			"the picture of frame %s is gone: look at %s again, and send the ETag of "
			"that view, at once",
			tag, request->name);
		return 409;
	}
	if (!view)
		return status;
	json_t *record = json_loadb(view->record, view->record_size, 0, NULL);
	json_t *about = json_pack("{s:s, s:s, s:s, s:O?, s:s, s:o, s:O}", "id", id, "camera",
		request->name, "frame", tag, "label", (json_t *)label, "who", request->who, "at",
		now_text(), "record", record);

	if (!about)
		status = gw_error_set(error, -ENOMEM, "out of memory");
	if (status == 0)
		status = check_label(mgmt->gw, request, record, label, error);
	if (status == 0)
		status = corrections_add(
			mgmt->corrections, id, about, view->jpeg, view->jpeg_size, error);
	json_decref(record);
	json_decref(about);
	gw_view_unref(view);
	if (status == -ENOSPC) {
		gw_reply_refuse(reply, 409, "full", "%s", error->text);
		return 409;
	}
	return status == 0 ? 201 : status;
}

/* One that is kept gets another label. */
static int say_again(struct mgmt *mgmt, const struct gw_request *request, const char *id,
	const json_t *before, const json_t *label, struct gw_error *error)
{
	json_t *none = json_null();
	int status =
		check_label(mgmt->gw, request, json_object_get(before, "record"), label, error);

	if (status == 0)
		status = corrections_label(
			mgmt->corrections, id, label ? label : none, request->who, error);
	return status == 0 ? 200 : status;
}

static void tell(struct mgmt *mgmt, const struct gw_request *request, const char *id,
	json_t *before, struct gw_reply *reply)
{
	struct gw_error error;
	json_t *after = NULL;

	if (corrections_get(mgmt->corrections, id, &after, &error) != 0)
		after = json_pack("{s:s}", "id", id);
	json_t *labels = labels_of(mgmt->gw, request, json_object_get(after, "record"));

	json_object_del(after, "record");
	json_object_del(before, "record");
	reply->change = before ? json_pack("{s:O, s:O}", "before", before, "after", after)
			       : json_pack("{s:O}", "after", after);
	reply->json = json_deep_copy(after);
	json_object_set_new(reply->json, "labels", labels);
	json_decref(after);
}

/* An id does not say where the camera's name begins in it: frame x-1-a of camera b, and frame x-1
 * of camera a-b. */
static bool is_about(const json_t *about, const char *camera, const char *tag)
{
	const char *of = json_string_value(json_object_get(about, "camera"));
	const char *frame = json_string_value(json_object_get(about, "frame"));

	return of && frame && strcmp(of, camera) == 0 && strcmp(frame, tag) == 0;
}

int api_correction_add(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	struct mgmt *mgmt = owner;
	const json_t *label = NULL;
	json_t *before = NULL;
	struct gw_error none;
	char tag[TAG], id[CORRECTION_ID];
	int status = need_corrections(mgmt, error);

	if (status == 0)
		status = read_wish(request, tag, &label, error);
	if (status != 0)
		return status;
	snprintf(id, sizeof(id), "%s-%s", tag, request->name);
	if (corrections_id_fits(id))
		corrections_get(mgmt->corrections, id, &before, &none);
	if (before && !is_about(before, request->name, tag)) {
		json_decref(before);
		before = NULL;
	}
	if (before)
		status = say_again(mgmt, request, id, before, label, error);
	else
		status = keep(mgmt, request, tag, id, label, reply, error);
	if (status == 200 || status == 201)
		tell(mgmt, request, id, before, reply);
	json_decref(before);
	return status;
}

int api_corrections(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	const struct mgmt *mgmt = owner;
	const int status = need_corrections(mgmt, error);

	if (status != 0)
		return status;
	reply->json = json_pack("{s:o}", "corrections", corrections_list(mgmt->corrections));
	return 200;
}

int api_correction(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	const struct mgmt *mgmt = owner;
	int status = need_corrections(mgmt, error);

	if (status == 0)
		status = corrections_get(mgmt->corrections, request->name, &reply->json, error);
	return status == 0 ? 200 : status;
}

int api_correction_picture(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	const struct mgmt *mgmt = owner;
	int status = need_corrections(mgmt, error);
	void *jpeg = NULL;

	if (status == 0)
		status = corrections_picture(
			mgmt->corrections, request->name, &jpeg, &reply->size, error);
	if (status != 0)
		return status;
	reply->type = "image/jpeg";
	reply->bytes = jpeg;
	reply->release = free;
	reply->owner = jpeg;
	return 200;
}

int api_correction_remove(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	const struct mgmt *mgmt = owner;
	json_t *before = NULL;
	int status = need_corrections(mgmt, error);

	if (status == 0)
		status = corrections_get(mgmt->corrections, request->name, &before, error);
	const char *camera = json_string_value(json_object_get(before, "camera"));

	if (status == 0 && !gw_request_may_see(request, camera ? camera : ""))
		status = gw_error_set(
			error, -ENOENT, "there is no correction %s of your cameras", request->name);
	if (status == 0)
		status = corrections_remove(mgmt->corrections, request->name, error);
	if (status == 0) {
		json_object_del(before, "record");
		reply->change = json_pack("{s:O}", "before", before);
	}
	json_decref(before);
	return status == 0 ? 204 : status;
}
