#include "mgmt/server.h"

#include <errno.h>
#include <jansson.h>
#include <microhttpd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "mgmt/routes.h"

#define CONNECTIONS 64u
#define TIMEOUT_S 15u
#define CONNECTION_MEMORY (32u * 1024u) /* request line and headers must fit */
#define BODY_LIMIT (64u * 1024u)

struct api_server {
	const struct api *api;
	struct MHD_Daemon *daemon;
};

/* One request, from its headers to its end. No route takes a body yet: it is only measured. */
struct request {
	size_t body;
	bool too_large;
};

static enum MHD_Result respond(
	struct MHD_Connection *connection, const char *method, struct api_answer *answer)
{
	char *text = NULL;
	size_t size = 0;

	if (answer->body) {
		text = json_dumps(answer->body, JSON_COMPACT | JSON_REAL_PRECISION(9));
		json_decref(answer->body);
		size = text ? strlen(text) : 0;
	}
	struct MHD_Response *response =
		MHD_create_response_from_buffer(size, text, MHD_RESPMEM_MUST_FREE);
	if (!response) {
		free(text);
		return MHD_NO;
	}
	if (text)
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
	MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	if (answer->allow[0])
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, answer->allow);
	enum MHD_Result result =
		MHD_queue_response(connection, (unsigned int)answer->status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *data, size_t *size, void **state)
{
	const struct api_server *server = arg;
	struct request *request = *state;
	struct api_answer answer;

	if (!request) {
		request = calloc(1, sizeof(*request));
		*state = request;
		return request ? MHD_YES : MHD_NO;
	}
	if (*size > 0) {
		request->body += *size;
		*size = 0;
		/* The rest is read and thrown away; whoever sends without end is disconnected. */
		request->too_large = request->body > BODY_LIMIT;
		return request->body > 16 * BODY_LIMIT ? MHD_NO : MHD_YES;
	}
	if (request->too_large)
		answer = api_refuse(
			413, "too_large", "a request body may have %u bytes", BODY_LIMIT);
	else
		answer = api_dispatch(server->api, method, url);
	return respond(connection, method, &answer);
}

static void on_completed(void *arg, struct MHD_Connection *connection, void **state,
	enum MHD_RequestTerminationCode code)
{
	free(*state);
	*state = NULL;
}

/* Paths are decoded segment by segment, after they were split: "%2F" is no separator. */
static size_t keep_escapes(void *arg, struct MHD_Connection *connection, char *text)
{
	return strlen(text);
}

static void on_log(void *arg, const char *format, va_list args)
{
	char line[512];

	vsnprintf(line, sizeof(line), format, args);
	line[strcspn(line, "\n")] = '\0';
	gw_debug("api", "%s", line);
}

struct api_server *api_server_start(const struct api *api, int listening, struct gw_error *error)
{
	struct api_server *server = calloc(1, sizeof(*server));

	if (!server) {
		gw_error_set(error, -ENOMEM, "api: out of memory");
		return NULL;
	}
	server->api = api;
	server->daemon = MHD_start_daemon(
		MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_ITC | MHD_USE_ERROR_LOG, 0, NULL, NULL,
		on_request, server, MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
		MHD_OPTION_LISTEN_SOCKET, listening, MHD_OPTION_NOTIFY_COMPLETED, on_completed,
		NULL, MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL, MHD_OPTION_CONNECTION_LIMIT,
		CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT, TIMEOUT_S,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY, MHD_OPTION_END);
	if (!server->daemon) {
		gw_error_set(
			error, -EIO, "api: the HTTP server did not start: %s", strerror(errno));
		free(server);
		return NULL;
	}
	return server;
}

void api_server_stop(struct api_server *server)
{
	if (!server)
		return;
	MHD_stop_daemon(server->daemon);
	free(server);
}
