#include "accel/rollout/state.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/config/fresh_file.h"

#define FORMAT 1
#define LARGEST (64u << 10) /* bytes that such a file may have */
#define HOLD_MOST (30.0 * 24 * 3600)
#define LATENCY_MOST 1000.0

void rollout_plan_default(struct rollout_plan *plan)
{
	*plan = (struct rollout_plan){.step_count = 4,
		.steps = {0.01, 0.1, 0.5, 1},
		.hold_s = 60,
		.least = 20,
		.limits = {.errors = 0.01, .latency = 1.5, .disagreement = 0.2}};
}

int rollout_plan_check(const struct rollout_plan *plan, struct gw_error *error)
{
	const struct judge_limits *limits = &plan->limits;

	if (plan->version == 0)
		return gw_error_set(error, -EINVAL, "the version must be a number from 1 on");
	if (plan->step_count == 0 || plan->step_count > ROLLOUT_STEPS)
		return gw_error_set(error, -EINVAL, "there must be 1 to %d steps", ROLLOUT_STEPS);
	for (uint32_t i = 0; i < plan->step_count; i++)
		if (!(plan->steps[i] >= 0.0001 && plan->steps[i] <= 1) ||
			(i > 0 && plan->steps[i] <= plan->steps[i - 1]))
			return gw_error_set(
				error, -EINVAL, "steps must grow, from 0.01%% at least to 100%%");
	if (plan->steps[plan->step_count - 1] < 1)
		return gw_error_set(error, -EINVAL, "the last step must be 100%%");
	if (!(plan->hold_s >= 0 && plan->hold_s <= HOLD_MOST))
		return gw_error_set(error, -EINVAL, "a hold takes 0 s to 30 days");
	if (plan->least == 0)
		return gw_error_set(error, -EINVAL, "at least 1 picture must be looked at");
	if (!(limits->errors >= 0 && limits->errors <= 1))
		return gw_error_set(error, -EINVAL, "errors must be 0%% to 100%%");
	if (!(limits->latency >= 1 && limits->latency <= LATENCY_MOST))
		return gw_error_set(error, -EINVAL, "the latency must be 1x to 1000x");
	if (!(limits->disagreement >= 0 && limits->disagreement <= 1))
		return gw_error_set(error, -EINVAL, "the disagreement must be 0%% to 100%%");
	return 0;
}

/* False: it is no such number. */
static bool read_number(const json_t *object, const char *key, double most, double *number)
{
	const json_t *value = json_object_get(object, key);

	*number = json_number_value(value);
	return json_is_number(value) && *number >= 0 && *number <= most;
}

static bool read_count(const json_t *object, const char *key, uint32_t *count)
{
	double number;

	if (!json_is_integer(json_object_get(object, key)) ||
		!read_number(object, key, UINT32_MAX, &number))
		return false;
	*count = (uint32_t)number;
	return true;
}

static bool read_running(const json_t *running, struct rollout_state *state)
{
	struct rollout_plan *plan = &state->plan;
	const json_t *steps = json_object_get(running, "steps");
	struct gw_error error;
	double stable_us;

	plan->step_count = (uint32_t)json_array_size(steps);
	if (plan->step_count > ROLLOUT_STEPS)
		return false;
	for (uint32_t i = 0; i < plan->step_count; i++)
		plan->steps[i] = json_number_value(json_array_get(steps, i));
	if (!read_count(running, "version", &plan->version) ||
		!read_count(running, "step", &state->step) ||
		!read_count(running, "starts", &state->starts) ||
		!read_count(running, "least", &plan->least) ||
		!read_number(running, "hold_s", HOLD_MOST, &plan->hold_s) ||
		!read_number(running, "max_errors", 1, &plan->limits.errors) ||
		!read_number(running, "max_latency", LATENCY_MOST, &plan->limits.latency) ||
		!read_number(running, "max_disagreement", 1, &plan->limits.disagreement) ||
		!read_number(running, "stable_us", 1e12, &stable_us))
		return false;
	state->stable_us = (uint64_t)stable_us;
	return rollout_plan_check(plan, &error) == 0 && state->step < plan->step_count &&
		plan->version != state->stable;
}

static bool read_last(const json_t *json, struct rollout_last *last)
{
	const char *reason = json_string_value(json_object_get(json, "reason"));
	double ended;

	if (!read_count(json, "from", &last->from) || !read_count(json, "to", &last->to) ||
		!read_number(json, "ended", 1e15, &ended) || !reason ||
		!json_is_boolean(json_object_get(json, "completed")))
		return false;
	last->completed = json_is_true(json_object_get(json, "completed"));
	last->ended = (int64_t)ended;
	snprintf(last->reason, sizeof(last->reason), "%s", reason);
	return true;
}

