#include "mgmt/corrections/corrections.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/config/fresh_file.h"
#include "core/log.h"

struct corrections {
	pthread_mutex_t lock; /* of the folder */
	char folder[PATH_MAX];
};

static int path_of(const struct corrections *corrections, const char *id, const char *ending,
	char path[PATH_MAX])
{
	const int size = snprintf(path, PATH_MAX, "%s/%s%s", corrections->folder, id, ending);

	return size < PATH_MAX ? 0 : -ENAMETOOLONG;
}

/* Length of the name without its ending; 0: it has another one. */
static size_t stem_of(const char *name, const char *ending)
{
	const size_t size = strlen(name), end = strlen(ending);

	return size > end && strcmp(name + size - end, ending) == 0 ? size - end : 0;
}

/* A picture without a word about it, and what was not given its name. */
static bool is_left(const struct corrections *corrections, const char *name)
{
	const size_t stem = stem_of(name, ".jpg");
	char id[NAME_MAX + 1], path[PATH_MAX];

	if (name[0] == '.' || stem_of(name, ".json") > 0)
		return false;
	if (stem == 0)
		return true;
	snprintf(id, sizeof(id), "%.*s", (int)stem, name);
	return path_of(corrections, id, ".json", path) == 0 && access(path, F_OK) != 0;
}

static void sweep(const struct corrections *corrections)
{
	DIR *folder = opendir(corrections->folder);
	const struct dirent *entry;

	while (folder && (entry = readdir(folder)))
		if (is_left(corrections, entry->d_name))
			unlinkat(dirfd(folder), entry->d_name, 0);
	if (folder)
		closedir(folder);
}

struct corrections *corrections_open(const char *folder)
{
	struct corrections *corrections = calloc(1, sizeof(*corrections));

	if (!corrections)
		return NULL;
	pthread_mutex_init(&corrections->lock, NULL);
	snprintf(corrections->folder, sizeof(corrections->folder), "%s", folder);
	sweep(corrections);
	return corrections;
}

void corrections_close(struct corrections *corrections)
{
	if (!corrections)
		return;
	pthread_mutex_destroy(&corrections->lock);
	free(corrections);
}

