/* One camera, as the API shows it. */
#pragma once

#include "core/gateway.h"

struct json_t;
struct mgmt;

/* Its facts, a new jansson object; `in_use` as for tally_read(). Control thread, or held. */
struct json_t *cameras_facts(
	const struct mgmt *mgmt, const struct gw_camera *camera, const uint32_t *in_use);

/* Says why there is no such camera: -EBUSY while one of that name is being removed, else -ENOENT.
 * Control thread, or held. */
int cameras_missing(const struct gw *gw, const char *name, struct gw_error *error);
