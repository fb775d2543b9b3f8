/* The configuration in effect, what differs from the stored one, and storing it. */
#include <errno.h>
#include <jansson.h>

#include "core/config/difference.h"
#include "core/config/json.h"
#include "core/config/store.h"
#include "core/control.h"
#include "core/gateway.h"
#include "core/log.h"
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

/* What differs between the file and `running`, as in compare(); *list is NULL where no file is
 * there yet. One that cannot be read may be somebody's work that is half done: it is not written
 * over. */
static int compare_with_file(
	const char *path, const struct gw_config *running, json_t **list, struct gw_error *error)
{
	struct gw_config *stored;
	struct gw_error reason;
	const int status = gw_config_load(path, &stored, &reason);

	*list = NULL;
	if (status == -ENOENT)
		return 0;
	if (status != 0)
		return gw_error_set(error, status == -ENOMEM ? status : -EBADMSG,
			"nothing was saved: repair the file, or move it away, and save again: %s",
			reason.text);
	*list = compare(stored, running, error);
	gw_config_free(stored);
	return *list ? 0 : -ENOMEM;
}

/* Control thread: no camera changes meanwhile. `arg` is where the answer goes. */
static int save(struct gw *gw, void *arg, struct gw_error *error)
{
	json_t **answer = arg, *list = NULL;
	struct gw_config running;
	int status = gw_running_config(gw, &running, error);

	if (status != 0)
		return status;
	status = compare_with_file(gw->config_path, &running, &list, error);
	const bool equal = list && json_array_size(list) == 0;

	/* A file that says the same keeps its comments. */
	if (status == 0 && !equal)
		status = gw_config_save(&running, gw->config_path, error);
	if (status == 0 && !equal)
		gw_info("api", "the configuration was saved to %s", gw->config_path);
	if (status == 0)
		*answer = json_pack("{s:s, s:b, s:I, s:O?}", "file", gw->config_path, "saved",
			!equal, "cameras", (json_int_t)running.cameras_count, "differences", list);
	json_decref(list);
	gw_running_free(&running);
	return status;
}

int api_config_save(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	struct gw *gw = ((const struct mgmt *)owner)->gw;
	int status = need_path(gw, error);

	if (status == 0)
		status = gw_control_call(gw, "saving the configuration", save, &reply->json, error);
	return status == 0 ? 200 : status;
}
