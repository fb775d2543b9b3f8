#include "mgmt/server.h"

#include <errno.h>
#include <jansson.h>
#include <microhttpd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/thread.h"
#include "mgmt/acceptor.h"
#include "mgmt/body.h"
#include "mgmt/callers.h"
#include "mgmt/groups.h"
#include "mgmt/https/keeper.h"
#include "mgmt/identity.h"
#include "mgmt/jobs.h"
#include "mgmt/page.h"
#include "mgmt/peer.h"
#include "mgmt/response.h"
#include "mgmt/tokens/tries.h"

#define CONNECTIONS 64u
#define TIMEOUT_S 15u
#define TRY_AGAIN_S "12"
#define CONNECTION_MEMORY (32u * 1024u) /* request line and headers must fit */

/* Nothing but what TLS 1.2 and 1.3 have that gives forward secrecy and authenticates what it
 * encrypts (RFC 9325, 4.2). */
#define PRIORITIES \
	"SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA:" \
	"-CIPHER-ALL:+AES-256-GCM:+AES-128-GCM:+CHACHA20-POLY1305:-MAC-ALL:+AEAD:" \
	"%SERVER_PRECEDENCE"

struct api_server {
	struct api_entrance entrance;
	struct gw *gw; /* of the entrance */
	struct peer peer; /* of the server's thread, as what is next */
	struct tries tries;
	struct MHD_Daemon *daemon;
	struct callers *callers;
	struct acceptor *acceptor;
};

/* One request, from its headers to its end. */
struct http_request {
	struct identity identity; /* of whoever asks */
	struct body body;
	bool put_off; /* this is not the first time that its answer is asked for */
	struct job *job; /* answers it elsewhere; NULL: `reply` is the answer */
	struct gw_reply reply;
};

/* The job has its answer: on_request() is called once more. Any thread. */
static void on_done(void *connection)
{
	MHD_resume_connection(connection);
}

/* Has the request answered elsewhere. The connection is suspended before the job can be done. */
static void put_off(struct api_server *server, struct MHD_Connection *connection,
	const char *method, const char *path, const struct gw_request *request,
	struct http_request *state)
{
	state->put_off = true;
	MHD_suspend_connection(connection);
	state->job = jobs_put(server->entrance.jobs, method, path, request, on_done, connection);
	if (state->job)
		return;
	gw_reply_refuse(&state->reply, 503, "unavailable",
		errno == EAGAIN ? "too many slow requests wait already: try again later"
				: "no slow request can be taken now");
	MHD_resume_connection(connection);
}

static int descriptor_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	return info ? info->connect_fd : -1;
}

/* What the client at the other end is at from here on. */
static void note_caller(
	struct api_server *server, struct MHD_Connection *connection, enum caller_phase phase)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	callers_note(server->callers, info ? info->socket_context : NULL, phase, gw_now());
}

/* The route's path; NULL: it is none of the API's. What supervisors and Prometheus ask for is also
 * where they look for it by custom. */
static const char *path_of(const char *url)
{
	static const char *const customary[] = {"/metrics", "/livez", "/readyz"};

	if (strncmp(url, GW_API_PREFIX, strlen(GW_API_PREFIX)) == 0)
		return url + strlen(GW_API_PREFIX);
	for (size_t i = 0; i < sizeof(customary) / sizeof(customary[0]); i++)
		if (strcmp(url, customary[i]) == 0)
			return url + 1;
	return NULL;
}

/* Who is not known is told why, and his place is for the next one. */
static enum MHD_Result refuse_unknown(const struct api_server *server,
	struct MHD_Connection *connection, enum identity_found found, const char *who)
{
	const struct groups *groups = server->entrance.groups;
	struct refusal refusal = {MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer"};
	struct gw_reply reply;