bool corrections_id_fits(const char *id)
{
	static const char fit[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
	const size_t size = strspn(id, fit);

	return size > 0 && id[size] == '\0' && size < CORRECTION_ID && id[0] != '.';
}

static int none(const char *id, struct gw_error *error)
{
	return gw_error_set(error, -ENOENT,
		"there is no correction %s: somebody has taken it, or deleted it", id);
}

/* The lock is held, as below. */
static json_t *read_about(const struct corrections *corrections, const char *id)
{
	char path[PATH_MAX];

	if (!corrections_id_fits(id) || path_of(corrections, id, ".json", path) != 0)
		return NULL;
	return json_load_file(path, 0, NULL);
}

static int put(const struct corrections *corrections, const char *id, const char *ending,
	const void *bytes, size_t size, struct gw_error *error)
{
	const char *const texts[2] = {bytes, ""};
	const size_t sizes[2] = {size, 0};
	struct fresh_file fresh;
	char path[PATH_MAX];

	if (path_of(corrections, id, ending, path) != 0)
		return gw_error_set(error, -ENAMETOOLONG, "the path of a correction is too long");
	const int status = fresh_file_write(&fresh, path, NULL, NULL, texts, sizes, error);

	return status == 0 ? fresh_file_place(&fresh, error) : status;
}

static int put_about(const struct corrections *corrections, const char *id, const json_t *about,
	struct gw_error *error)
{
	char *text = json_dumps(about, JSON_COMPACT);

	if (!text)
		return gw_error_set(error, -ENOMEM, "out of memory");
	const int status = put(corrections, id, ".json", text, strlen(text), error);

	free(text);
	return status;
}

static int look_for_room(const struct corrections *corrections, size_t size, struct gw_error *error)
{
	DIR *folder = opendir(corrections->folder);
	const struct dirent *entry;
	uint64_t bytes = size;
	uint32_t count = 0;
	struct stat facts;

	while (folder && (entry = readdir(folder))) {
		if (stem_of(entry->d_name, ".jpg") == 0)
			continue;
		count++;
		if (fstatat(dirfd(folder), entry->d_name, &facts, 0) == 0)
			bytes += (uint64_t)facts.st_size;
	}
	if (folder)
		closedir(folder);
	if (count < CORRECTIONS_MOST && bytes <= CORRECTIONS_BYTES)
		return 0;
	return gw_error_set(error, -ENOSPC,
		"%u corrections are kept already, and nobody takes them: have a learner take them, "
		"or delete some",
		count);
}

static int add(struct corrections *corrections, const char *id, const json_t *about,
	const void *jpeg, size_t size, struct gw_error *error)
{
	int status = look_for_room(corrections, size, error);

	if (status != 0)
		return status;
	if (mkdir(corrections->folder, 0700) != 0 && errno != EEXIST)
		return gw_error_set(error, -errno, "%s cannot be made: %s", corrections->folder,
			strerror(errno));
	status = put(corrections, id, ".jpg", jpeg, size, error);
	if (status == 0)
		status = put_about(corrections, id, about, error);
	if (status != 0) {
		char path[PATH_MAX];

		if (path_of(corrections, id, ".jpg", path) == 0)
			unlink(path);
	}
	return status;
}

int corrections_add(struct corrections *corrections, const char *id, const json_t *about,
	const void *jpeg, size_t size, struct gw_error *error)
{
	json_t *whole = json_copy((json_t *)about);

	if (!whole || json_object_set_new(whole, "bytes", json_integer((json_int_t)size)) != 0) {
		json_decref(whole);
		return gw_error_set(error, -ENOMEM, "out of memory");
	}
	pthread_mutex_lock(&corrections->lock);
	const int status = add(corrections, id, whole, jpeg, size, error);

	pthread_mutex_unlock(&corrections->lock);
	json_decref(whole);
	return status;
}

int corrections_label(struct corrections *corrections, const char *id, const json_t *label,
	const char *who, struct gw_error *error)
{
	int status;

	pthread_mutex_lock(&corrections->lock);
	json_t *about = read_about(corrections, id);

	if (about) {
		json_object_set(about, "label", (json_t *)label);
		json_object_set_new(about, "who", json_string(who));
		status = put_about(corrections, id, about, error);
	} else {
		status = none(id, error);
	}
	pthread_mutex_unlock(&corrections->lock);
	json_decref(about);
	return status;
}

int corrections_get(
	struct corrections *corrections, const char *id, json_t **about, struct gw_error *error)
{
	pthread_mutex_lock(&corrections->lock);
	*about = read_about(corrections, id);
	pthread_mutex_unlock(&corrections->lock);
	return *about ? 0 : none(id, error);
}

static int read_whole(const char *path, void **bytes, size_t *size)
{
	FILE *file = fopen(path, "rbe");
	struct stat facts;

	if (!file)
		return -errno;
	int status = fstat(fileno(file), &facts) == 0 ? 0 : -errno;

	*size = status == 0 ? (size_t)facts.st_size : 0;
	*bytes = status == 0 ? malloc(*size + 1) : NULL;
	if (status == 0 && !*bytes)
		status = -ENOMEM;
	if (status == 0 && fread(*bytes, 1, *size, file) != *size)
		status = -EIO;
	fclose(file);
	if (status != 0) {
		free(*bytes);
		*bytes = NULL;
	}
	return status;
}

int corrections_picture(struct corrections *corrections, const char *id, void **jpeg, size_t *size,
	struct gw_error *error)
{
	char path[PATH_MAX];

	if (!corrections_id_fits(id) || path_of(corrections, id, ".jpg", path) != 0)
		return none(id, error);
	pthread_mutex_lock(&corrections->lock);
	const int status = read_whole(path, jpeg, size);

	pthread_mutex_unlock(&corrections->lock);
	if (status == -ENOENT)
		return none(id, error);
	return status == 0
		? 0
		: gw_error_set(error, status, "%s cannot be read: %s", path, strerror(-status));
}

static int remove_both(const struct corrections *corrections, const char *id)
{
	char path[PATH_MAX];
	int status = path_of(corrections, id, ".json", path);

	/* What is left when it ends between the two is swept. */
	if (status == 0 && unlink(path) != 0)
		status = -errno;
	if (status == 0 && path_of(corrections, id, ".jpg", path) == 0)
		unlink(path);
	return status;
}

int corrections_remove(struct corrections *corrections, const char *id, struct gw_error *error)
{
	if (!corrections_id_fits(id))
		return none(id, error);
	pthread_mutex_lock(&corrections->lock);
	const int status = remove_both(corrections, id);

	pthread_mutex_unlock(&corrections->lock);
	if (status == -ENOENT)
		return none(id, error);
	return status == 0 ? 0
			   : gw_error_set(error, status, "correction %s cannot be deleted: %s", id,
				     strerror(-status));
}

static int by_time(const void *a, const void *b)
{
	json_t *const *first = a, *const *second = b;
	const int order = strcmp(json_string_value(json_object_get(*first, "at")),
		json_string_value(json_object_get(*second, "at")));

	return order != 0 ? order
			  : strcmp(json_string_value(json_object_get(*first, "id")),
				    json_string_value(json_object_get(*second, "id")));
}

/* NULL: it was damaged by somebody else. */
static json_t *listed(const struct corrections *corrections, const char *id)
{
	json_t *about = read_about(corrections, id);

	if (about && json_is_string(json_object_get(about, "at")) &&
		json_is_string(json_object_get(about, "id"))) {
		json_object_del(about, "record");
		return about;
	}
	json_decref(about);
	gw_warn("api", "correction %s in %s cannot be read: move its files away", id,
		corrections->folder);
	return NULL;
}

json_t *corrections_list(struct corrections *corrections)
{
	json_t *found[CORRECTIONS_MOST], *list = json_array();
	uint32_t count = 0;

	pthread_mutex_lock(&corrections->lock);
	DIR *folder = opendir(corrections->folder);
	const struct dirent *entry;

	while (folder && count < CORRECTIONS_MOST && (entry = readdir(folder))) {
		const size_t stem = stem_of(entry->d_name, ".json");
		char id[NAME_MAX + 1];

		if (stem == 0)
			continue;
		snprintf(id, sizeof(id), "%.*s", (int)stem, entry->d_name);
		found[count] = listed(corrections, id);
		count += found[count] != NULL;
	}
	if (folder)
		closedir(folder);
	pthread_mutex_unlock(&corrections->lock);
	qsort(found, count, sizeof(found[0]), by_time);
	for (uint32_t i = 0; i < count; i++)
		json_array_append_new(list, found[i]);
	return list;
}
