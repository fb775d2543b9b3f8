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

/* Looks at the camera. 0: the reply has the view's reference and its tag; otherwise it is what the
 * handler returns. */
static int look(const struct mgmt *mgmt, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error, const struct gw_view **view)
{
	struct gw *gw = mgmt->gw;
	int status;

	gw_cameras_hold(gw);
	const uint32_t id = gw_camera_find(gw, request->name);

	if (id == GW_NO_CAMERA)
		status = cameras_missing(gw, request->name, error);
	else
		status = gw_views_look(gw->views, id, request->name, gw_now(), view);
	gw_cameras_release(gw);
	if (status == -EAGAIN)
		return later(reply, "there is no picture of camera %s yet: the next one is kept",
			request->name);
	if (status == -ENOBUFS)
		return later(reply,
			"so many cameras are looked at that there is no memory for a picture of "
			"%s: look at fewer at a time",
			request->name);
	if (status != 0)
		return status;
	reply->release = put_back;
	reply->owner = (void *)*view;
	snprintf(reply->tag, sizeof(reply->tag), "%s-%lu", gw->boot_id, (*view)->sequence);
	return 0;
}

int api_picture(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	const struct gw_view *view;
	const int status = look(owner, request, reply, error, &view);

	if (status != 0)
		return status;
	reply->type = "image/jpeg";
	reply->bytes = view->jpeg;
	reply->size = view->jpeg_size;
	return 200;
}

int api_findings(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	const struct gw_view *view;
	const int status = look(owner, request, reply, error, &view);

	if (status != 0)
		return status;
	reply->type = "application/json";
	reply->bytes = view->record;
	reply->size = view->record_size;
	return 200;
}

int api_view(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	const struct gw_view *view;
	const int status = look(owner, request, reply, error, &view);

	if (status != 0)
		return status;
	reply->type = GW_VIEW_TYPE;
	reply->bytes = view->bytes;
	reply->size = view->need;
	return 200;
}