	if (found == IDENTITY_STRANGER) {
		refusal.header = NULL;
		gw_reply_refuse(&reply, 403, "forbidden",
			"%s is in none of the groups that may use the gateway: %s, %s and %s", who,
			groups->name[GW_ROLE_VIEWER], groups->name[GW_ROLE_OPERATOR],
			groups->name[GW_ROLE_ADMIN]);
	} else if (found == IDENTITY_TOO_MANY) {
		refusal = (struct refusal){MHD_HTTP_HEADER_RETRY_AFTER, TRY_AGAIN_S};
		gw_reply_refuse(&reply, 429, "too_many_tries",
			"too many tokens from this address were none: try again in " TRY_AGAIN_S
			" seconds");
	} else if (found == IDENTITY_BAD_TOKEN) {
		refusal.value = "Bearer error=\"invalid_token\"";
		gw_reply_refuse(&reply, 401, "unauthorized",
			"this token is none, or not any more: gwctl token list shows those there "
			"are");
	} else {
		gw_reply_refuse(&reply, 401, "unauthorized",
			"send a token in the header `Authorization: Bearer TOKEN`: gwctl token "
			"create makes one");
	}
	return response_send(connection, &reply, &refusal);
}

/* Counts what was no token. */
static void count_refused(const struct api_entrance *entrance, enum identity_found found)
{
	if (found == IDENTITY_BAD_TOKEN && entrance->tokens_wrong)
		gw_counter_add(entrance->tokens_wrong, 1);
	else if (found == IDENTITY_TOO_MANY && entrance->tokens_too_many)
		gw_counter_add(entrance->tokens_too_many, 1);
}

static enum identity_found identify(
	struct api_server *server, struct MHD_Connection *connection, struct identity *identity)
{
	if (!server->entrance.tokens)
		return identity_of_peer(server->entrance.groups, &server->peer,
			descriptor_of(connection), identity);
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	static const struct sockaddr nowhere = {.sa_family = AF_UNSPEC};

