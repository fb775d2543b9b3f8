#include "core/api.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "core/gateway.h"
#include "core/log.h"
#include "core/path.h"

/* What a request leads to. */
struct target {
	const struct gw_api_route *route; /* NULL: the path is there, the method is not */
	void *owner;
	char allow[40]; /* methods of the path; empty: there is no such path */
	char name[GW_NAME * 4]; /* longer than any name, so that a wrong one is simply not found */
};

/* How an errno of a handler is told. */
static const struct {
	int number, status;
	const char *code;
} failures[] = {
	{ENOENT, 404, "not_found"},
	{EINVAL, 400, "bad_request"},
	{EBUSY, 409, "busy"},
	{EEXIST, 409, "exists"},
	{EBADMSG, 409, "unreadable"},
	{EPERM, 403, "forbidden"},
	{ETIMEDOUT, 504, "timeout"},
	{EAGAIN, 503, "unavailable"},
	{ESHUTDOWN, 503, "unavailable"},
	{ENOSPC, 409, "full"},
	{ERANGE, 400, "bad_request"},
	{ENOTSUP, 501, "not_supported"},
	{EMSGSIZE, 413, "too_large"},
};

/* The table number `i` of all there are, NULL when that one has none. False: there are no more. */
static bool table_at(struct gw *gw, uint32_t i, const struct gw_api_route **routes, void **owner)
{
	*routes = NULL;
	if (i < GW_STAGES) {
		struct gw_stage *stage = &gw->stages[i];

		if (stage->ops)
			*routes = stage->ops->routes;
		*owner = stage;
		return true;
	}
	i -= GW_STAGES;
	if (i >= gw->service_count)
		return false;
	/* A service that is not wanted has no state, and nothing to say. */
	if (gw->services[i].state)
		*routes = gw->services[i].ops->routes;
	*owner = gw->services[i].state;
	return true;
}

void gw_api_each(
	struct gw *gw, void (*visit)(const struct gw_api_route *route, void *arg), void *arg)
{
	const struct gw_api_route *route;
	void *owner;

	for (uint32_t i = 0; table_at(gw, i, &route, &owner); i++)
		for (; route && route->method; route++)
			visit(route, arg);
}

static void note_without_role(const struct gw_api_route *route, void *arg)
{
	const struct gw_api_route **found = arg;

	if (route->role == GW_ROLE_NONE && !*found)
		*found = route;
}

int gw_api_check(struct gw *gw, struct gw_error *error)
{
	const struct gw_api_route *found = NULL;

	gw_api_each(gw, note_without_role, &found);
	if (!found)
		return 0;
	return gw_error_set(error, -EINVAL,
		"%s " GW_API_PREFIX "%s: the route names no role, so that nobody could call it: "
		"give it one in its table",
		found->method, found->path);
}

/* Notes one route whose path fits. */
static void consider(
	struct target *target, const char *method, const struct gw_api_route *route, void *owner)
{
	size_t used = strlen(target->allow);

	if (!strstr(target->allow, route->method))
		snprintf(target->allow + used, sizeof(target->allow) - used, "%s%s",
			used ? ", " : "", route->method);
	if (strcmp(method, route->method) == 0 && !target->route) {
		target->route = route;
		target->owner = owner;
	}
}

/* Looks through all tables. Returns 0, or the negative errno of a path that cannot be read. */
static int find(struct gw *gw, const char *method, const char *path, struct target *target)
{
	char name[sizeof(target->name)];
	const struct gw_api_route *route;
	void *owner;

	*target = (struct target){0};
	if (strcmp(method, "HEAD") == 0)
		method = "GET";
	for (uint32_t i = 0; table_at(gw, i, &route, &owner); i++) {
		for (; route && route->method; route++) {
			int fits = path_match(route->path, path, name, sizeof(name));

			if (fits < 0)
				return fits;
			if (fits == 0)
				continue;
			strcpy(target->name, name);
			consider(target, method, route, owner);
		}
	}
	return 0;
}

static bool may_run(const struct gw_api_route *route, enum gw_role role)
{
	return route->role != GW_ROLE_NONE && role >= route->role;
}

bool gw_request_may_see(const struct gw_request *request, const char *camera)
{
	json_t *name;
	size_t i;

	json_array_foreach(request->cameras, i, name)
		if (strcmp(json_string_value(name), camera) == 0)
			return true;
	return !request->cameras;
}

/* Whether that request may be about what the path names. */
static bool is_within(const struct target *target, const struct gw_request *request)
{
	static const char of_cameras[] = "cameras/{name}";
	const char *path = target->route->path;
	const size_t size = sizeof(of_cameras) - 1;

	if (request->sets_up)
		return strcmp(path, "tokens") == 0 && strcmp(target->route->method, "POST") == 0;
	if (!request->cameras || target->route->for_some)
		return true;
	return strncmp(path, of_cameras, size) == 0 && (path[size] == '\0' || path[size] == '/') &&
		gw_request_may_see(request, target->name);
}

bool gw_api_admits(
	struct gw *gw, const char *method, const char *path, const struct gw_request *request)
{
	struct target target;

	return find(gw, method, path, &target) != 0 || !target.route ||
		(may_run(target.route, request->role) && is_within(&target, request));
}

