/* The configuration in effect, what differs from the stored one, and storing it. */
#include <errno.h>
#include <jansson.h>

#include "core/commit.h"
#include "core/config/difference.h"
#include "core/config/json.h"
#include "core/control.h"
#include "core/gateway.h"
#include "core/running.h"
#include "mgmt/state.h"

int api_config(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	const struct gw *gw = ((const struct mgmt *)owner)->gw;
	struct gw_config running;

	gw_cameras_hold(gw);
	const int status = gw_running_config(gw, &running, error);

	if (status == 0)
		reply->json = gw_config_json(&running);
	gw_cameras_release(gw);
	if (status != 0)
		return status;
	gw_running_free(&running);
	return 200;
}

static void add_difference(void *arg, const struct gw_config_change *change)
{
	json_array_append_new(arg,
		json_pack("{s:s, s:s?, s:s?}", "path", change->path, "stored", change->was,
			"running", change->is));
}

static int need_path(const struct gw *gw, struct gw_error *error)
{
	if (gw->config_path)
		return 0;
	return gw_error_set(error, -ENOTSUP,
		"the gateway was started without a configuration file: start it with --config "
		"FILE, or keep what `gwctl config show` prints");
}

/* What differs between the file and `running`: a new array, NULL with a line. */
static json_t *compare(
	const struct gw_config *stored, const struct gw_config *running, struct gw_error *error)
{
	json_t *list = json_array();

	if (gw_config_difference(stored, running, add_difference, list) >= 0)
		return list;
	json_decref(list);
	gw_error_set(error, -ENOMEM, "out of memory");
	return NULL;
}

int api_config_diff(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	const struct gw *gw = ((const struct mgmt *)owner)->gw;
	struct gw_config *stored, running;
	json_t *list = NULL;
	int status = need_path(gw, error);

	if (status != 0)
		return status;
	/* Nothing is wrong with the request. */
	if (gw_config_load(gw->config_path, &stored, error) != 0)
		return -EIO;
	gw_cameras_hold(gw);
	status = gw_running_config(gw, &running, error);
	if (status == 0) {
		list = compare(stored, &running, error);
		gw_running_free(&running);
	}
	gw_cameras_release(gw);
	gw_config_free(stored);
	if (!list)
		return -ENOMEM;
	reply->json = json_pack("{s:s, s:b, s:o}", "file", gw->config_path, "equal",
		json_array_size(list) == 0, "differences", list);
	return 200;
}

/* What a commit would call was and is. */
static json_t *stored_and_running(const json_t *differences)
{
	json_t *list = differences ? json_array() : NULL, *difference;
	size_t i;

	json_array_foreach(differences, i, difference)
		json_array_append_new(list,
			json_pack("{s:O, s:O, s:O}", "path", json_object_get(difference, "path"),
				"stored", json_object_get(difference, "was"), "running",
				json_object_get(difference, "is")));
	return list;
}

/* A request on its way through the control thread. */
struct save {
	const struct gw_request *request;
	json_t *answer;
};

/* Control thread: no camera changes meanwhile. */
static int save(struct gw *gw, void *arg, struct gw_error *error)
{
	struct save *save = arg;
	const struct gw_commit_wish wish = {
		.who = save->request->who, .from = "api", .comment = "what was in effect"};
	struct gw_commit_outcome outcome;
	struct gw_config running;
	int status = gw_commit_make(gw, &wish, &outcome, error);

	if (status == 0)
		status = gw_running_config(gw, &running, error);
	if (status != 0)
		return status;
	save->answer = json_pack("{s:s, s:b, s:I, s:o?}", "file", gw->config_path, "saved",
		outcome.result == GW_COMMIT_MADE, "cameras", (json_int_t)running.cameras_count,
		"differences", stored_and_running(outcome.differences));
	json_decref(outcome.differences);
	gw_running_free(&running);
	return 0;
}

int api_config_save(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	struct gw *gw = ((const struct mgmt *)owner)->gw;
	struct save what = {.request = request};
	const int status = gw_control_call(gw, "saving the configuration", save, &what, error);

	reply->json = what.answer;
	return status == 0 ? 200 : status;
}