	const enum identity_found found = identity_of_token(server->entrance.tokens, &server->tries,
		MHD_lookup_connection_value(
			connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION),
		info && info->client_addr ? info->client_addr : &nowhere, gw_now(), identity);
	count_refused(&server->entrance, found);
	return found;
}

static enum MHD_Result answer(struct api_server *server, struct MHD_Connection *connection,
	const char *method, const char *url, struct http_request *state)
{
	struct gw_request request = identity_request(&state->identity);
	const char *path = path_of(url);
	struct gw_reply reply;
	json_t *body;

	if (!path) {
		if (!page_answer(method, url, &reply))
			gw_reply_refuse(
				&reply, 404, "not_found", "the API begins at " GW_API_PREFIX);
		return response_send(connection, &reply, NULL);
	}
	if (body_parse(&state->body, &body, &reply) != 0)
		return response_send(connection, &reply, NULL);
	request.body = body;
	if (gw_api_is_slow(server->gw, method, path)) {
		put_off(server, connection, method, path, &request, state);
		json_decref(body);
		return MHD_YES;
	}
	gw_api_call(server->gw, method, path, &request, &reply);
	json_decref(body);
	response_leave_out_known(connection, &reply);
	return response_send(connection, &reply, NULL);
}

/* Of somebody who takes what everybody gets: over the network he goes before who has a token. */
static enum caller_phase phase_of_refused(const struct api_server *server)
{
	return server->entrance.tokens ? CALLER_NEW : CALLER_TAKES;
}

/* Refuses who is not known, or may not, before a byte of his body is kept; false: he may. */
static bool refuse_early(struct api_server *server, struct MHD_Connection *connection,
	const char *method, const char *path, struct identity *identity, enum MHD_Result *result)
{
	const enum identity_found found = identify(server, connection, identity);
	const struct gw_request request = identity_request(identity);
	struct gw_reply reply;

	if (found != IDENTITY_KNOWN) {
		note_caller(server, connection, phase_of_refused(server));
		*result = refuse_unknown(server, connection, found, identity->who);
		return true;
	}
	if (!path || gw_api_admits(server->gw, method, path, &request))
		return false;
	gw_api_call(server->gw, method, path, &request, &reply);
	note_caller(server, connection, CALLER_TAKES);
	*result = response_send(connection, &reply, NULL);
	return true;
}

/* The headers are there. */
static enum MHD_Result begin_request(struct api_server *server, struct MHD_Connection *connection,
	const char *url, const char *method, struct http_request **state)
{
	const char *path = path_of(url);
	struct identity identity;
	enum MHD_Result result = MHD_NO;
	struct gw_reply page;

	/* It is where one enters his token, and comes before he has shown it. */
	if (server->entrance.tokens && !path && page_answer(method, url, &page)) {
		note_caller(server, connection, phase_of_refused(server));
		return response_send(connection, &page, NULL);
	}
	if (refuse_early(server, connection, method, path, &identity, &result)) {
		identity_release(&identity);
		return result;
	}
	struct http_request *request = calloc(1, sizeof(*request));

	if (!request) {
		identity_release(&identity);
		return MHD_NO;
	}
	request->identity = identity;
	request->body.limit =
		path && gw_api_is_large(server->gw, method, path) ? BODY_LIMIT_LARGE : BODY_LIMIT;
	*state = request;
	return MHD_YES;
}

/* Refuses whose token was revoked while his body came in; false: he may still. */
static bool refuse_late(struct api_server *server, struct MHD_Connection *connection,
	const char *method, const char *url, struct http_request *request, enum MHD_Result *result)
{
	struct identity identity;

	if (!server->entrance.tokens)
		return false;
	if (refuse_early(server, connection, method, path_of(url), &identity, result)) {
		identity_release(&identity);
		return true;
	}
	identity_release(&request->identity);
	request->identity = identity;
	return false;
}

/* The library's own thread is known once it calls. */
static void give_way_once(void)
{
	static _Thread_local bool does;

	if (!does)
		gw_thread_give_way();
	does = true;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *data, size_t *size, void **state)
{
	struct api_server *server = arg;
	struct http_request *request = *state;

	give_way_once();
	if (!request)
		return begin_request(
			server, connection, url, method, (struct http_request **)state);
	if (*size > 0) {
		const bool goes_on = body_add(&request->body, data, *size);

		*size = 0;
		return goes_on ? MHD_YES : MHD_NO;
	}
	enum MHD_Result refused;

	if (!request->put_off && refuse_late(server, connection, method, url, request, &refused))
		return refused;
	note_caller(server, connection, CALLER_WAITS);
	if (!request->put_off) {
		const enum MHD_Result result = answer(server, connection, method, url, request);

		if (!request->put_off)
			note_caller(server, connection, CALLER_TAKES);
		return result;
	}
	if (request->job)
		job_reply(request->job, &request->reply);
	note_caller(server, connection, CALLER_TAKES);
	return response_send(connection, &request->reply, NULL);
}

/* What somebody is at of whom nothing is known, or nothing good. */
static enum caller_phase phase_of_unknown(const struct api_server *server)
{
	return server->entrance.tokens ? CALLER_NEW : CALLER_IDLE;
}

static void on_completed(void *arg, struct MHD_Connection *connection, void **state,
	enum MHD_RequestTerminationCode code)
{
	struct http_request *request = *state;

	note_caller(arg, connection, request ? CALLER_IDLE : phase_of_unknown(arg));
	if (!request)
		return;
	job_free(request->job);
	identity_release(&request->identity);
	gw_reply_release(&request->reply);
	body_free(&request->body);
	free(request);
	*state = NULL;
}

/* Whoever may come with a token is none until he does. */
static bool is_stranger(const struct api_server *server, int fd)
{
	return !server->entrance.tokens &&
		groups_role_at(server->entrance.groups, fd) == GW_ROLE_NONE;
}

static void on_connection(void *arg, struct MHD_Connection *connection, void **context,
	enum MHD_ConnectionNotificationCode code)
{
	struct api_server *server = arg;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		const int fd = descriptor_of(connection);

