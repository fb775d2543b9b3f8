/* model add, rollout, status and rollback. */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mgmt/cli/client.h"
#include "mgmt/cli/commands.h"
#include "mgmt/cli/run_gwd.h"
#include "mgmt/cli/units.h"
#include "mgmt/cli/view.h"

static int wrong_value(const char *option, const char *wanted, const char *value)
{
	fprintf(stderr, "gwctl: %s needs %s, not '%s'\n", option, wanted, value);
	return CLI_USAGE;
}

/* "10%" is 0.1, and so is "0.1". Returns what follows; NULL: it is no share. */
static const char *read_share(const char *text, double *share)
{
	char *end;

	*share = strtod(text, &end);
	if (end == text || !isfinite(*share) || *share < 0)
		return NULL;
	if (*end == '%') {
		*share /= 100;
		end++;
	}
	return end;
}

static int put_share(json_t *body, const char *key, const char *option, const char *value)
{
	double share;
	const char *end = read_share(value, &share);

	if (!end || *end)
		return wrong_value(option, "a share, as in 10%", value);
	json_object_set_new(body, key, json_real(share));
	return CLI_WELL;
}

static int put_steps(json_t *body, const char *option, const char *value)
{
	json_t *steps = json_array();
	const char *at = value;

	while (at && *at) {
		double share;

		at = read_share(at, &share);
		if (at && *at != ',' && *at != '\0')
			at = NULL;
		if (at)
			json_array_append_new(steps, json_real(share));
		if (at && *at == ',')
			at++;
	}
	json_object_set_new(body, "steps", steps);
	return at && json_array_size(steps) > 0
		? CLI_WELL
		: wrong_value(option, "shares, as in 1%,10%,50%,100%", value);
}

static int put_number(json_t *body, const char *key, const char *option, const char *value,
	const char *units, const char *wanted)
{
	static const double factors[] = {
		['s'] = 1, ['m'] = 60, ['h'] = 3600, ['d'] = 86400, ['x'] = 1};
	char *end;
	double number = strtod(value, &end);
	const bool has_unit = *end && strchr(units, *end) && end[1] == '\0';

	if (end == value || !isfinite(number) || (*end && !has_unit))
		return wrong_value(option, wanted, value);
	if (has_unit)
		number *= factors[(unsigned char)*end];
	json_object_set_new(body, key, json_real(number));
	return CLI_WELL;
}

static int put_count(json_t *body, const char *key, const char *option, const char *value)
{
	char *end;

	errno = 0;
	const long long number = strtoll(value, &end, 10);

	if (end == value || *end || errno != 0 || number < 0)
		return wrong_value(option, "a whole number", value);
	json_object_set_new(body, key, json_integer(number));
	return CLI_WELL;
}

/* In the order of the command's options; `--wait` is no part of the body. */
static int put_option(json_t *body, const char *option, const char *value)
{
	if (strcmp(option, "--share") == 0)
		return put_share(body, "share", option, value);
	if (strcmp(option, "--steps") == 0)
		return put_steps(body, option, value);
	if (strcmp(option, "--hold") == 0)
		return put_number(
			body, "hold_s", option, value, "smhd", "a time, as in 60s, 5m or 1h");
	if (strcmp(option, "--min-pictures") == 0)
		return put_count(body, "min_pictures", option, value);
	if (strcmp(option, "--max-errors") == 0)
		return put_share(body, "max_errors", option, value);
	if (strcmp(option, "--max-latency") == 0)
		return put_number(body, "max_latency", option, value, "x",
			"how many times as long, as in 1.5x");
	if (strcmp(option, "--max-disagreement") == 0)
		return put_share(body, "max_disagreement", option, value);
	return CLI_WELL;
}

static const json_t *member(const json_t *route, const char *key)
{
	const json_t *value = json_object_get(route, key);

	return json_is_object(value) ? value : NULL;
}

static void format_share(char text[UNITS_TEXT], double share)
{
	snprintf(text, UNITS_TEXT, "%g %%", round(share * 1e4) / 100);
}

