/* The management plane's state, which its handlers get as their owner, and the handlers: one
 * function for each route, one file for each noun. */
#pragma once

#include "core/api.h"
#include "core/counter.h"
#include "core/gateway.h"
#include "mgmt/groups.h"
#include "mgmt/socket.h"
#include "mgmt/witness.h"

struct mgmt {
	struct gw *gw;
	int64_t started_utc; /* gw_now_utc() at the start of the gateway */
	struct rates *rates;
	struct losses *losses;
	struct recent *recent;
	struct trends *trends;
	struct watch *watch;
	struct ticker *ticker, *disk_ticker; /* the second one waits for the disk */
	struct alarm_look *alarms;
	struct ticker *alarm_ticker;
	struct webhook *webhook; /* NULL: nobody is told by HTTP */
	struct jobs *jobs;
	struct api_server *server;
	struct api_socket socket;
	struct groups groups;
	struct audit_log *audit_log; /* NULL: there is no folder to keep it in */
	struct witness witness;
	struct corrections *corrections; /* NULL, too, where there is no folder */
	struct keeper
		*keeper; /* of the certificate; NULL: there is no HTTPS, as for the next three */
	struct tokens *tokens;
	struct api_server *https;
	struct api_socket port;
	struct gw_counter turned_away_at_port; /* nobody is, there */
	struct gw_counter tokens_wrong, tokens_too_many; /* HTTPS's thread; any reads */
	struct gw_counter turned_away; /* of the API's door; any thread reads it */
};

/* All of them read only, on any thread. */
gw_api_handler api_routes, api_openapi, api_version, api_status, api_config, api_config_diff,
	api_cameras, api_camera, api_drops, api_latency, api_audit, api_stages, api_services,
	api_audit_log, api_audit_log_check, api_certificate, api_tokens, api_token_set_up,
	api_config_history, api_config_history_one, api_metrics, api_livez, api_readyz, api_picture,
	api_findings, api_view, api_alarms, api_alarms_history, api_camera_config, api_camera_check,
	api_camera_check_new, api_log, api_camera_history;

/* Records for some seconds, and waits meanwhile. */
gw_api_handler api_trace;

/* Waits for a process of its own. */
gw_api_handler api_model_try;

/* These wait for the disk. */
gw_api_handler api_token_create, api_token_revoke, api_correction_add, api_corrections,
	api_correction, api_correction_picture, api_correction_remove;

/* These have the control thread do it, and wait: any other thread. */
gw_api_handler api_camera_add, api_camera_change, api_camera_remove, api_config_save,
	api_config_text, api_config_check, api_config_commit, api_config_confirm,
	api_config_rollback;
