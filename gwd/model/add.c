#include "gwd/model/add.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "accel/engines.h"
#include "accel/repository/onnx_external.h"
#include "accel/repository/repository.h"
#include "accel/rollout/state.h"
#include "core/config/config.h"
#include "gwd/model/addition.h"
#include "gwd/model/command.h"
#include "gwd/model/copy.h"
#include "gwd/model/file.h"
#include "gwd/model/options.h"
#include "gwd/model/run.h"

static int read_options(int argc, char **argv, struct add_options *options)
{
	const struct model_option words[] = {
		{.name = "repository", .value = &options->repository},
		{.name = "name", .value = &options->name},
		{.name = "library", .value = &options->library},
		{.name = "backend", .value = &options->backend},
		{.name = "json", .given = &options->json},
		{0},
	};
	const int first = model_options_read(argc, argv, words);

	if (first < 0)
		return 2;
	if (argc - first < 1 || !options->repository)
		return model_command_fail("add",
			"it needs the folder of a model or an ONNX file, and --repository DIR", 2);
	options->source = argv[first];
	options->pictures = argv + first + 1;
	options->picture_count = argc - first - 1;
	return 0;
}

/* Makes the folder beside the versions that are there. */
static int make_folder(
	struct addition *add, const struct add_options *options, struct gw_error *error)
{
	char version[PATH_MAX];

	snprintf(add->home, sizeof(add->home), "%s/%s", options->repository, add->name);
	snprintf(version, sizeof(version), "%.4000s/%u", add->home, add->version);
	if (access(version, F_OK) == 0)
		return gw_error_set(error, -EEXIST,
			"%s is there already, and a version never changes: leave the version out "
			"for the next one, as in --name %s",
			version, add->name);
	add->made_home = mkdir(add->home, 0755) == 0;
	snprintf(add->beside, sizeof(add->beside), "%.4000s/.adding-XXXXXX", add->home);
	if ((add->made_home || errno == EEXIST) && mkdtemp(add->beside) &&
		chmod(add->beside, 0755) == 0)
		return 0;
	const int status = gw_error_set(error, -errno,
		"%s: %s: adding a model needs a repository that you may write to", add->home,
		strerror(errno));

	add->beside[0] = '\0';
	return status;
}