static bool read_state(const json_t *json, struct rollout_state *state)
{
	const json_t *running = json_object_get(json, "rollout");
	const json_t *last = json_object_get(json, "last");
	uint32_t format;

	*state = (struct rollout_state){.running = running != NULL, .has_last = last != NULL};
	return read_count(json, "format", &format) && format == FORMAT &&
		read_count(json, "stable", &state->stable) && state->stable > 0 &&
		read_count(json, "previous", &state->previous) &&
		(!running || read_running(running, state)) &&
		(!last || read_last(last, &state->last));
}

static void path_of(char path[PATH_MAX], const char *repository, const char *name)
{
	snprintf(path, PATH_MAX, "%s/%s/rollout.json", repository, name);
}

int rollout_state_load(const char *repository, const char *name, struct rollout_state *state,
	struct gw_error *error)
{
	char path[PATH_MAX], *text;
	bool is_well;

	path_of(path, repository, name);
	/* A FIFO would hold us up. */
	const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (file < 0)
		return errno == ENOENT || errno == ENOTDIR
			? -ENOENT
			: gw_error_set(error, -errno, "%s: %s", path, strerror(errno));
	text = malloc(LARGEST);
	const ssize_t size = text ? read(file, text, LARGEST) : 0;
	json_t *json = size > 0 && (size_t)size < LARGEST
		? json_loadb(text, (size_t)size, JSON_REJECT_DUPLICATES, NULL)
		: NULL;

	close(file);
	free(text);
	is_well = json && read_state(json, state);
	json_decref(json);
	if (is_well)
		return 0;
	return gw_error_set(error, -EBADMSG,
		"%s: it says nothing that the gateway has written, so that the version of model %s "
		"is not known: write {\"format\": 1, \"stable\": VERSION, \"previous\": 0} into "
		"it, or remove it: then the highest one is used",
		path, name);
}

static json_t *running_json(const struct rollout_state *state)
{
	const struct rollout_plan *plan = &state->plan;
	json_t *steps = json_array();

	for (uint32_t i = 0; i < plan->step_count; i++)
		json_array_append_new(steps, json_real(plan->steps[i]));
	return json_pack("{s:I, s:o, s:I, s:I, s:f, s:I, s:f, s:f, s:f, s:I}", "version",
		(json_int_t)plan->version, "steps", steps, "step", (json_int_t)state->step,
		"starts", (json_int_t)state->starts, "hold_s", plan->hold_s, "least",
		(json_int_t)plan->least, "max_errors", plan->limits.errors, "max_latency",
		plan->limits.latency, "max_disagreement", plan->limits.disagreement, "stable_us",
		(json_int_t)state->stable_us);
}

static json_t *state_json(const struct rollout_state *state)
{
	const struct rollout_last *last = &state->last;
	json_t *json = json_pack("{s:i, s:I, s:I}", "format", FORMAT, "stable",
		(json_int_t)state->stable, "previous", (json_int_t)state->previous);

	if (state->running)
		json_object_set_new(json, "rollout", running_json(state));
	if (state->has_last)
		json_object_set_new(json, "last",
			json_pack("{s:I, s:I, s:b, s:s, s:I}", "from", (json_int_t)last->from, "to",
				(json_int_t)last->to, "completed", last->completed, "reason",
				last->reason, "ended", (json_int_t)last->ended));
	return json;
}

static int put_file(const char *path, const char *text, struct gw_error *error)
{
	const char *const texts[2] = {text, ""};
	const size_t sizes[2] = {strlen(text), 0};
	struct fresh_file fresh;
	int status = fresh_file_write(&fresh, path, NULL, FRESH_FILE_OURS, texts, sizes, error);

	if (status == 0)
		status = fresh_file_place(&fresh, error);
	return status;
}

int rollout_state_save(const char *repository, const char *name, const struct rollout_state *state,
	struct gw_error *error)
{
	char path[PATH_MAX];
	json_t *json = state_json(state);
	char *text = json ? json_dumps(json, JSON_INDENT(2)) : NULL;

	path_of(path, repository, name);
	const int status = text ? put_file(path, text, error) : -ENOMEM;

	free(text);
	json_decref(json);
	if (status == 0)
		return 0;
	/* It is none of who asked. */
	return gw_error_set(error, status == -EINVAL ? -EIO : status,
		"%s: %s: the gateway keeps there which version runs, so that it is known after a "
		"restart: let it write to %s/%s",
		path, status == -EINVAL ? "it is not a regular file" : strerror(-status),
		repository, name);
}
