#include "core/config/store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/config/complete.h"
#include "core/config/secrets.h"
#include "core/config/yaml_write.h"

#define NEW_MODE 0640 /* passwords may stand in it */

static void add_step(struct gw_step_config **plan, uint32_t *count)
{
	*plan = calloc(1, sizeof(**plan));
	*count = *plan ? 1 : 0;
}

/* What everything is when nothing is given, with one camera, a source and their plans so that
 * theirs are known as well. NULL: out of memory. */
static json_t *defaults_json(void)
{
	struct gw_config *config = calloc(1, sizeof(*config));
	json_t *json = NULL;

	if (!config)
		return NULL;
	config->cameras = calloc(1, sizeof(config->cameras[0]));
	config->cameras_count = config->cameras ? 1 : 0;
	if (config->cameras)
		add_step(&config->cameras[0].plan, &config->cameras[0].plan_count);
	config->interfaces = calloc(1, sizeof(config->interfaces[0]));
	config->interfaces_count = config->interfaces ? 1 : 0;
	config->kafka = calloc(1, sizeof(*config->kafka));
	if (config->kafka)
		config->kafka->source = calloc(1, sizeof(*config->kafka->source));
	if (config->kafka && config->kafka->source)
		config->kafka->source->template = calloc(1, sizeof(struct gw_template_config));
	if (config->kafka && config->kafka->source && config->kafka->source->template)
		add_step(&config->kafka->source->template->plan,
			&config->kafka->source->template->plan_count);
	if (config->cameras && config->interfaces && config->kafka && config->kafka->source &&
		config->kafka->source->template && config_complete(config, NULL) == 0)
		json = config_json_with_secrets(config);
	gw_config_free(config);
	return json;
}

/* Takes out of `json` what `defaults` says anyway. Returns whether nothing is left. */
static bool take_out_defaults(json_t *json, json_t *defaults)
{
	json_t *value, *of_entries = json_array_get(defaults, 0);
	const char *key;
	void *next;
	size_t i;

	json_array_foreach(json, i, value)
		take_out_defaults(value, of_entries);
	if (!json_is_object(json) || !json_is_object(defaults))
		return json_is_object(defaults) ? false : json_equal(json, defaults);
	json_object_foreach_safe(json, next, key,
		value) if (take_out_defaults(value, json_object_get(defaults, key)))
		json_object_del(json, key);
	return json_object_size(json) == 0;
}

int gw_config_text(
	const struct gw_config *config, char **text, size_t *size, struct gw_error *error)
{
	json_t *json = config_json_with_secrets(config), *defaults = defaults_json();
	int status = json && defaults ? 0 : -ENOMEM;

	*text = NULL;
	if (status == 0) {
		take_out_defaults(json, defaults);
		if (json_object_size(json) == 0)
			json_object_set_new(json, "cameras", json_array());
		status = yaml_write(json, text, size);
	}
	json_decref(json);
	json_decref(defaults);
	return status == 0 ? 0 : gw_error_set(error, status, "configuration: out of memory");
}

/* Writes the bytes to the disk, with the mode and owner that the file is to have. */
static int write_whole(int file, const struct stat *facts, const char *text, size_t size)
{
	static const char heading[] =
		"# Written by Framegate: what differs from the defaults. Comments are not kept "
		"when\n"
		"# it is written again. docs/configuration.md explains the keys.\n";
	FILE *stream = fdopen(file, "w");

	if (!stream) {
		const int status = -errno;

		close(file);
		return status;
	}
	bool good = fchown(file, facts->st_uid, facts->st_gid) == 0 &&
		fchmod(file, facts->st_mode & 07777) == 0 && fputs(heading, stream) >= 0 &&
		fwrite(text, 1, size, stream) == size && fflush(stream) == 0 && fsync(file) == 0;
	const int status = good ? 0 : -errno;

	if (fclose(stream) != 0 && good)
		return -errno;
	return status;
}

/* The new name is on the disk when its folder is. */
static int sync_folder_of(char path[PATH_MAX])
{
	char *slash = strrchr(path, '/');

	if (slash)
		slash[slash == path ? 1 : 0] = '\0';
	const int folder = open(slash ? path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (folder < 0)
		return -errno;
	const int status = fsync(folder) == 0 ? 0 : -errno;

	close(folder);
	return status;
}

/* What the new file is to look like: the old one, or one of ours. */
static int facts_of(const char *path, struct stat *facts)
{
	if (stat(path, facts) == 0)
		return S_ISREG(facts->st_mode) ? 0 : -EINVAL;
	if (errno != ENOENT)
		return -errno;
	*facts = (struct stat){.st_mode = NEW_MODE, .st_uid = geteuid(), .st_gid = getegid()};
	return 0;
}

static int replace(const char *path, const char *text, size_t size)
{
	char real[PATH_MAX], fresh[PATH_MAX + 16];
	struct stat facts;
	int status = facts_of(path, &facts);

	if (status != 0)
		return status;
	/* Of a link, what it points at is replaced. */
	if (!realpath(path, real) && snprintf(real, sizeof(real), "%s", path) >= PATH_MAX)
		return -ENAMETOOLONG;
	snprintf(fresh, sizeof(fresh), "%s.XXXXXX", real);
	const int file = mkostemp(fresh, O_CLOEXEC);

	if (file < 0)
		return -errno;
	status = write_whole(file, &facts, text, size);
	if (status == 0 && rename(fresh, real) != 0)
		status = -errno;
	if (status != 0) {
		unlink(fresh);
		return status;
	}
	return sync_folder_of(real);
}

int gw_config_save(const struct gw_config *config, const char *path, struct gw_error *error)
{
	size_t size;
	char *text;
	int status = gw_config_text(config, &text, &size, error);

	if (status != 0)
		return status;
	status = replace(path, text, size);
	free(text);
	if (status == -EINVAL)
		return gw_error_set(error, status,
			"%s: it is not a regular file: the configuration was not saved", path);
	/* So says rename() of what something is mounted on. */
	if (status == -EBUSY)
		return gw_error_set(error, -ENOTSUP,
			"%s: the configuration was not saved: this one file is mounted here, which "
			"cannot be replaced: mount the folder that it is in instead",
			path);
	if (status != 0)
		return gw_error_set(error, status, "%s: the configuration was not saved: %s", path,
			strerror(-status));
	return 0;
}