static void format_p90(char text[UNITS_TEXT], const json_t *version)
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

	format_p90(p90, version);
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

	format_share(share, reply_number(rollout, "share"));
	view_line(cli, "step", STYLE_PLAIN,
		"%" PRId64 " of %zu: %s of the pictures, for %.0f of %g s",
		reply_count(rollout, "step"), json_array_size(json_object_get(rollout, "steps")),
		share, reply_number(rollout, "held_s"), reply_number(rollout, "hold_s"));
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
	const json_t *canary = member(route, "canary"), *rollout = member(route, "rollout");
	const json_t *last = member(route, "last");

	view_line(cli, "model", STYLE_TITLE, "%s", reply_text(route, "name"));
	show_version(cli, "stable", member(route, "stable"));
	if (canary)
		show_version(cli, "canary", canary);
	if (strcmp(reply_text(route, "phase"), "loading") == 0)
		view_line(cli, "canary", STYLE_PLAIN, "is being loaded");
	if (rollout)
		show_progress(cli, rollout);
	if (last)
		show_last(cli, last);
	if (reply_count(route, "previous") > 0)
		view_line(cli, "rollback", STYLE_PLAIN, "to version %" PRId64,
			reply_count(route, "previous"));
	if (reply_text(route, "unsaved")[0])
		view_line(cli, "not kept", STYLE_BAD, "%s", reply_text(route, "unsaved"));
}