bool gw_api_is_slow(struct gw *gw, const char *method, const char *path)
{
	struct target target;

	return find(gw, method, path, &target) == 0 && target.route && target.route->slow;
}

bool gw_api_is_secret(struct gw *gw, const char *method, const char *path)
{
	struct target target;

	return find(gw, method, path, &target) == 0 && target.route && target.route->secret;
}

bool gw_api_is_large(struct gw *gw, const char *method, const char *path)
{
	struct target target;

	return find(gw, method, path, &target) == 0 && target.route && target.route->large;
}

void gw_reply_fail(struct gw_reply *reply, int status, const struct gw_error *error)
{
	const char *text = error->text[0] ? error->text : strerror(-status);

	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		if (failures[i].number == -status) {
			gw_reply_refuse(reply, failures[i].status, failures[i].code, "%s", text);
			return;
		}
	}
	gw_reply_refuse(reply, 500, "internal", "%s", text);
}

static void run(const struct target *target, const struct gw_request *asked, struct gw_reply *reply)
{
	struct gw_request request = *asked;
	struct gw_error error = {{0}};

	request.name = target->name[0] ? target->name : NULL;
	int status = target->route->handle(target->owner, &request, reply, &error);
	/* An object that could not be made. */
	if (status >= 0 && status != 204 && !reply->json && !reply->type)
		status = -ENOMEM;
	if (status >= 0) {
		reply->status = status;
		return;
	}
	gw_reply_release(reply);
	gw_reply_fail(reply, status, &error);
}

/* The answer to one that may. */
static void carry_out(const struct target *target, const char *path,
	const struct gw_request *request, struct gw_reply *reply)
{
	if (request->body && !target->route->body)
		gw_reply_refuse(reply, 400, "bad_request", "%s " GW_API_PREFIX "%s takes no body",
			target->route->method, path);
	else
		run(target, request, reply);
}

/* The same of what may change something: nothing is done that nobody could write down. */
static void carry_out_recorded(const struct gw_api_witness *witness, const struct target *target,
	const char *path, const struct gw_request *request, struct gw_reply *reply)
{
	struct gw_error error = {{0}};
	uint64_t number;

	if (witness->asked(witness->owner, target->route, path, request, &number, &error) != 0) {
		gw_reply_refuse(reply, 503, "unavailable", "nothing was changed: %s", error.text);
		return;
	}
	carry_out(target, path, request, reply);
	witness->done(witness->owner, target->route, number, reply);
}

/* Says why not. */
static void refuse(const struct target *target, const char *path, const struct gw_request *request,
	struct gw_reply *reply)
{
	const struct gw_api_route *route = target->route;

	if (!may_run(route, request->role))
		gw_reply_refuse(reply, 403, "forbidden",
			"%s " GW_API_PREFIX "%s needs the role %s, and %s is %s", route->method,
			path, gw_role_name(route->role), request->who, gw_role_name(request->role));
	else if (request->sets_up)
		gw_reply_refuse(reply, 403, "forbidden",
			"the token for the set-up makes that of an admin and does nothing else: "
			"POST " GW_API_PREFIX "tokens");
	else
		gw_reply_refuse(reply, 403, "forbidden",
			"%s is for some cameras alone, and %s " GW_API_PREFIX
			"%s is not about these",
			request->who, route->method, path);
}

/* Runs the route if whoever asks may. */
static void admit(struct gw *gw, const struct target *target, const char *path,
	const struct gw_request *request, struct gw_reply *reply)
{
	const struct gw_api_route *route = target->route;
	const bool changes = strcmp(route->method, "GET") != 0 && !route->looks;
	const struct gw_api_witness *witness = changes ? gw->witness : NULL;

	if (!may_run(route, request->role) || !is_within(target, request)) {
		refuse(target, path, request, reply);
		if (witness)
			witness->refused(witness->owner, route, path, request, reply);
	} else if (witness) {
		carry_out_recorded(witness, target, path, request, reply);
	} else {
		carry_out(target, path, request, reply);
	}
	if (changes)
		gw_info("api", "%s " GW_API_PREFIX "%s by %s: %d", route->method, path,
			request->who, reply->status);
}

void gw_api_call(struct gw *gw, const char *method, const char *path,
	const struct gw_request *request, struct gw_reply *reply)
{
	struct target target;

	*reply = (struct gw_reply){0};
	if (find(gw, method, path, &target) != 0) {
		gw_reply_refuse(reply, 400, "bad_request",
			"the path has a broken %%-escape or is too long");
		return;
	}
	if (target.allow[0] == '\0') {
		gw_reply_refuse(reply, 404, "not_found",
			"there is no " GW_API_PREFIX "%s: GET " GW_API_PREFIX " lists all routes",
			path);
		return;
	}
	if (target.route) {
		admit(gw, &target, path, request, reply);
		return;
	}
	if (strcmp(method, "OPTIONS") == 0)
		reply->status = 204;
	else
		gw_reply_refuse(reply, 405, "method_not_allowed",
			"%s is not possible here, but %s is", method, target.allow);
	snprintf(reply->allow, sizeof(reply->allow), "%s%s, OPTIONS", target.allow,
		strstr(target.allow, "GET") ? ", HEAD" : "");
}
