/* POST models/NAME/try: what the running version of a model makes of a picture that is sent along.
 */
#include <errno.h>
#include <gnutls/gnutls.h>
#include <jansson.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "mgmt/state.h"

/* The version that cameras' pictures are looked at with; 0: no camera names the model. */
static json_int_t version_of(struct gw *gw, const struct gw_request *request)
{
	struct gw_request question = *request;
	struct gw_reply reply = {0};
	json_int_t version = 0;
	json_t *route;
	size_t i;

	question.body = NULL;
	gw_api_call(gw, "GET", "models/routes", &question, &reply);
	json_array_foreach(json_object_get(reply.json, "routes"), i, route)
		if (strcmp(json_string_value(json_object_get(route, "name")), request->name) == 0)
			version = json_integer_value(
				json_object_get(json_object_get(route, "stable"), "version"));
	gw_reply_release(&reply);
	return version;
}

/* *folder is that of the version. */
static int find_model(struct gw *gw, const struct gw_request *request, char folder[PATH_MAX],
	json_int_t *version, struct gw_error *error)
{
	const char *repository = gw->config->accel->repository;
	char name[GW_NAME];

	*version = version_of(gw, request);
	/* Cameras may name a version with it: "objects:2". */
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(request->name, ":"), request->name);
	if (*version == 0 || !repository)
		return gw_error_set(
			error, -ENOENT, "no camera has a model '%s' look at it", request->name);
	if (snprintf(folder, PATH_MAX, "%s/%s/%lld", repository, name, *version) >= PATH_MAX)
		return gw_error_set(error, -EINVAL, "the path of the model is too long");
	return 0;
}

static int decode(const json_t *body, gnutls_datum_t *jpeg, struct gw_error *error)
{
	const json_t *picture = json_object_get(body, "picture");
	const gnutls_datum_t text = {.data = (unsigned char *)json_string_value(picture),
		.size = (unsigned)json_string_length(picture)};

	if (json_object_size(body) == 1 && text.size > 0 && gnutls_base64_decode2(&text, jpeg) == 0)
		return 0;
	return gw_error_set(error, -EINVAL,
		"send a JPEG picture of at most 3 MiB, as {\"picture\": \"...\"} in base64");
}

static int look(struct gw *gw, const struct gw_request *request, const gnutls_datum_t *jpeg,
	struct gw_reply *reply, struct gw_error *error)
{
	/* One of the two threads for what is slow is left to others. */
	static atomic_flag is_busy = ATOMIC_FLAG_INIT;
	char folder[PATH_MAX];
	struct gw_try what = {
		.model = folder,
		.library = gw->config->accel->library,
		.backend = gw->config->accel->backend,
		.device = gw->config->accel->device,
		.jpeg = jpeg->data,
		.size = jpeg->size,
		.ending = request->ending,
	};
	json_int_t version;
	int status = find_model(gw, request, folder, &version, error);

	if (status != 0)
		return status;
	if (!gw->try_picture)
		return gw_error_set(error, -ENOTSUP, "a replay tries no pictures");
	if (atomic_flag_test_and_set(&is_busy))
		return gw_error_set(
			error, -EBUSY, "another picture is being looked at: try again in a moment");
	status = gw->try_picture(&what, &reply->json, error);
	atomic_flag_clear(&is_busy);
	return status == 0 ? 200 : status;
}

int api_model_try(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	gnutls_datum_t jpeg = {0};
	int status = decode(request->body, &jpeg, error);

	if (status == 0)
		status = look(((const struct mgmt *)owner)->gw, request, &jpeg, reply, error);
	gnutls_free(jpeg.data);
	return status;
}