		*context = callers_add(server->callers, fd, is_stranger(server, fd), gw_now());
	} else {
		callers_remove(server->callers, *context);
	}
}

static bool has_room(void *arg)
{
	struct api_server *server = arg;

	return callers_expect(server->callers, gw_now());
}

static void enter(void *arg, int fd)
{
	struct api_server *server = arg;
	struct sockaddr_storage from = {.ss_family = AF_UNIX};
	socklen_t size = sizeof(from);

	if (fd < 0) {
		callers_give_back(server->callers, false);
		return;
	}
	const bool stranger = is_stranger(server, fd);

	if (!callers_admit(server->callers, stranger, gw_now())) {
		close(fd);
		gw_counter_add(server->entrance.turned_away, 1);
		return;
	}
	/* Who sits at a UNIX socket has no name. */
	if (!server->entrance.tokens || getpeername(fd, (struct sockaddr *)&from, &size) != 0)
		size = sizeof(from.ss_family);
	/* What it cannot take it closes. */
	if (MHD_add_connection(server->daemon, fd, (const struct sockaddr *)&from, size) != MHD_YES)
		callers_give_back(server->callers, stranger);
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

#define FLAGS \
	(MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_ITC | MHD_USE_ERROR_LOG | \
		MHD_ALLOW_SUSPEND_RESUME | MHD_USE_NO_LISTEN_SOCKET)

/* Who may come is told by `callers`; they take a moment to go. */
#define OPTIONS(server) \
	MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL, MHD_OPTION_NOTIFY_COMPLETED, on_completed, \
		(server), MHD_OPTION_NOTIFY_CONNECTION, on_connection, (server), \
		MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL, MHD_OPTION_CONNECTION_LIMIT, \
		4 * CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT, TIMEOUT_S, \
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY

static struct MHD_Daemon *start_daemon(struct api_server *server)
{
	struct MHD_Daemon *daemon;
	struct gw_inherit before;

	gw_inherit_begin(&before, NULL);
	if (server->entrance.tokens)
		daemon = MHD_start_daemon(FLAGS | MHD_USE_TLS, 0, NULL, NULL, on_request, server,
			OPTIONS(server), MHD_OPTION_HTTPS_PRIORITIES, PRIORITIES,
			MHD_OPTION_HTTPS_CERT_CALLBACK2, keeper_show, MHD_OPTION_END);
	else
		daemon = MHD_start_daemon(
			FLAGS, 0, NULL, NULL, on_request, server, OPTIONS(server), MHD_OPTION_END);
	const int number = errno;

	gw_inherit_end(&before);
	errno = number;
	return daemon;
}

struct api_server *api_server_start(const struct api_entrance *entrance, struct gw_error *error)
{
	struct api_server *server = calloc(1, sizeof(*server));

	if (!server) {
		gw_error_set(error, -ENOMEM, "api: out of memory");
		return NULL;
	}
	server->entrance = *entrance;
	server->gw = entrance->gw;
	server->callers = callers_create(CONNECTIONS);
	if (server->callers && entrance->tokens)
		callers_know_later(server->callers);
	server->daemon = server->callers ? start_daemon(server) : NULL;
	if (!server->daemon)
		gw_error_set(
			error, -EIO, "api: the HTTP server did not start: %s", strerror(errno));
	else
		server->acceptor = acceptor_start(
			entrance->socket, &(struct acceptor_door){has_room, enter, server}, error);
	if (server->acceptor)
		return server;
	api_server_stop(server);
	return NULL;
}

void api_server_stop(struct api_server *server)
{
	if (!server)
		return;
	acceptor_stop(server->acceptor);
	if (server->daemon)
		MHD_stop_daemon(server->daemon);
	callers_destroy(server->callers);
	free(server);
}
