#include "accel/repository/repository.h"

#include <dirent.h>
#include <errno.h>
#include <gnutls/crypto.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "accel/repository/file_bytes.h"
#include "accel/repository/onnx_external.h"
#include "accel/rollout/state.h"

#define SHA256_SIZE 32

/* A version is a positive integer without leading zeros. 0 for anything else. */
static uint32_t parse_version(const char *text)
{
	unsigned long value;
	char *end;

	if (text[0] < '1' || text[0] > '9')
		return 0;
	errno = 0;
	value = strtoul(text, &end, 10);
	return *end == '\0' && errno == 0 && value <= UINT32_MAX ? (uint32_t)value : 0;
}

uint32_t repository_highest(const char *repository, const char *name)
{
	char path[PATH_MAX];
	uint32_t highest = 0;
	struct dirent *entry;

	snprintf(path, sizeof(path), "%s/%s", repository, name);
	DIR *directory = opendir(path);

	if (!directory)
		return 0;
	while ((entry = readdir(directory))) {
		uint32_t version = parse_version(entry->d_name);

		if (version > highest)
			highest = version;
	}
	closedir(directory);
	return highest;
}

static void append(char *line, size_t size, const char *text)
{
	size_t used = strlen(line);

	if (used + strlen(text) + 3 <= size)
		sprintf(line + used, "%s%s", used ? ", " : "", text);
}

/* "digits, objects": what has at least one version. */
static void list_models(const char *repository, char *line, size_t size)
{
	DIR *directory = opendir(repository);
	struct dirent *entry;

	line[0] = '\0';
	while (directory && (entry = readdir(directory))) {
		if (entry->d_name[0] != '.' && repository_highest(repository, entry->d_name) > 0)
			append(line, size, entry->d_name);
	}
	if (directory)
		closedir(directory);
	if (line[0] == '\0')
		snprintf(line, size, "no models");
}

static void list_versions(const char *repository, const char *name, char *line, size_t size)
{
	char path[PATH_MAX];
	struct dirent *entry;

	snprintf(path, sizeof(path), "%s/%s", repository, name);
	DIR *directory = opendir(path);

	line[0] = '\0';
	while (directory && (entry = readdir(directory))) {
		if (parse_version(entry->d_name) > 0)
			append(line, size, entry->d_name);
	}
	if (directory)
		closedir(directory);
}

/* Adds the files that the model keeps weights in. */
static int digest_external(const char *directory, const struct onnx_external *external,
	gnutls_hash_hd_t hash, struct gw_error *error)
{
	for (uint32_t i = 0; i < external->count; i++) {
		struct file_bytes bytes;
		char path[PATH_MAX];

		snprintf(path, sizeof(path), "%s/%s", directory, external->file[i]);
		const int status = file_bytes_read(path, &bytes, error);

		if (status != 0) {
			gw_error_prefix(error, "the model's weights: ");
			return status;
		}
		gnutls_hash(hash, bytes.data, bytes.size);
		file_bytes_free(&bytes);
	}
	return 0;
}

/* Of model.onnx, and of the files that it keeps weights in, in the order of their names. */
static int digest_model(
	const char *directory, const char *path, char digest[72], struct gw_error *error)
{
	struct onnx_external *external = malloc(sizeof(*external));
	uint8_t sum[SHA256_SIZE] = {0};
	gnutls_hash_hd_t hash;
	struct file_bytes bytes;
	int status;

	if (!external || gnutls_hash_init(&hash, GNUTLS_DIG_SHA256) != 0) {
		free(external);
		return gw_error_set(error, -ENOMEM, "%s: no digest of it: out of memory", path);
	}
	status = file_bytes_read(path, &bytes, error);
	if (status == 0) {
		gnutls_hash(hash, bytes.data, bytes.size);
		status = onnx_external_read(bytes.data, bytes.size, external, error);
		if (status != 0)
			gw_error_prefix(error, "%s: ", path);
		file_bytes_free(&bytes);
	}
	if (status == 0)
		status = digest_external(directory, external, hash, error);
	gnutls_hash_deinit(hash, sum);
	free(external);
	int used = snprintf(digest, 72, "sha256:");

	for (int i = 0; i < SHA256_SIZE; i++)
		used += snprintf(digest + used, 72 - (size_t)used, "%02x", sum[i]);
	return status;
}

