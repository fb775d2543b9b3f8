#include "mgmt/camera_body.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "core/config/camera.h"

json_t *camera_body_merge(json_t *target, const json_t *patch)
{
	json_t *value, *merged;
	const char *key;

	if (!json_is_object(patch))
		return json_deep_copy(patch);
	merged = json_is_object(target) ? json_copy(target) : json_object();
	json_object_foreach((json_t *)patch, key, value) {
		if (json_is_null(value))
			json_object_del(merged, key);
		else
			json_object_set_new(merged, key,
				camera_body_merge(json_object_get(merged, key), value));
	}
	return merged;
}

/* "camera:1:17: port: ...": the place is one in a text that nobody but us has seen. */
static void forget_place(struct gw_error *error)
{
	int line, column, size = 0;

	if (sscanf(error->text, "camera:%d:%d%n", &line, &column, &size) == 2)
		memmove(error->text + 6, error->text + size, strlen(error->text + size) + 1);
}

int camera_body_read(const json_t *json, struct gw_camera_config **camera, struct gw_error *error)
{
	const int status = gw_config_camera_from_json(json, "camera", camera, error);

	if (status != 0)
		forget_place(error);
	return status;
}

int camera_body_need(const json_t *body, struct gw_error *error)
{
	if (json_is_object(body))
		return 0;
	return gw_error_set(error, -EINVAL,
		"the body must be a JSON object with the keys of a camera, as in the configuration "
		"(docs/configuration.md, `cameras`)");
}

int camera_body_check_reach(const struct gw_request *request, struct gw_error *error)
{
	static const char *const keys[] = {
		"url", "user", "password_file", "password_env", "tls_ca_file", "tls_fingerprint"};

	for (size_t i = 0; request->cameras && i < sizeof(keys) / sizeof(keys[0]); i++)
		if (json_object_get(request->body, keys[i]))
			return gw_error_set(error, -EPERM,
				"%s is for some cameras alone, and may not change '%s'",
				request->who, keys[i]);
	return 0;
}