static void add_route(struct table *table, const json_t *route)
{
	const json_t *stable = member(route, "stable"), *canary = member(route, "canary");
	const json_t *rollout = member(route, "rollout"), *last = member(route, "last");
	char share[UNITS_TEXT] = "-", p90[UNITS_TEXT];

	table_cell(table, STYLE_PLAIN, "%s", reply_text(route, "name"));
	table_cell(table, STYLE_PLAIN, "%" PRId64, reply_count(stable, "version"));
	format_p90(p90, stable);
	table_cell(table, STYLE_PLAIN, "%s", p90);
	if (canary && rollout) {
		format_share(share, reply_number(rollout, "share"));
		table_cell(table, STYLE_PLAIN, "%" PRId64, reply_count(canary, "version"));
		format_p90(p90, canary);
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

/* A line for each step, and whenever ten seconds have passed. */
static void tell_progress(struct cli *cli, const json_t *route, int64_t *step, int *quiet)
{
	const json_t *rollout = member(route, "rollout"), *canary = member(route, "canary");
	char share[UNITS_TEXT], p90[UNITS_TEXT];

	if (!rollout || !canary || cli->json ||
		(reply_count(rollout, "step") == *step && ++*quiet < 20))
		return;
	*step = reply_count(rollout, "step");
	*quiet = 0;
	format_share(share, reply_number(rollout, "share"));
	format_p90(p90, canary);
	fprintf(cli->out,
		"version %" PRId64 ": step %" PRId64 " of %zu, %s of the pictures: %" PRId64
		" looked at, %" PRId64 " failed, p90 %s\n",
		reply_count(canary, "version"), *step,
		json_array_size(json_object_get(rollout, "steps")), share,
		reply_count(canary, "pictures"), reply_count(canary, "failed"), p90);
	fflush(cli->out);
}

/* Until the rollout is over; *route is its latest state. */
static int wait_for_end(struct cli *cli, json_t **route)
{
	static const struct timespec pause = {.tv_nsec = 500000000};
	int code = CLI_WELL, quiet = 0;
	int64_t step = 0;

	while (code == CLI_WELL && strcmp(reply_text(*route, "phase"), "none") != 0) {
		tell_progress(cli, *route, &step, &quiet);
		nanosleep(&pause, NULL);
		json_decref(*route);
		code = client_send(
			cli, "GET", CLIENT_PATH("models", cli->argument, "rollout"), NULL, route);
	}
	return code;
}

/* Whether the rollout that was begun ended well. */
static int tell_end(const struct cli *cli, const json_t *route)
{
	const json_t *last = member(route, "last");
	const bool completed = last && reply_flag(last, "completed");

	if (cli->json)
		reply_print(cli, route);
	else if (completed)
		fprintf(cli->out, "version %" PRId64 " looks at all pictures now\n",
			reply_count(last, "to"));
	else if (last)
		fprintf(stderr,
			"gwctl: version %" PRId64 " was taken back, version %" PRId64
			" looks at all pictures: %s\n",
			reply_count(last, "to"), reply_count(last, "from"),
			reply_text(last, "reason"));
	return completed ? CLI_WELL : CLI_NOT_WELL;
}

static bool is_given(const struct cli *cli, const char *name)
{
	for (int i = 0; i < CLI_OPTIONS && cli->command->options[i].name; i++)
		if (strcmp(cli->command->options[i].name, name) == 0)
			return cli->option[i] != NULL;
	return false;
}

static int read_rollout(const struct cli *cli, json_t *body)
{
	int code = cli->more_count == 1 ? put_count(body, "version", "VERSION", cli->more[0])
					: CLI_USAGE;

	if (cli->more_count != 1)
		fputs("gwctl: a rollout needs a model and a version: gwctl model rollout NAME "
		      "VERSION\n",
			stderr);
	for (int i = 0; i < CLI_OPTIONS && code == CLI_WELL; i++)
		if (cli->option[i])
			code = put_option(body, cli->command->options[i].name, cli->option[i]);
	return code;
}

int cli_model_rollout(struct cli *cli)
{
	json_t *body = json_object(), *route = NULL;
	int code = read_rollout(cli, body);

	if (code == CLI_WELL)
		code = client_send_slow(
			cli, "POST", CLIENT_PATH("models", cli->argument, "rollout"), body, &route);
	json_decref(body);
	if (code == CLI_WELL && is_given(cli, "--wait")) {
		code = wait_for_end(cli, &route);
		if (code == CLI_WELL)
			code = tell_end(cli, route);
	} else if (code == CLI_WELL && cli->json) {
		reply_print(cli, route);
	} else if (code == CLI_WELL) {
		fprintf(cli->out,
			"version %s of model %s is loaded and is rolled out: gwctl model status "
			"%s\n",
			cli->more[0], cli->argument, cli->argument);
	}
	json_decref(route);
	return code;
}

int cli_model_rollback(struct cli *cli)
{
	json_t *route;
	const int code = client_send_slow(
		cli, "POST", CLIENT_PATH("models", cli->argument, "rollback"), NULL, &route);

	if (code != CLI_WELL)
		return code;
	if (cli->json)
		reply_print(cli, route);
	else
		fprintf(cli->out, "version %" PRId64 " of model %s looks at all pictures\n",
			reply_count(member(route, "stable"), "version"), cli->argument);
	json_decref(route);
	return CLI_WELL;
}

/* The words for gwd: what was given, else what the gateway has. */
struct add_words {
	const char *option[4]; /* --repository, --name, --library, --backend */
	char *text[4]; /* of the gateway; owned */
};

static const char *const add_names[] = {"--repository", "--name", "--library", "--backend"};

static void take(struct add_words *words, int index, const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	if (words->option[index] || !text)
		return;
	words->text[index] = strdup(text);
	words->option[index] = words->text[index];
}

static int ask_gateway(struct cli *cli, struct add_words *words)
{
	json_t *routes, *config = NULL;
	int code = client_get(cli, "models/routes", &routes);

	if (code == CLI_WELL)
		code = client_get(cli, "config", &config);
	if (code == CLI_WELL) {
		const json_t *accel = json_object_get(config, "accel");

		take(words, 0, routes, "repository");
		take(words, 2, accel, "library");
		take(words, 3, accel, "backend");
	} else {
		fputs("gwctl: without a gateway, say which repository: --repository DIR\n", stderr);
	}
	json_decref(routes);
	json_decref(config);
	return code;
}

int cli_model_add(struct cli *cli)
{
	struct add_words words = {.option = {cli->option[0], cli->option[1], cli->option[2]}};
	char *all[16] = {"gwd", "model", "add"};
	int count = 3, code = CLI_WELL;

	/* What is given is enough. */
	if (!words.option[0])
		code = ask_gateway(cli, &words);
	if (code != CLI_WELL)
		return code;
	if (cli->json)
		all[count++] = "--json";
	for (int i = 0; i < 4; i++)
		if (words.option[i]) {
			all[count++] = (char *)add_names[i];
			all[count++] = (char *)words.option[i];
		}
	all[count++] = "--";
	all[count++] = (char *)cli->argument;
	code = run_gwd(cli, all);
	for (int i = 0; i < 4; i++)
		free(words.text[i]);
	return code;
}