static int load(const char *directory, const char *name, uint32_t version, struct model **model,
	struct gw_error *error)
{
	char path[PATH_MAX];
	int status = 0;

	*model = calloc(1, sizeof(**model));
	snprintf(path, sizeof(path), "%s/model.onnx", directory);
	if (*model)
		(*model)->path = strdup(path);
	if (!*model || !(*model)->path) {
		status = gw_error_set(error, -ENOMEM, "model %s: out of memory", name);
	} else {
		snprintf((*model)->name, sizeof((*model)->name), "%s", name);
		(*model)->version = version;
		status = digest_model(directory, path, (*model)->digest, error);
	}
	if (status == 0) {
		snprintf(path, sizeof(path), "%s/model.yaml", directory);
		status = model_yaml_load(path, &(*model)->description, error);
	}
	if (status != 0) {
		model_free(*model);
		*model = NULL;
	}
	return status;
}

/* What "name" stands for. 0 and an error line: what is kept of it is no good. */
static uint32_t current_version(
	const char *repository, const char *name, uint32_t highest, struct gw_error *error)
{
	struct rollout_state state;
	char path[PATH_MAX], there[256];
	const int status = rollout_state_load(repository, name, &state, error);

	if (status != 0)
		return status == -ENOENT ? highest : 0;
	snprintf(path, sizeof(path), "%s/%s/%u", repository, name, state.stable);
	if (access(path, F_OK) == 0)
		return state.stable;
	list_versions(repository, name, there, sizeof(there));
	gw_error_set(error, -ENOENT,
		"model %s: %s/%s/rollout.json says that version %u runs, which is not there "
		"(there: %s): put it back, or remove rollout.json",
		name, repository, name, state.stable, there);
	return 0;
}

int repository_load(
	const char *repository, const char *reference, struct model **model, struct gw_error *error)
{
	char name[sizeof((*model)->name)], path[PATH_MAX], there[256];
	size_t name_size = strcspn(reference, ":");
	uint32_t version, highest;

	*model = NULL;
	if (name_size == 0 || name_size >= sizeof(name) || reference[0] == '.' ||
		memchr(reference, '/', name_size))
		return gw_error_set(error, -EINVAL,
			"model \"%s\": must be NAME or NAME:VERSION, as in %s/NAME/VERSION",
			reference, repository);
	memcpy(name, reference, name_size);
	name[name_size] = '\0';
	highest = repository_highest(repository, name);
	if (highest == 0) {
		list_models(repository, there, sizeof(there));
		return gw_error_set(error, -ENOENT,
			"model %s: it is not in the repository %s (there: %s); put it into "
			"%s/%s/1, or "
			"set accel.repository",
			name, repository, there, repository, name);
	}
	version = reference[name_size] ? parse_version(reference + name_size + 1)
				       : current_version(repository, name, highest, error);
	if (version == 0 && !reference[name_size])
		return -EINVAL;
	snprintf(path, sizeof(path), "%s/%s/%u", repository, name, version);
	if (version == 0 || access(path, F_OK) != 0) {
		list_versions(repository, name, there, sizeof(there));
		return gw_error_set(error, -ENOENT,
			"model %s: the repository %s has no such version (there: %s)", reference,
			repository, there);
	}
	return load(path, name, version, model, error);
}

int repository_load_directory(const char *directory, struct model **model, struct gw_error *error)
{
	char path[PATH_MAX], parent[PATH_MAX];
	uint32_t version = 0;

	*model = NULL;
	if (!realpath(directory, path))
		return gw_error_set(error, -errno, "%s: %s", directory, strerror(errno));
	/* .../NAME/VERSION, or .../NAME for a model outside of a repository. */
	strcpy(parent, path);
	char *last = strrchr(parent, '/');

	version = parse_version(last + 1);
	if (version > 0) {
		*last = '\0';
		last = strrchr(parent, '/');
	}
	return load(path, last ? last + 1 : parent, version, model, error);
}

void model_free(struct model *model)
{
	if (!model)
		return;
	model_yaml_free(model->description);
	free(model->path);
	free(model);
}
