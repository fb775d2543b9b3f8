/* One camera alone, as it comes over the API or is taken from a configuration. Any thread; what is
 * returned is the caller's.
 */
#pragma once

#include "core/config/config.h"

struct json_t;

/* Reads one camera from YAML or JSON, as strictly as from the file, puts defaults where nothing was
 * given and checks what can be checked without its neighbours. Error lines begin with `name`. On
 * failure *camera is NULL. Returns 0, -EINVAL or -ENOMEM. */
int gw_config_camera_parse(const char *text, size_t size, const char *name,
	struct gw_camera_config **camera, struct gw_error *error);

/* The same from a JSON object, whose numbers and texts must be what they look like: "5004" is no
 * number. */
int gw_config_camera_from_json(const struct json_t *json, const char *name,
	struct gw_camera_config **camera, struct gw_error *error);

/* NULL: out of memory. */
struct gw_camera_config *gw_config_camera_copy(const struct gw_camera_config *camera);

/* For what the functions above made. Accepts NULL. */
void gw_config_camera_free(struct gw_camera_config *camera);

/* Whether pictures of that size, as it is configured (0: unknown), may be decoded. */
bool gw_config_decodes(const struct gw_decode_config *decode, uint16_t width, uint16_t height);

/* Two cameras must not have one name or claim the same packets. Returns the key of `camera` that is
 * in the way of `other`, with a line that says why; NULL when both can live together. Both have
 * been parsed. */
const char *gw_config_camera_conflict(const struct gw_camera_config *camera,
	const struct gw_camera_config *other, struct gw_error *reason);
