/* What answers the requests: one function per route, one file per noun.
 *
 * All have the contract of gw_api_route's handle() (core/api.h): they run on the server's thread,
 * set *reply to a new object and return an HTTP status, or return a negative errno with an error
 * line. */
#pragma once

#include "core/error.h"

struct gw;
struct json_t;
struct rates;

/* What handlers may ask. */
struct api {
	struct gw *gw;
	struct rates *rates;
};

typedef int api_handler(
	const struct api *api, const char *name, struct json_t **reply, struct gw_error *error);

api_handler api_version, api_status, api_cameras, api_camera, api_drops, api_latency, api_audit,
	api_stages, api_config;