static int copy_one(
	const struct addition *add, const char *from, const char *name, struct gw_error *error)
{
	char path[2 * PATH_MAX], target[2 * PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", add->from, from);
	snprintf(target, sizeof(target), "%s/%s", add->beside, name);
	/* Names of weights may have folders before them. */
	for (char *c = target + strlen(add->beside) + 1; (c = strchr(c, '/')) != NULL; c++) {
		*c = '\0';
		if (mkdir(target, 0755) != 0 && errno != EEXIST)
			return gw_error_set(error, -errno, "%s: %s", target, strerror(errno));
		*c = '/';
	}
	return copy_file(from[0] == '/' ? from : path, target, error);
}

static int copy_weights(const struct addition *add, struct gw_error *error)
{
	struct onnx_external *external = malloc(sizeof(*external));
	struct model_file file = {0};
	int status = external ? model_file_open(add->onnx, &file, error)
			      : gw_error_set(error, -ENOMEM, "out of memory");

	if (status == 0) {
		status = onnx_external_read(file.data, file.size, external, error);
		if (status != 0)
			gw_error_prefix(error, "%s: ", add->onnx);
		model_file_close(&file);
	}
	for (uint32_t i = 0; external && status == 0 && i < external->count; i++)
		status = copy_one(add, external->file[i], external->file[i], error);
	free(external);
	return status;
}

static int copy_all(const struct addition *add, struct gw_error *error)
{
	struct model_description *description;
	char yaml[PATH_MAX + 16];

	snprintf(yaml, sizeof(yaml), "%s/model.yaml", add->from);
	if (access(yaml, F_OK) != 0)
		return gw_error_set(error, -ENOENT,
			"%s: %s: it says what goes in and out: gwctl model inspect %s > %s drafts "
			"one",
			yaml, strerror(errno), add->onnx, yaml);
	int status = model_yaml_load(yaml, &description, error);

	if (status != 0)
		return status;
	status = copy_one(add, add->onnx, "model.onnx", error);
	if (status == 0)
		status = copy_one(add, "model.yaml", "model.yaml", error);
	if (status == 0 && description->labels_file)
		status = copy_one(add, description->labels_file, description->labels_file, error);
	model_yaml_free(description);
	return status == 0 ? copy_weights(add, error) : status;
}

/* Loads what was copied and runs it once, as the gateway will. */
static int try_it(const struct addition *add, const struct add_options *options, char digest[72],
	struct gw_error *error)
{
	struct gw_accel_config config = {.threads = 1, .library = (char *)options->library};
	struct berth_options berth = {.device_count = 1, .config = &config};
	struct gw_device device;
	struct model *model;
	int status = repository_load_directory(add->beside, &model, error);

	if (status != 0)
		return status;
	gw_device_host(&device);
	berth.device = &device;
	berth.model = model;
	snprintf(model->name, sizeof(model->name), "%s", add->name);
	memcpy(digest, model->digest, sizeof(model->digest));
	struct batcher *batcher = engines_open(options->backend, &berth, error);

	batcher_close(batcher);
	model_free(model);
	return batcher ? 0 : -EINVAL;
}

/* ... and on the pictures that were given. */
static int try_pictures(
	const struct addition *add, const struct add_options *options, struct gw_error *error)
{
	const struct run_options run = {.directory = add->beside,
		.name = add->name,
		.library = options->library,
		.backend = options->backend,
		.paths = options->pictures,
		.count = options->picture_count};

	if (run.count == 0)
		return 0;
	const int status = run_pictures(&run, error);

	if (status != 0)
		gw_error_prefix(error, "model %s was not added: ", add->name);
	return status;
}

/* Without that, the next start of the gateway would take the new version at once. */
static int keep_stable(
	struct addition *add, const struct add_options *options, struct gw_error *error)
{
	const uint32_t highest = repository_highest(options->repository, add->name);
	struct rollout_state state;
	const int status = rollout_state_load(options->repository, add->name, &state, error);

	add->first = highest == 0;
	if (status != -ENOENT || highest == 0)
		return status == -ENOENT ? 0 : status;
	state = (struct rollout_state){.stable = highest};
	return rollout_state_save(options->repository, add->name, &state, error);
}

static int put_in_place(
	struct addition *add, const struct add_options *options, struct gw_error *error)
{
	char version[PATH_MAX];
	int status = copy_settle(add->beside, error);

	snprintf(version, sizeof(version), "%.4000s/%u", add->home, add->version);
	if (status == 0)
		status = keep_stable(add, options, error);
	if (status == 0 &&
		renameat2(AT_FDCWD, add->beside, AT_FDCWD, version, RENAME_NOREPLACE) != 0)
		status = gw_error_set(error, -errno, "%s: %s", version, strerror(errno));
	if (status != 0)
		return status;
	add->beside[0] = '\0';
	add->made_home = false;
	return copy_settle(add->home, error);
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *walk)
{
	return remove(path);
}

static void clean_up(const struct addition *add)
{
	if (add->beside[0])
		nftw(add->beside, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	if (add->made_home)
		rmdir(add->home);
}

static void tell(const struct addition *add, const struct add_options *options, const char *digest)
{
	json_t *json = json_pack("{s:s, s:I, s:s, s:s}", "name", add->name, "version",
		(json_int_t)add->version, "digest", digest, "repository", options->repository);

	if (options->json) {
		json_dumpf(json, stdout, JSON_INDENT(2));
		putchar('\n');
	} else if (add->first) {
		printf("model %s, version %u, is in %s: gwctl camera set CAMERA --model=%s\n",
			add->name, add->version, add->home, add->name);
	} else {
		printf("model %s, version %u, is in %s: gwctl model rollout %s %u\n", add->name,
			add->version, add->home, add->name, add->version);
	}
	json_decref(json);
}

int model_add(int argc, char **argv)
{
	struct add_options options = {0};
	struct addition *add = calloc(1, sizeof(*add));
	struct gw_error error;
	char digest[72];
	int status = read_options(argc, argv, &options);

	if (status != 0 || !add) {
		free(add);
		return status;
	}
	engines_keep_quiet();
	status = addition_find(add, &options, &error);
	if (status == 0)
		status = make_folder(add, &options, &error);
	if (status == 0)
		status = copy_all(add, &error);
	if (status == 0)
		status = try_it(add, &options, digest, &error);
	if (status == 0)
		status = try_pictures(add, &options, &error);
	if (status == 0)
		status = put_in_place(add, &options, &error);
	if (status == 0)
		tell(add, &options, digest);
	else
		fprintf(stderr, "%s: %s\n", program_invocation_short_name, error.text);
	clean_up(add);
	free(add);
	return status != 0;
}
