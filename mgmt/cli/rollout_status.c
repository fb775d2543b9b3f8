/* model status: how rollouts go. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "mgmt/cli/client.h"
#include "mgmt/cli/commands.h"
#include "mgmt/cli/rollout_view.h"
#include "mgmt/cli/view.h"

const json_t *rollout_member(const json_t *route, const char *key)
{
	const json_t *value = json_object_get(route, key);

	return json_is_object(value) ? value : NULL;
}

void rollout_share(char text[UNITS_TEXT], double share)
{
	snprintf(text, UNITS_TEXT, "%g %%", round(share * 1e4) / 100);
}

void rollout_p90(char text[UNITS_TEXT], const json_t *version)
{
	if (json_is_integer(json_object_get(version, "p90_us")))
		units_us(text, reply_count(version, "p90_us"));
	else
		strcpy(text, "-");
}

static void show_version(const struct cli *cli, const char *label, const json_t *version)
{
	char p90[UNITS_TEXT];
	const int64_t pictures = reply_count(version, "pictures");

	rollout_p90(p90, version);
	view_line(cli, label, STYLE_PLAIN,
		"version %" PRId64 ": %" PRId64 " picture%s, %" PRId64 " failed, p90 %s",
		reply_count(version, "version"), pictures, units_plural(pictures),
		reply_count(version, "failed"), p90);
}

static void show_progress(const struct cli *cli, const json_t *rollout)
{
	const json_t *disagreement = json_object_get(rollout, "disagreement");
	const int64_t compared = reply_count(rollout, "compared");
	char share[UNITS_TEXT];

	rollout_share(share, reply_number(rollout, "share"));
	view_line(cli, "step", STYLE_PLAIN,
		"%" PRId64 " of %zu: %s of the pictures, for %.0f of %g s",
		reply_count(rollout, "step"), json_array_size(json_object_get(rollout, "steps")),
		share, reply_number(rollout, "held_s"), reply_number(rollout, "hold_s"));
	if (reply_text(rollout, "waiting")[0])
		view_line(cli, "waiting", STYLE_BAD, "%s", reply_text(rollout, "waiting"));
	if (json_is_real(disagreement))
		view_line(cli, "differs", STYLE_PLAIN, "%.1f %% over %" PRId64 " picture%s",
			100 * json_real_value(disagreement), compared, units_plural(compared));
	view_line(cli, "limits", STYLE_PLAIN,
		"%g %% more errors, %gx as long, %g %% difference, from %" PRId64 " pictures on",
		100 * reply_number(rollout, "max_errors"), reply_number(rollout, "max_latency"),
		100 * reply_number(rollout, "max_disagreement"),
		reply_count(rollout, "min_pictures"));
}

static void show_last(const struct cli *cli, const json_t *last)
{
	const bool completed = reply_flag(last, "completed");

	view_line(cli, "last", completed ? STYLE_PLAIN : STYLE_BAD,
		"version %" PRId64 " %s version %" PRId64 " at %s: %s", reply_count(last, "to"),
		completed ? "replaced" : "had to leave the place to", reply_count(last, "from"),
		reply_text(last, "ended"), reply_text(last, "reason"));
}

static void show_route(const struct cli *cli, const json_t *route)
{
	const json_t *canary = rollout_member(route, "canary"),
		     *rollout = rollout_member(route, "rollout");
	const json_t *last = rollout_member(route, "last");

	view_line(cli, "model", STYLE_TITLE, "%s", reply_text(route, "name"));
	show_version(cli, "stable", rollout_member(route, "stable"));
	if (canary)
		show_version(cli, "canary", canary);
	if (strcmp(reply_text(route, "phase"), "loading") == 0)
		view_line(cli, "canary", STYLE_PLAIN, "is being loaded");
	if (rollout)
		show_progress(cli, rollout);
	if (last)
		show_last(cli, last);
	if (strcmp(reply_text(route, "phase"), "returning") == 0)
		view_line(cli, "rollback", STYLE_PLAIN,
			"under way: version %" PRId64 " is being loaded",
			reply_count(route, "previous"));
	else if (reply_count(route, "previous") > 0)
		view_line(cli, "rollback", STYLE_PLAIN, "to version %" PRId64,
			reply_count(route, "previous"));
	if (reply_text(route, "unsaved")[0])
		view_line(cli, "not kept", STYLE_BAD, "%s", reply_text(route, "unsaved"));
}

static void add_route(struct table *table, const json_t *route)
{
	const json_t *stable = rollout_member(route, "stable"),
		     *canary = rollout_member(route, "canary");
	const json_t *rollout = rollout_member(route, "rollout"),
		     *last = rollout_member(route, "last");
	char share[UNITS_TEXT] = "-", p90[UNITS_TEXT];

	table_cell(table, STYLE_PLAIN, "%s", reply_text(route, "name"));
	table_cell(table, STYLE_PLAIN, "%" PRId64, reply_count(stable, "version"));
	rollout_p90(p90, stable);
	table_cell(table, STYLE_PLAIN, "%s", p90);
	if (canary && rollout) {
		rollout_share(share, reply_number(rollout, "share"));
		table_cell(table, STYLE_PLAIN, "%" PRId64, reply_count(canary, "version"));
		rollout_p90(p90, canary);
		table_cell(table, STYLE_PLAIN, "%s", p90);
		table_cell(table, STYLE_PLAIN, "%s", share);
		table_cell(table, STYLE_PLAIN, "%" PRId64 "/%zu", reply_count(rollout, "step"),
			json_array_size(json_object_get(rollout, "steps")));
	} else {
		for (int i = 0; i < 4; i++)
			table_cell(table, STYLE_PLAIN, "-");
	}
	table_cell(table, last && !reply_flag(last, "completed") ? STYLE_BAD : STYLE_PLAIN, "%s",
		last ? reply_text(last, "reason") : "-");
}

static void show_routes(const struct cli *cli, const json_t *routes)
{
	struct table *table = table_create();
	json_t *route;
	size_t i;

	if (json_array_size(routes) == 0) {
		table_destroy(table);
		fputs("no models: no camera names one\n", cli->out);
		return;
	}
	table_column(table, "MODEL", TABLE_LEFT);
	table_column(table, "STABLE", TABLE_RIGHT);
	table_column(table, "P90", TABLE_RIGHT);
	table_column(table, "CANARY", TABLE_RIGHT);
	table_column(table, "P90", TABLE_RIGHT);
	table_column(table, "SHARE", TABLE_RIGHT);
	table_column(table, "STEP", TABLE_RIGHT);
	table_column(table, "LAST ROLLOUT", TABLE_LEFT);
	json_array_foreach(routes, i, route)
		add_route(table, route);
	view_table(cli, table);
}

int cli_model_status(struct cli *cli)
{
	json_t *reply;
	const int code = cli->argument
		? client_send(
			  cli, "GET", CLIENT_PATH("models", cli->argument, "rollout"), NULL, &reply)
		: client_get(cli, "models/routes", &reply);

	if (code != CLI_WELL)
		return code;
	if (cli->json)
		reply_print(cli, reply);
	else if (cli->argument)
		show_route(cli, reply);
	else
		show_routes(cli, json_object_get(reply, "routes"));
	json_decref(reply);
	return CLI_WELL;
}
