#include "gwd/model/run.h"

#include <errno.h>
#include <ftw.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "accel/repository/repository.h"
#include "core/log.h"
#include "gwd/gateway.h"
#include "gwd/model/pictures.h"
#include "gwd/model/report.h"

#define IN_FLIGHT 8
#define LARGEST_SIDE 16384

/* What is made for the run and taken away again. */
struct bench {
	char folder[64]; /* repository/NAME/VERSION is a link to the model's; results/ */
	struct gw gw;
	struct picture_files pictures;
};

/* A repository with that model alone, wherever its folder lies. */
static int make_repository(struct bench *bench, const struct model *model, const char *directory,
	struct gw_error *error)
{
	char path[PATH_MAX], real[PATH_MAX];
	bool made;

	strcpy(bench->folder, "/tmp/gwd-model-check-XXXXXX");
	if (!realpath(directory, real) || !mkdtemp(bench->folder))
		return gw_error_set(error, -errno, "%s: %s", bench->folder, strerror(errno));
	snprintf(path, sizeof(path), "%s/results", bench->folder);
	made = mkdir(path, 0700) == 0;
	snprintf(path, sizeof(path), "%s/repository", bench->folder);
	made = made && mkdir(path, 0700) == 0;
	snprintf(path, sizeof(path), "%s/repository/%s", bench->folder, model->name);
	made = made && mkdir(path, 0700) == 0;
	snprintf(path, sizeof(path), "%s/repository/%s/%u", bench->folder, model->name,
		model->version ? model->version : 1);
	made = made && symlink(real, path) == 0;
	return made ? 0 : gw_error_set(error, -errno, "%s: %s", path, strerror(errno));
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *walk)
{
	return remove(path);
}

static void clean_up(struct bench *bench)
{
	if (bench->folder[0])
		nftw(bench->folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	pictures_free(&bench->pictures);
}

/* Slots for the largest picture, and what a model makes of it, and for one whose JPEG is larger
 * than such pictures' are. */
static json_t *size_classes(const struct picture_files *pictures, const struct model *model)
{
	const struct model_enhance *enhance = model->description->enhance;
	int width = 16, height = 16;

	for (uint32_t i = 0; i < pictures->count; i++) {
		width = width > pictures->file[i].info.width ? width : pictures->file[i].info.width;
		height = height > pictures->file[i].info.height ? height
								: pictures->file[i].info.height;
	}
	if (enhance) {
		const struct model_input *input = &model->description->input;
		const int more_width = input->width * (int)enhance->factor;
		const int more_height = input->height * (int)enhance->factor;

		width = (width > more_width ? width : more_width) * 3 / 2;
		height = (height > more_height ? height : more_height) * 3 / 2;
	}
	width = width < LARGEST_SIDE ? width : LARGEST_SIDE;
	height = height < LARGEST_SIDE ? height : LARGEST_SIDE;
	const int twice = 2 * width < LARGEST_SIDE ? 2 * width : LARGEST_SIDE;

	return json_pack("[{s:i, s:i, s:i}, {s:i, s:i, s:i}]", "width", width, "height", height,
		"count", IN_FLIGHT, "width", twice, "height",
		2 * height < LARGEST_SIDE ? 2 * height : LARGEST_SIDE, "count", IN_FLIGHT);
}

/* As a file would say it: JSON is YAML. */
static int make_config(const struct bench *bench, const struct run_options *options,
	const struct model *model, struct gw_config **config, struct gw_error *error)
{
	char repository[PATH_MAX], name[128];

	snprintf(repository, sizeof(repository), "%s/repository", bench->folder);
	snprintf(name, sizeof(name), "%s:%u", model->name, model->version ? model->version : 1);
	json_t *json = json_pack(
		"{s:{s:s}, s:{s:s, s:s}, s:[{s:s, s:s, s:s, s:i, s:s, s:i, s:s*, s:i, s:s*}], "
		"s:{s:o}, s:{s:i, s:i}, s:{s:s, s:s*, s:s*, s:s*}}",
		"gateway", "name", "model-check", "log", "level", "warning", "to", "stderr",
		"cameras", "name", "pictures", "source", "127.0.0.1", "destination", "127.0.0.1",
		"port", 1, "model", name, "quota", IN_FLIGHT, "orientation", options->orientation,
		"rotate", options->rotate, "range", options->range, "frames", "classes",
		size_classes(&bench->pictures, model), "decode", "max_width", LARGEST_SIDE,
		"max_height", LARGEST_SIDE, "accel", "repository", repository, "library",
		options->library, "backend", options->backend, "device", options->device);
	char *text = json ? json_dumps(json, 0) : NULL;
	const int status = text ? gw_config_parse(text, strlen(text), config, error)
				: gw_error_set(error, -ENOMEM, "out of memory");

	free(text);
	json_decref(json);
	return status;
}

static int run(struct bench *bench, struct gw_config *config, const struct run_options *options,
	struct gw_error *error)
{
	char results[PATH_MAX];
	const struct gw_replay replay = {
		.input = options->directory,
		.output = results,
		.way = pictures_way(&bench->pictures),
	};

	snprintf(results, sizeof(results), "%s/results", bench->folder);
	gw_log_open(config->log->to, config->log->level);
	int status = gw_open(&bench->gw, config, &replay, error);

	if (status != 0)
		return status;
	status = gw_run(&bench->gw, error);
	const int said = status == 0 ? check_report(&bench->gw, &bench->pictures, results,
					       options->output, options->json, error)
				     : status;

	gw_close(&bench->gw);
	return said;
}

static int try_all(const struct run_options *options, struct bench *bench, struct gw_error *error)
{
	struct gw_config *config;
	struct model *model;
	const uint32_t bad =
		pictures_read(&bench->pictures, options->paths, (uint32_t)options->count);
	int status = repository_load_directory(options->directory, &model, error);

	if (status != 0)
		return status;
	if (options->name)
		snprintf(model->name, sizeof(model->name), "%s", options->name);
	if (bad > 0)
		status = gw_error_set(
			error, -EINVAL, "%u of %d pictures cannot be used", bad, options->count);
	if (status == 0)
		status = make_repository(bench, model, options->directory, error);
	if (status == 0)
		status = make_config(bench, options, model, &config, error);
	model_free(model);
	return status == 0 ? run(bench, config, options, error) : status;
}

int run_pictures(const struct run_options *options, struct gw_error *error)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	if (!bench)
		return gw_error_set(error, -ENOMEM, "out of memory");
	const int status = try_all(options, bench, error);

	clean_up(bench);
	free(bench);
	return status;
}
