#include "mgmt/routes.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "mgmt/state.h"

#define LOOK(path, summary, answer) \
	{ \
		GW_ROLE_VIEWER, "GET", path, summary, .handle = answer \
	}

/* It tells of no camera that the request must not be about. */
#define LOOK_FOR_SOME(path, summary, answer) \
	{ \
		GW_ROLE_VIEWER, "GET", path, summary, .handle = answer, .for_some = true \
	}

#define CHANGE(method, path, summary, answer, with_body) \
	{ \
		GW_ROLE_ADMIN, method, path, summary, .handle = answer, .slow = true, \
						      .body = with_body \
	}

/* For who types: it is asked again and again, and changes nothing. */
#define CHECK(path, summary, answer) \
	{ \
		GW_ROLE_ADMIN, "POST", path, summary, .handle = answer, .body = true, \
						      .looks = true \
	}

/* A whole configuration comes with it. */
#define CHANGE_LARGE(path, summary, answer) \
	{ \
		GW_ROLE_ADMIN, "POST", path, summary, .handle = answer, .slow = true, \
						      .body = true, .large = true \
	}

const struct gw_api_route mgmt_routes[] = {
	LOOK_FOR_SOME("", "All routes", api_routes),
	LOOK_FOR_SOME("openapi.yaml", "This description", api_openapi),
	LOOK_FOR_SOME("version", "Program and API version", api_version),
	LOOK("status", "The gateway at a glance", api_status),
	LOOK_FOR_SOME("alarms", "What an operator is to be told now", api_alarms),
	LOOK_FOR_SOME("alarms/history", "What was raised and cleared lately", api_alarms_history),
	LOOK("config", "The configuration in effect, secrets left out", api_config),
	/* It reads the file. */
	{GW_ROLE_VIEWER, "GET", "config/diff", "What differs from the stored configuration",
		.handle = api_config_diff, .slow = true},
	CHANGE("POST", "config/save", "Store the configuration in effect", api_config_save, false),
	/* With the secrets that stand in it. */
	{GW_ROLE_ADMIN, "GET", "config/text", "The configuration in effect as a file",
		.handle = api_config_text, .slow = true, .secret = true},
	CHANGE_LARGE("config/check", "What a commit would change", api_config_check),
	CHANGE_LARGE("config/commit", "Change the configuration as a whole", api_config_commit),
	CHANGE("POST", "config/confirm", "Keep the newest commit", api_config_confirm, false),
	CHANGE("POST", "config/rollback", "Go back to an earlier commit", api_config_rollback,
		true),
	/* They read the history's files. */
	{GW_ROLE_VIEWER, "GET", "config/history", "The last commits", .handle = api_config_history,
		.slow = true},
	{GW_ROLE_VIEWER, "GET", "config/history/{name}", "One commit",
		.handle = api_config_history_one, .slow = true},
	LOOK_FOR_SOME("cameras", "All cameras with state, rates and frames", api_cameras),
	LOOK("cameras/{name}", "One camera", api_camera),
	LOOK("cameras/{name}/config", "Its configuration", api_camera_config),
	LOOK("cameras/{name}/history", "How it did over the last hour", api_camera_history),
	LOOK("cameras/{name}/picture", "The camera's latest picture", api_picture),
	LOOK("cameras/{name}/findings", "What was found in it", api_findings),
	LOOK("cameras/{name}/view", "Both, of the same frame", api_view),
	/* They wait for the disk. */
	{GW_ROLE_OPERATOR, "POST", "cameras/{name}/corrections",
		"Say that a frame shows something else", .handle = api_correction_add, .slow = true,
		.body = true},
	{GW_ROLE_OPERATOR, "GET", "corrections", "What was said to be something else",
		.handle = api_corrections, .slow = true},
	{GW_ROLE_OPERATOR, "GET", "corrections/{name}", "One of these, with its record",
		.handle = api_correction, .slow = true},
	{GW_ROLE_OPERATOR, "GET", "corrections/{name}/picture", "Its picture",
		.handle = api_correction_picture, .slow = true},
	/* Who may say it may take it back. */
	{GW_ROLE_OPERATOR, "DELETE", "corrections/{name}", "Delete it",
		.handle = api_correction_remove, .slow = true, .for_some = true},
	CHANGE("POST", "cameras", "Add a camera", api_camera_add, true),
	CHECK("camera-check", "What is wrong with a new camera", api_camera_check_new),
	CHECK("cameras/{name}/check", "What is wrong with a change", api_camera_check),
	CHANGE("PATCH", "cameras/{name}", "Change a camera", api_camera_change, true),
	CHANGE("DELETE", "cameras/{name}", "Remove a camera", api_camera_remove, false),
	/* Megabytes, with thousands of cameras. */
	{GW_ROLE_VIEWER, "GET", "drops", "What was dropped, by reason and camera",
		.handle = api_drops, .slow = true},
	LOOK("latency", "How long frames take, by stage and by camera", api_latency),
	/* It waits for what is in motion to settle. */
	{GW_ROLE_VIEWER, "GET", "audit", "Whether everything that came in is accounted for",
		.handle = api_audit, .slow = true},
	/* Of what was changed; `audit` is the balance of frames. They read the files. */
	CHANGE("GET", "audit-log", "What was changed last, and by whom", api_audit_log, false),
	CHANGE("GET", "audit-log/check", "Whether the audit log is whole", api_audit_log_check,
		false),
	LOOK_FOR_SOME("certificate", "What HTTPS shows for who it is", api_certificate),
	{GW_ROLE_ADMIN, "GET", "tokens", "The tokens there are", .handle = api_tokens},
	{GW_ROLE_ADMIN, "POST", "tokens", "Make a token", .handle = api_token_create, .slow = true,
		.body = true, .secret = true},
	CHANGE("DELETE", "tokens/{name}", "Revoke a token", api_token_revoke, false),
	{GW_ROLE_ADMIN, "GET", "token-setup", "The token to set the gateway up with",
		.handle = api_token_set_up, .secret = true},
	{GW_ROLE_OPERATOR, "POST", "models/{name}/try", "Try a model on a picture",
		.handle = api_model_try, .slow = true, .body = true, .large = true, .looks = true},
	{GW_ROLE_OPERATOR, "POST", "trace", "Record a timeline of frames and batches",
		.handle = api_trace, .slow = true, .body = true},
	{GW_ROLE_ADMIN, "GET", "log", "The latest lines of the log", .handle = api_log,
		.secret = true},
	{GW_ROLE_ADMIN, "GET", "log/{name}", "Those after one", .handle = api_log, .secret = true},
	/* Some milliseconds; it must come also while all that is slow has to wait. */
	LOOK("metrics", "All figures, for Prometheus", api_metrics),
	LOOK_FOR_SOME("livez", "Whether the process answers and its threads turn", api_livez),
	LOOK("readyz", "Whether pictures come in and results go out", api_readyz),
	LOOK("stages", "The stages of the pipeline", api_stages),
	LOOK("services", "What runs beside the pipeline", api_services),
	{0},
};

static void list_route(const struct gw_api_route *route, void *arg)
{
	char path[256];

	snprintf(path, sizeof(path), GW_API_PREFIX "%s", route->path);
	json_array_append_new(arg,
		json_pack("{s:s, s:s, s:s, s:s, s:b, s:b, s:b}", "method", route->method, "path",
			path, "summary", route->summary, "role", gw_role_name(route->role), "slow",
			route->slow, "body", route->body, "changes",
			strcmp(route->method, "GET") != 0 && !route->looks));
}

int api_routes(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	const struct mgmt *mgmt = owner;
	json_t *list = json_array();

	gw_api_each(mgmt->gw, list_route, list);
	reply->json = json_pack("{s:o}", "routes", list);
	return 200;
}
