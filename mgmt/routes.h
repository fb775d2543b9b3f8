/* Which request goes where: our own table of routes, and those that the stages offer. */
#pragma once

#include "mgmt/handlers.h"

#define API_PREFIX "/api/v1/"

struct api_route {
	const char *method; /* NULL ends the table */
	const char *path; /* below API_PREFIX, as in struct gw_api_route */
	const char *summary;
	api_handler *handle;
};

extern const struct api_route api_routes[];

/* The outcome of one request. */
struct api_answer {
	int status; /* of HTTP */
	struct json_t *body; /* NULL: none; the receiver releases it */
	char allow[64]; /* for the Allow header; empty: none */
};

/* Answers `method` on `url` (the path as it came, still percent-encoded). Never fails: what goes
 * wrong is an answer too, {"error": {"code", "message"}}. Runs the handler on the calling thread.
 */
struct api_answer api_dispatch(const struct api *api, const char *method, const char *url);

/* An error as an answer. */
__attribute__((format(printf, 3, 4))) struct api_answer api_refuse(
	int status, const char *code, const char *format, ...);
