/* model rollout and rollback: words become a body, and what comes of it is told. */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mgmt/cli/client.h"
#include "mgmt/cli/commands.h"
#include "mgmt/cli/rollout_view.h"

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

/* Seconds or minutes? Of none it does not matter. */
static bool is_plain_number(const char *value)
{
	char *end;

	return strtod(value, &end) != 0 && *end == '\0';
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
	if (strcmp(option, "--hold") == 0 && is_plain_number(value))
		return wrong_value(option, "a time with its unit, as in 60s, 5m or 1h", value);
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

/* What was done and would not outlive a restart. */
static void warn_if_unsaved(const json_t *route)
{
	if (reply_text(route, "unsaved")[0])
		fprintf(stderr, "gwctl: it is done, but not kept yet: %s\n",
			reply_text(route, "unsaved"));
}

/* What has been told of a rollout that is waited for. */
struct told {
	char state[256];
	int quiet; /* looks since then */
};

/* Whether there is news: another phase or step, or another thing that it waits for. */
static bool is_news(const json_t *route, struct told *told)
{
	const json_t *rollout = rollout_member(route, "rollout");
	char state[sizeof(told->state)];

	snprintf(state, sizeof(state), "%s %" PRId64 " %s", reply_text(route, "phase"),
		reply_count(rollout, "step"), reply_text(rollout, "waiting"));
	const bool differs = strcmp(state, told->state) != 0;

	memcpy(told->state, state, sizeof(state));
	return differs;
}

/* One line of JSON. */
static void print_line(const struct cli *cli, const json_t *route)
{
	json_dumpf(route, cli->out, JSON_COMPACT | JSON_REAL_PRECISION(9));
	fputc('\n', cli->out);
	fflush(cli->out);
}

/* A line for each change; for people, too, whenever ten seconds have passed. */
static void tell_progress(struct cli *cli, const json_t *route, struct told *told)
{
	const json_t *rollout = rollout_member(route, "rollout"),
		     *canary = rollout_member(route, "canary");
	const bool news = is_news(route, told);
	char share[UNITS_TEXT], p90[UNITS_TEXT];

	if (!news && (cli->json || ++told->quiet < 20))
		return;
	told->quiet = 0;
	if (cli->json)
		print_line(cli, route);
	if (cli->json || !rollout || !canary)
		return;
	const char *waiting = reply_text(rollout, "waiting");

	rollout_share(share, reply_number(rollout, "share"));
	rollout_p90(p90, canary);
	fprintf(cli->out,
		"version %" PRId64 ": step %" PRId64 " of %zu, %s of the pictures: %" PRId64
		" looked at, %" PRId64 " failed, p90 %s%s%s\n",
		reply_count(canary, "version"), reply_count(rollout, "step"),
		json_array_size(json_object_get(rollout, "steps")), share,
		reply_count(canary, "pictures"), reply_count(canary, "failed"), p90,
		waiting[0] ? "; waiting: " : "", waiting);
	fflush(cli->out);
}

/* Until the rollout is over; *route is its latest state. */
static int wait_for_end(struct cli *cli, json_t **route)
{
	static const struct timespec pause = {.tv_nsec = 500000000};
	struct told told = {.quiet = 0};
	int code = CLI_WELL;

	while (code == CLI_WELL && strcmp(reply_text(*route, "phase"), "none") != 0) {
		tell_progress(cli, *route, &told);
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
	const json_t *last = rollout_member(route, "last");
	const bool completed = last && reply_flag(last, "completed");

	if (cli->json)
		print_line(cli, route);
	else if (completed)
		fprintf(cli->out, "version %" PRId64 " looks at all pictures now\n",
			reply_count(last, "to"));
	else if (last)
		fprintf(stderr,
			"gwctl: version %" PRId64 " was taken back, version %" PRId64
			" looks at all pictures: %s\n",
			reply_count(last, "to"), reply_count(last, "from"),
			reply_text(last, "reason"));
	warn_if_unsaved(route);
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
			reply_count(rollout_member(route, "stable"), "version"), cli->argument);
	warn_if_unsaved(route);
	json_decref(route);
	return CLI_WELL;
}
