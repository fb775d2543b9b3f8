/* The latest picture of a camera, and what was found in it. */
#include <errno.h>
#include <stdio.h>

#include "core/clock.h"
#include "core/view.h"
#include "mgmt/cameras.h"
#include "mgmt/state.h"

#define RETRY_S 1

static void put_back(void *view)
{
	gw_view_unref(view);
}

/* An answer that is worth asking for again. */
static int later(struct gw_reply *reply, const char *format, const char *camera)
{
	gw_reply_refuse(reply, 503, "unavailable", format, camera);
	reply->retry_after = RETRY_S;
	return 503;
}

/* Looks at the camera. The reply has the view's reference and its tag then. NULL: `status` is what
 * the handler returns. */
static const struct gw_view *look(const struct mgmt *mgmt, const struct gw_request *request,
	struct gw_reply *reply, struct gw_error *error, int *status)
{
	const struct gw_view *view = NULL;
	struct gw *gw = mgmt->gw;

	gw_cameras_hold(gw);
	const uint32_t id = gw_camera_find(gw, request->name);

	if (id == GW_NO_CAMERA)
		*status = cameras_missing(gw, request->name, error);
	else
		*status = gw_views_look(gw->views, id, request->name, gw_now(), &view);
	gw_cameras_release(gw);
	if (view) {
		*status = 200;
		reply->release = put_back;
		reply->owner = (void *)view;
		snprintf(reply->tag, sizeof(reply->tag), "%s-%lu", gw->boot_id, view->sequence);
	} else if (*status == -EAGAIN) {
		*status = later(reply, "there is no picture of camera %s yet: the next one is kept",
			request->name);
	} else if (*status == -ENOBUFS) {
		*status = later(reply,
			"so many cameras are looked at that there is no memory for a picture of "
			"%s: look at fewer at a time",
			request->name);
	}
	return view;
}

int api_picture(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	int status;
	const struct gw_view *view = look(owner, request, reply, error, &status);

	if (!view)
		return status;
	reply->type = "image/jpeg";
	reply->bytes = view->jpeg;
	reply->size = view->jpeg_size;
	return status;
}

int api_findings(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	int status;
	const struct gw_view *view = look(owner, request, reply, error, &status);

	if (!view)
		return status;
	reply->type = "application/json";
	reply->bytes = view->record;
	reply->size = view->record_size;
	return status;
}

int api_view(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	int status;
	const struct gw_view *view = look(owner, request, reply, error, &status);

	if (!view)
		return status;
	reply->type = GW_VIEW_TYPE;
	reply->bytes = view->bytes;
	reply->size = view->need;
	return status;
}
