#include "mgmt/routes.h"

#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/api.h"
#include "core/gateway.h"
#include "mgmt/path.h"

static int list_routes(
	const struct api *api, const char *name, json_t **reply, struct gw_error *error);

const struct api_route api_routes[] = {
	{"GET", "", "All routes", list_routes},
	{"GET", "version", "Program and API version", api_version},
	{"GET", "status", "The gateway at a glance", api_status},
	{"GET", "config", "The configuration in effect, secrets left out", api_config},
	{"GET", "cameras", "All cameras with state, rates and frames", api_cameras},
	{"GET", "cameras/{name}", "One camera", api_camera},
	{"GET", "drops", "What was dropped, by reason and camera", api_drops},
	{"GET", "latency", "How long frames take, by stage and by camera", api_latency},
	{"GET", "audit", "Whether everything that came in is accounted for", api_audit},
	{"GET", "stages", "The stages of the pipeline", api_stages},
	{NULL, NULL, NULL, NULL},
};

/* What a request leads to: one of our routes or one of a stage's. */
struct target {
	const struct api_route *own;
	const struct gw_api_route *stage;
	char name[GW_NAME * 4]; /* longer than any name, so that a wrong one is simply not found */
};

struct api_answer api_refuse(int status, const char *code, const char *format, ...)
{
	struct gw_error line;
	va_list args;

	va_start(args, format);
	vsnprintf(line.text, sizeof(line.text), format, args);
	va_end(args);
	json_t *text = json_string(line.text);
	/* A message may carry bytes of the request that are not UTF-8. */
	if (!text)
		text = json_string("the request is not UTF-8");
	return (struct api_answer){.status = status,
		.body = json_pack("{s:{s:s, s:o}}", "error", "code", code, "message", text)};
}

/* Adds one route that fits the path to what the request may lead to. */
static void consider(struct target *target, char *allow, size_t room, const char *method,
	const char *offered, const struct api_route *own, const struct gw_api_route *stage)
{
	size_t used = strlen(allow);

	if (!strstr(allow, offered))
		snprintf(allow + used, room - used, "%s%s", used ? ", " : "", offered);
	if (strcmp(method, offered) == 0 && !target->own && !target->stage) {
		target->own = own;
		target->stage = stage;
	}
}

/* Looks through both tables. Returns 0, or the negative errno of a path that cannot be read. */
static int find(const struct gw *gw, const char *method, const char *path, struct target *target,
	char *allow, size_t room)
{
	char name[sizeof(target->name)];

	for (const struct api_route *route = api_routes; route->method; route++) {
		int fits = path_match(route->path, path, name, sizeof(name));

		if (fits < 0)
			return fits;
		if (fits == 0)
			continue;
		strcpy(target->name, name);
		consider(target, allow, room, method, route->method, route, NULL);
	}
	for (int i = 0; i < GW_STAGES; i++) {
		const struct gw_api_route *route =
			gw->stages[i].ops ? gw->stages[i].ops->routes : NULL;

		for (; route && route->method; route++) {
			int fits = path_match(route->path, path, name, sizeof(name));

			if (fits < 0)
				return fits;
			if (fits == 0)
				continue;
			strcpy(target->name, name);
			consider(target, allow, room, method, route->method, NULL, route);
		}
	}
	return 0;
}

static struct api_answer answer_error(int status, const struct gw_error *error)
{
	const char *text = error->text[0] ? error->text : strerror(-status);

	switch (status) {
	case -ENOENT:
		return api_refuse(404, "not_found", "%s", text);
	case -EINVAL:
		return api_refuse(400, "bad_request", "%s", text);
	case -EBUSY:
		return api_refuse(409, "busy", "%s", text);
	default:
		return api_refuse(500, "internal", "%s", text);
	}
}

static struct api_answer run(const struct api *api, const struct target *target)
{
	struct api_answer answer = {0};
	struct gw_error error = {{0}};
	const char *name = target->name[0] ? target->name : NULL;

	if (target->own)
		answer.status = target->own->handle(api, name, &answer.body, &error);
	else
		answer.status = target->stage->handle(api->gw, name, &answer.body, &error);
	if (answer.status >= 0 && answer.body)
		return answer;
	json_decref(answer.body);
	return answer_error(answer.status < 0 ? answer.status : -ENOMEM, &error);
}

struct api_answer api_dispatch(const struct api *api, const char *method, const char *url)
{
	struct target target = {0};
	struct api_answer answer;
	char allow[sizeof(answer.allow)] = "";
	const char *path = url + strlen(API_PREFIX);

	if (strcmp(method, "HEAD") == 0)
		method = "GET";
	if (strncmp(url, API_PREFIX, strlen(API_PREFIX)) != 0)
		return api_refuse(404, "not_found", "the API begins at " API_PREFIX);
	int status = find(api->gw, method, path, &target, allow, sizeof(allow));
	if (status != 0)
		return api_refuse(
			400, "bad_request", "the path has a broken %%-escape or is too long");
	if (allow[0] == '\0')
		return api_refuse(404, "not_found",
			"there is no %s: GET " API_PREFIX " lists all routes", url);
	if (strcmp(method, "OPTIONS") == 0)
		answer = (struct api_answer){.status = 204};
	else if (target.own || target.stage)
		return run(api, &target);
	else
		answer = api_refuse(405, "method_not_allowed", "%s is not possible here, but %s is",
			method, allow);
	snprintf(answer.allow, sizeof(answer.allow), "%s%s, OPTIONS", allow,
		strstr(allow, "GET") ? ", HEAD" : "");
	return answer;
}

static void list_route(json_t *list, const char *method, const char *path, const char *summary)
{
	char full[256];

	snprintf(full, sizeof(full), API_PREFIX "%s", path);
	json_array_append_new(list,
		json_pack("{s:s, s:s, s:s}", "method", method, "path", full, "summary", summary));
}

static int list_routes(
	const struct api *api, const char *name, json_t **reply, struct gw_error *error)
{
	json_t *list = json_array();

	for (const struct api_route *route = api_routes; route->method; route++)
		list_route(list, route->method, route->path, route->summary);
	for (int i = 0; i < GW_STAGES; i++) {
		const struct gw_stage_ops *ops = api->gw->stages[i].ops;

		for (const struct gw_api_route *route = ops ? ops->routes : NULL;
			route && route->method; route++)
			list_route(list, route->method, route->path, route->summary);
	}
	*reply = json_pack("{s:o}", "routes", list);
	return 200;
}
