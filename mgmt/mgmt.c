#include "mgmt/mgmt.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/view.h"
#include "mgmt/alarms/look.h"
#include "mgmt/alarms/webhook.h"
#include "mgmt/audit_log/log.h"
#include "mgmt/corrections/corrections.h"
#include "mgmt/folder.h"
#include "mgmt/https/keeper.h"
#include "mgmt/https/port.h"
#include "mgmt/jobs.h"
#include "mgmt/losses.h"
#include "mgmt/rates.h"
#include "mgmt/recent.h"
#include "mgmt/routes.h"
#include "mgmt/server.h"
#include "mgmt/state.h"
#include "mgmt/ticker.h"
#include "mgmt/tokens/tokens.h"
#include "mgmt/trends.h"
#include "mgmt/watch.h"

/* For a slow request to notice that the gateway ends. */
#define PATIENCE (500 * GW_NS_PER_MS)

static void every_second(void *arg)
{
	struct mgmt *mgmt = arg;

	rates_note(mgmt->rates, gw_now());
	losses_note(mgmt->losses, gw_now());
	recent_note(mgmt->recent, gw_now());
	trends_note(mgmt->trends, gw_now());
	watch_look(mgmt->watch, gw_now());
	gw_views_upkeep(mgmt->gw->views, gw_now());
}

/* It takes some milliseconds, for pictures. */
static void look_for_alarms(void *arg)
{
	struct mgmt *mgmt = arg;

	alarm_look_now(mgmt->alarms, gw_now());
}

/* On a thread of its own: a disk that hangs must not keep figures from being taken. */
static void every_second_on_disk(void *arg)
{
	struct mgmt *mgmt = arg;

	/* What is wrong with it is a trouble. */
	if (mgmt->audit_log)
		(void)audit_log_settle(mgmt->audit_log, 0, NULL);
	if (mgmt->tokens)
		tokens_settle(mgmt->tokens);
	if (mgmt->keeper)
		keeper_look(mgmt->keeper);
	alarm_look_on_disk(mgmt->alarms);
}

/* Without a file to lie beside, and without a folder of its own, there is no log: the gateway is
 * one that a test made. */
static int open_audit_log(struct mgmt *mgmt, struct gw_error *error)
{
	char folder[PATH_MAX];
	const int status = folder_in(mgmt->gw, "audit-log", folder, error);

	if (status != 0)
		return status == -ENOENT ? 0 : status;
	mgmt->audit_log = audit_log_open(folder);
	if (!mgmt->audit_log)
		return gw_error_set(error, -ENOMEM, "api: out of memory");
	witness_begin(&mgmt->witness, mgmt->audit_log);
	mgmt->gw->witness = &mgmt->witness.of_api;
	return 0;
}

/* As above: without a folder there is nowhere to keep any. */
static int open_corrections(struct mgmt *mgmt, struct gw_error *error)
{
	char folder[PATH_MAX];
	const int status = folder_in(mgmt->gw, "corrections", folder, error);

	if (status != 0)
		return status == -ENOENT ? 0 : status;
	mgmt->corrections = corrections_open(folder);
	return mgmt->corrections ? 0 : gw_error_set(error, -ENOMEM, "api: out of memory");
}

/* Somebody has to make the first token; whoever reads the log of the machine may. */
static void say_how_to_set_up(const struct mgmt *mgmt)
{
	char text[TOKEN_TEXT];

	if (tokens_set_up(mgmt->tokens, text))
		gw_warn("api",
			"no token of an admin is there yet: make one with gwctl token create, or "
			"over HTTPS with this one, which does nothing else: %s",
			text);
}

