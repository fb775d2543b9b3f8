/* What the gateway can be asked and told, and the one way in: whoever brings a request (HTTP, a
 * topic of commands, an agent of a fleet) hands it to gw_api_call(), which finds who answers.
 *
 * Stages and services offer tables of routes; they know no transport, and no transport knows them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

#define GW_API_PREFIX "/api/v1/" /* before a route's path, where there are URLs */

struct gw;
struct json_t;

/* Who asks may do all that the roles before may, too. */
enum gw_role {
	GW_ROLE_NONE, /* nobody that we know: no route is his */
	GW_ROLE_VIEWER, /* looks */
	GW_ROLE_OPERATOR, /* does what cameras and models are run with */
	GW_ROLE_ADMIN, /* changes what the gateway is */
};

struct gw_request {
	const char
		*name; /* what stood for "{name}", decoded; NULL: nothing. The dispatch sets it */
	const struct json_t *body; /* NULL: none */
	enum gw_role role;
	const char *who; /* for the log: "uid 1000 (anna)" */
	/* Names of the cameras that it may be about, an array: then only routes of these, and those
	 * that are `for_some`, may be called. NULL: all. */
	const struct json_t *cameras;
	bool sets_up; /* with the token that makes the first one of an admin, and nothing else */
	const char *from; /* the same: "socket", "https 192.0.2.7"; NULL: nobody says */

	/* True from when the gateway ends; NULL: never. Read with gw_request_ending(). */
	const _Atomic bool *ending;
};

/* Whether the gateway ends: a slow handler that waits for something asks now and then, and returns
 * -EAGAIN. One that goes on is left behind after half a second. */
static inline bool gw_request_ending(const struct gw_request *request)
{
	return request->ending && *request->ending;
}

/* An answer: either `json`, or bytes of another type. Whoever called releases it with
 * gw_reply_release(). */
struct gw_reply {
	int status; /* of HTTP */
	struct json_t *json;
	const char *type; /* of the bytes: "image/jpeg"; static */
	const void *bytes;
	size_t size;
	void (*release)(void *owner); /* NULL: the bytes are static. Any thread */
	void *owner; /* of the bytes: a frame reference, say */
	char allow[64]; /* the methods that the path has, where that is the answer; else empty */
	char tag[64]; /* tells this answer from others of the same path (RFC 9110, 8.8.3); or empty
		       */
	uint32_t retry_after; /* seconds until it is worth asking again; 0: nobody knows */

	/* For who writes changes down: an object, such as {"before", "after"}; NULL: there is
	 * nothing to say. */
	struct json_t *change;
};

/* Answers one request. `owner` is whom the table belongs to: the struct gw_stage of a stage, the
 * state of a service. Runs on any thread, on several at the same time; one that may take longer
 * than some milliseconds says so in its route.
 *
 * Returns an HTTP status with reply->json set to a new jansson object or reply->bytes to bytes
 * (204: neither); or a negative errno with an error line, which becomes {"error": {"code",
 * "message"}}: -ENOENT 404, -EINVAL 400, -EBUSY and -EEXIST 409, -EPERM 403, -ETIMEDOUT 504,
 * -EAGAIN 503, -ENOTSUP 501, -EMSGSIZE 413, others 500. */
typedef int gw_api_handler(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error);

/* A table that is written without the names of the first four does not compile with the role left
 * out. One with `.method = ...` does: gw_api_check() finds it. */
struct gw_api_route {
	enum gw_role role; /* the least that may; with GW_ROLE_NONE nobody may */
	const char *method; /* "GET", "POST", "PATCH", "PUT", "DELETE"; NULL ends a table */
	const char
		*path; /* below GW_API_PREFIX; "{name}" is one segment: "cameras/{name}/sample" */
	const char *summary;
	gw_api_handler *handle;
	bool slow; /* not for a thread that others wait for */
	bool body; /* may come with a JSON body */
	bool large; /* of megabytes */
	bool looks; /* changes nothing, whatever its method: nobody writes it down */
	bool secret; /* its answer is for who asks alone: not where others read it, too */
	/* Tells and changes nothing of a camera, or only what the request's cameras allow. */
	bool for_some;
};

/* Who writes down what may change something: every request to a route that is no GET,
 * and does not only look. Set before
 * requests are let in (gw->witness). Any thread, and several at the same time. */
struct gw_api_witness {
	/* It is about to be carried out; `number` is for done(). With a negative errno and a line
	 * it is not, and is answered 503. */
	int (*asked)(void *owner, const struct gw_api_route *route, const char *path,
		const struct gw_request *request, uint64_t *number, struct gw_error *error);
	void (*done)(void *owner, const struct gw_api_route *route, uint64_t number,
		const struct gw_reply *reply);
	/* Its role does not do. */
	void (*refused)(void *owner, const struct gw_api_route *route, const char *path,
		const struct gw_request *request, const struct gw_reply *reply);
	void *owner;
};

/* Answers `method` on `path` (below GW_API_PREFIX, still percent-encoded), on the calling thread.
 * HEAD is GET; OPTIONS tells the methods. Never fails: what goes wrong is an answer too. What may
 * change something (no GET) is logged with who asked, and written down by gw->witness. Any thread,
 * from when the services are open until they are closed. */
void gw_api_call(struct gw *gw, const char *method, const char *path,
	const struct gw_request *request, struct gw_reply *reply);

/* False: gw_api_call() refuses it for who asks alone, whatever the body is. Any thread. */
bool gw_api_admits(
	struct gw *gw, const char *method, const char *path, const struct gw_request *request);

/* Whether the request may be about that camera. */
bool gw_request_may_see(const struct gw_request *request, const char *camera);

/* Whether gw_api_call() would run a route that is slow, takes a large body, or has a secret answer.
 */
bool gw_api_is_slow(struct gw *gw, const char *method, const char *path);
bool gw_api_is_secret(struct gw *gw, const char *method, const char *path);
bool gw_api_is_large(struct gw *gw, const char *method, const char *path);

/* Calls `visit` for every route of every stage and service. */
void gw_api_each(
	struct gw *gw, void (*visit)(const struct gw_api_route *route, void *arg), void *arg);

/* Looks for a route that nobody could ever call, as it names no role. Returns 0, or -EINVAL and the
 * line that names the first. Before requests are let in. */
int gw_api_check(struct gw *gw, struct gw_error *error);

/* Makes the reply an error. What it held is not released. */
__attribute__((format(printf, 4, 5))) void gw_reply_refuse(
	struct gw_reply *reply, int status, const char *code, const char *format, ...);

/* Makes the reply the error that a handler's negative errno stands for. The same. */
void gw_reply_fail(struct gw_reply *reply, int status, const struct gw_error *error);

/* Gives back what the reply holds, and empties it. */
void gw_reply_release(struct gw_reply *reply);

/* "none", "viewer", "operator", "admin". */
const char *gw_role_name(enum gw_role role);
