/* How a stage answers HTTP requests without knowing the server: a table of routes. */
#pragma once

#include "core/error.h"

struct gw;
struct json_t;

struct gw_api_route {
	const char *method; /* "GET", "POST"; NULL ends a table */
	const char *
		path; /* below /api/v1/; "{name}" stands for one segment: "cameras/{name}/sample" */
	const char *summary;

	/* Answers one request, on a thread of the server's. `name` is what stood for "{name}", or
	 * NULL. Returns an HTTP status and sets *reply to a new jansson object that the caller
	 * releases; or a negative errno with an error line: -ENOENT becomes 404, -EINVAL 400,
	 * -EBUSY 409, others 500. */
	int (*handle)(
		struct gw *gw, const char *name, struct json_t **reply, struct gw_error *error);
};