/* What HTTPS needs, but for its threads. */
static int open_https(struct mgmt *mgmt, struct gw_error *error)
{
	const struct gw_api_https_config *config = mgmt->gw->config->api->https;
	char made[PATH_MAX], kept[PATH_MAX];

	if (!config)
		return 0;
	int status = folder_in(mgmt->gw, "https.pem", made, error);

	if (status == 0)
		status = folder_in(mgmt->gw, "tokens.json", kept, error);
	if (status == -ENOENT)
		return gw_error_set(error, -EINVAL,
			"api.https: there is no folder for a certificate and tokens: name one with "
			"`api.state`");
	if (status != 0)
		return status;
	mgmt->keeper = keeper_open(config, mgmt->gw->config->gateway->name, made, error);
	if (!mgmt->keeper)
		return -EINVAL;
	mgmt->tokens = tokens_open(kept);
	if (!mgmt->tokens)
		return gw_error_set(error, -ENOMEM, "api: out of memory");
	return https_port_open(&mgmt->port, config->listen, error);
}

static int start_https(struct mgmt *mgmt, struct gw_error *error)
{
	char fingerprint[CERTIFICATE_FINGERPRINT];

	if (!mgmt->tokens)
		return 0;
	mgmt->https = api_server_start(&(struct api_entrance){.gw = mgmt->gw,
					       .jobs = mgmt->jobs,
					       .socket = &mgmt->port,
					       .groups = &mgmt->groups,
					       .tokens = mgmt->tokens,
					       .turned_away = &mgmt->turned_away_at_port,
					       .tokens_wrong = &mgmt->tokens_wrong,
					       .tokens_too_many = &mgmt->tokens_too_many},
		error);
	if (!mgmt->https)
		return -EIO;
	keeper_fingerprint(mgmt->keeper, fingerprint);
	gw_info("api", "HTTPS on %s, the certificate has the SHA-256 fingerprint %s",
		mgmt->port.path, fingerprint);
	say_how_to_set_up(mgmt);
	return 0;
}

static int open_alarms(struct mgmt *mgmt, struct gw_error *error)
{
	mgmt->alarms = alarm_look_open(mgmt->gw, mgmt->rates, mgmt->watch);
	if (!mgmt->alarms)
		return gw_error_set(error, -ENOMEM, "api: out of memory");
	if (!mgmt->gw->config->alarms->webhook)
		return 0;
	mgmt->webhook = webhook_start(mgmt->gw, error);
	return mgmt->webhook ? 0 : -EIO;
}

static int mgmt_open(struct gw *gw, void **state, struct gw_error *error)
{
	const struct gw_api_config *config = gw->config->api;
	struct mgmt *mgmt;

	/* A replay speaks through its files, and must not disturb the gateway beside it. */
	if (gw->replay || !config || !config->socket)
		return 0;
	mgmt = calloc(1, sizeof(*mgmt));
	if (!mgmt)
		return gw_error_set(error, -ENOMEM, "api: out of memory");
	*state = mgmt;
	mgmt->gw = gw;
	mgmt->started_utc = gw_now_utc() - (gw_now() - gw->start);
	mgmt->socket.fd = mgmt->port.fd = -1;
	mgmt->rates = rates_create(gw);
	mgmt->watch = watch_create(gw);
	mgmt->losses = losses_create(gw, mgmt->rates);
	mgmt->recent = recent_create(gw);
	mgmt->trends = trends_create(gw);
	if (!mgmt->rates || !mgmt->watch || !mgmt->losses || !mgmt->recent || !mgmt->trends)
		return gw_error_set(error, -ENOMEM, "api: out of memory");
	groups_find(&mgmt->groups, config->groups);
	return api_socket_open(
		&mgmt->socket, config->socket, mgmt->groups.any ? 0666 : 0660, error);
}

