/* What the body of a request says of a camera. Pure; any thread. */
#pragma once

#include "core/api.h"
#include "core/config/config.h"

struct json_t;

/* JSON Merge Patch (RFC 7396, 2): objects are merged, null takes a member away. `target` may be
 * NULL. Returns a new reference. */
struct json_t *camera_body_merge(struct json_t *target, const struct json_t *patch);

/* Reads what was merged, as strictly as the file; *camera is the caller's. 0 or a negative errno
 * with a line. */
int camera_body_read(
	const struct json_t *json, struct gw_camera_config **camera, struct gw_error *error);

/* -EINVAL with a line unless it is an object. */
int camera_body_need(const struct json_t *body, struct gw_error *error);

/* Whoever says where a camera is asked and with what file's password has that line sent to a host
 * of his own: that is not for who may see some cameras alone, who gets -EPERM with a line. */
int camera_body_check_reach(const struct gw_request *request, struct gw_error *error);
