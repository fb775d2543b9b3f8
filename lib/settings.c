#include "lib/settings.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "core/config/camera.h"
#include "lib/engine.h"

#define MAX_THREADS 64u
#define CAMERA "pictures" /* whose pictures all are */
#define PLAN "plan" /* what its text is called */

/* Room for findings in a slot: as much as a gateway has for pictures of that size. */
#define SLOTS "frames: {classes: [{width: 2048, height: 2048, count: 192}]}\ncameras: []\n"
static_assert(SEATS == 192, "SLOTS has as many");

/* Before the plan and after it: where packets of the camera would come from, which none do. */
#define PLAN_BEGIN "plan:\n"
#define PLAN_END "\nname: " CAMERA "\nsource: 192.0.2.1\ndestination: 192.0.2.2\nport: 5004\n"

static int check_options(const struct framegate_options *options, struct gw_error *error)
{
	if (!options->repository)
		return gw_error_set(
			error, -EINVAL, "repository is missing: name the folder of the models");
	if (!options->model && !options->plan)
		return gw_error_set(error, -EINVAL,
			"model is missing: name the model that looks at the pictures, or a plan");
	if (options->model && options->plan)
		return gw_error_set(error, -EINVAL,
			"give a model or a plan, not both: a plan names its models");
	if (options->threads > MAX_THREADS)
		return gw_error_set(error, -EINVAL, "threads: %u are too many: 1 to %u are taken",
			options->threads, MAX_THREADS);
	return 0;
}

int settings_read(const struct framegate_options *given, struct framegate_options *options,
	struct gw_error *error)
{
	memset(options, 0, sizeof(*options));
	if (!given || given->size < sizeof(given->size) || given->size > sizeof(*options))
		return gw_error_set(error, -EINVAL,
			"options.size must be sizeof(struct framegate_options), of a header that "
			"is not newer than libframegate " GW_VERSION);
	memcpy(options, given, given->size);
	if (options->threads == 0)
		options->threads = 1;
	return check_options(options, error);
}

/* Released by who frees the configuration. */
static bool put_text(char **text, const char *value)
{
	if (!value)
		return true;
	free(*text);
	*text = strdup(value);
	return *text != NULL;
}

int settings_config(
	const struct framegate_options *options, struct gw_config **config, struct gw_error *error)
{
	const int status = gw_config_parse(SLOTS, strlen(SLOTS), config, error);

	if (status != 0)
		return status;
	struct gw_accel_config *accel = (*config)->accel;
	struct gw_decode_config *decode = (*config)->decode;

	accel->threads = options->threads;
	accel->helpers = options->threads - 1 < GW_HELPERS ? options->threads - 1 : GW_HELPERS;
	if (options->max_width > 0)
		decode->max_width = options->max_width;
	if (options->max_height > 0)
		decode->max_height = options->max_height;
	if (put_text(&accel->repository, options->repository) &&
		put_text(&accel->library, options->onnxruntime) &&
		put_text(&accel->backend, options->backend))
		return 0;
	gw_config_free(*config);
	*config = NULL;
	return gw_error_set(error, -ENOMEM, "out of memory");
}

static int camera_of_model(
	const char *model, struct gw_camera_config **camera, struct gw_error *error)
{
	json_t *json = json_pack("{s:s, s:s, s:s, s:i, s:s}", "name", CAMERA, "source", "192.0.2.1",
		"destination", "192.0.2.2", "port", 5004, "model", model);
	const int status = json
		? gw_config_camera_from_json(json, "model", camera, error)
		: gw_error_set(error, -EINVAL, "model: its name must be UTF-8, without an end");

	json_decref(json);
	return status;
}

/* The text with a space before each line, between what else a camera has. NULL: out of memory. */
static char *wrap(const char *plan)
{
	const size_t size = strlen(plan);
	char *text = malloc(sizeof(PLAN_BEGIN) + sizeof(PLAN_END) + 2 * size);

	if (!text)
		return NULL;
	char *at = stpcpy(text, PLAN_BEGIN);

	for (size_t i = 0; i < size; i++) {
		if (i == 0 || plan[i - 1] == '\n')
			*at++ = ' ';
		*at++ = plan[i];
	}
	strcpy(at, PLAN_END);
	return text;
}

/* A place in the text is told as one in the plan: "plan:3:9: ...". */
static void count_from_plan(struct gw_error *error)
{
	unsigned int line, column;
	int rest = 0;

	if (sscanf(error->text, PLAN ":%u:%u%n", &line, &column, &rest) != 2 || line < 2 ||
		column < 2)
		return;
	memmove(error->text, error->text + rest, strlen(error->text + rest) + 1);
	gw_error_prefix(error, PLAN ":%u:%u", line - 1, column - 1);
}

static int camera_of_plan(
	const char *plan, struct gw_camera_config **camera, struct gw_error *error)
{
	char *text = wrap(plan);

	if (!text)
		return gw_error_set(error, -ENOMEM, "out of memory");
	int status = gw_config_camera_parse(text, strlen(text), PLAN, camera, error);

	free(text);
	if (status != 0)
		count_from_plan(error);
	return status;
}

void settings_forget_camera(struct gw_error *error)
{
	static const char words[] = "camera " CAMERA ": ";
	const size_t size = sizeof(words) - 1;

	if (strncmp(error->text, words, size) == 0)
		memmove(error->text, error->text + size, strlen(error->text + size) + 1);
}

int settings_camera(const struct framegate_options *options, struct gw_camera_config **camera,
	struct gw_error *error)
{
	*camera = NULL;
	return options->model ? camera_of_model(options->model, camera, error)
			      : camera_of_plan(options->plan, camera, error);
}