static int mgmt_start(void *state, struct gw_error *error)
{
	struct mgmt *mgmt = state;
	/* By now it is known which file the gateway was started with. */
	int status = open_audit_log(mgmt, error);

	if (status == 0)
		status = open_corrections(mgmt, error);
	if (status == 0)
		status = open_https(mgmt, error);
	if (status != 0)
		return status;
	status = open_alarms(mgmt, error);
	if (status != 0)
		return status;
	/* A first look, so that nobody is told that all is well before anybody looked. */
	watch_look(mgmt->watch, gw_now());
	mgmt->ticker = ticker_start("api-tick", every_second, mgmt);
	if (!mgmt->ticker)
		return gw_error_set(error, -errno, "api: no thread: %s", strerror(errno));
	mgmt->disk_ticker = ticker_start("api-disk", every_second_on_disk, mgmt);
	if (!mgmt->disk_ticker)
		return gw_error_set(error, -errno, "api: no thread: %s", strerror(errno));
	mgmt->alarm_ticker = ticker_start("alarms", look_for_alarms, mgmt);
	if (!mgmt->alarm_ticker)
		return gw_error_set(error, -errno, "api: no thread: %s", strerror(errno));
	mgmt->jobs = jobs_start(mgmt->gw, error);
	if (!mgmt->jobs)
		return -EIO;
	mgmt->server = api_server_start(&(struct api_entrance){.gw = mgmt->gw,
						.jobs = mgmt->jobs,
						.socket = &mgmt->socket,
						.groups = &mgmt->groups,
						.turned_away = &mgmt->turned_away},
		error);
	if (!mgmt->server)
		return -EIO;
	gw_info("api", "listening on %s", mgmt->socket.path);
	return start_https(mgmt, error);
}

static bool mgmt_stop(void *state)
{
	struct mgmt *mgmt = state;

	ticker_stop(mgmt->alarm_ticker);
	webhook_stop(mgmt->webhook);
	ticker_stop(mgmt->ticker);
	ticker_stop(mgmt->disk_ticker);
	mgmt->ticker = mgmt->disk_ticker = mgmt->alarm_ticker = NULL;
	/* The jobs first: the server must have an answer for every request that it put off. */
	const bool none_left = !mgmt->jobs || jobs_stop(mgmt->jobs, PATIENCE);

	api_server_stop(mgmt->server);
	mgmt->server = NULL;
	api_server_stop(mgmt->https);
	mgmt->https = NULL;
	api_socket_close(&mgmt->socket);
	api_socket_close(&mgmt->port);
	return none_left;
}

static void mgmt_close(void *state)
{
	struct mgmt *mgmt = state;

	jobs_destroy(mgmt->jobs);
	mgmt->gw->witness = NULL;
	audit_log_close(mgmt->audit_log);
	corrections_close(mgmt->corrections);
	tokens_close(mgmt->tokens);
	keeper_close(mgmt->keeper);
	webhook_close(mgmt->webhook);
	alarm_look_close(mgmt->alarms);
	watch_destroy(mgmt->watch);
	losses_destroy(mgmt->losses);
	recent_destroy(mgmt->recent);
	trends_destroy(mgmt->trends);
	rates_destroy(mgmt->rates);
	free(mgmt);
}

static void mgmt_health(void *state, struct gw_health *health)
{
	struct mgmt *mgmt = state;

	losses_health(mgmt->losses, health, gw_now());
	if (mgmt->webhook)
		webhook_health(mgmt->webhook, health);
	if (mgmt->audit_log)
		audit_log_health(mgmt->audit_log, health);
	if (mgmt->keeper)
		keeper_health(mgmt->keeper, health);
	if (mgmt->tokens)
		tokens_health(mgmt->tokens, health);
}

static json_t *mgmt_describe(void *state)
{
	struct mgmt *mgmt = state;
	uint32_t waiting, running;

	jobs_count(mgmt->jobs, &waiting, &running);
	return json_pack("{s:s, s:I, s:I, s:I}", "socket", mgmt->socket.path, "slow_waiting",
		(json_int_t)waiting, "slow_running", (json_int_t)running, "turned_away",
		(json_int_t)gw_counter_get(&mgmt->turned_away));
}

const struct gw_service_ops mgmt_service = {
	.name = "api",
	.open = mgmt_open,
	.start = mgmt_start,
	.stop = mgmt_stop,
	.close = mgmt_close,
	.health = mgmt_health,
	.describe = mgmt_describe,
	.routes = mgmt_routes,
};
