#include "gwgen/sources.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "core/bytes.h"
#include "jpeg/make.h"

#define MOST_BYTES (64l << 20)

/* The bytes and the name become the list's, or are freed. */
static int keep(
	struct sources *sources, char *name, uint8_t *bytes, uint32_t size, struct gw_error *error)
{
	struct film_source *list = sources->list;

	if (sources->count == sources->room) {
		const uint32_t room = sources->room ? 2 * sources->room : 16;

		list = realloc(list, room * sizeof(*list));
		if (list) {
			sources->list = list;
			sources->room = room;
		}
	}
	if (!list || !name || !bytes) {
		free(name);
		free(bytes);
		return gw_error_set(error, -ENOMEM, "out of memory");
	}
	list[sources->count++] = (struct film_source){name, bytes, size};
	return 0;
}

static bool is_capture(const uint8_t *bytes, uint32_t size)
{
	static const uint32_t magics[] = {
		0xA1B2C3D4, 0xD4C3B2A1, 0xA1B23C4D, 0x4D3CB2A1, 0x0A0D0D0A};

	for (size_t i = 0; size >= 4 && i < sizeof(magics) / sizeof(magics[0]); i++)
		if (read_be32(bytes) == magics[i])
			return true;
	return false;
}

static int add_file(struct sources *sources, const char *path, struct gw_error *error)
{
	FILE *file = fopen(path, "rbe");
	uint8_t *bytes = NULL;
	long size = -1;

	if (!file)
		return gw_error_set(error, -errno, "%s: %s", path, strerror(errno));
	if (fseek(file, 0, SEEK_END) == 0)
		size = ftell(file);
	rewind(file);
	if (size > 0 && size <= MOST_BYTES)
		bytes = malloc((size_t)size);
	if (bytes && fread(bytes, 1, (size_t)size, file) != (size_t)size) {
		free(bytes);
		bytes = NULL;
	}
	fclose(file);
	if (!bytes)
		return gw_error_set(error, -EBADMSG, "%s cannot be read as a picture", path);
	if (is_capture(bytes, (uint32_t)size)) {
		free(bytes);
		sources->capture = path;
		return 0;
	}
	return keep(sources, strdup(path), bytes, (uint32_t)size, error);
}

static int is_jpeg_name(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && (strcasecmp(dot, ".jpg") == 0 || strcasecmp(dot, ".jpeg") == 0);
}

static int add_folder(struct sources *sources, const char *path, struct gw_error *error)
{
	struct dirent **entries = NULL;
	const int count = scandir(path, &entries, is_jpeg_name, alphasort);
	int status = 0;

	if (count < 0)
		return gw_error_set(error, -errno, "%s: %s", path, strerror(errno));
	if (count == 0)
		status = gw_error_set(error, -ENOENT, "%s holds no file *.jpg or *.jpeg", path);
	for (int i = 0; i < count; i++) {
		char file[4096];

		snprintf(file, sizeof(file), "%s/%s", path, entries[i]->d_name);
		if (status == 0)
			status = add_file(sources, file, error);
		free(entries[i]);
	}
	free(entries);
	return status;
}

int sources_add(struct sources *sources, const char *path, struct gw_error *error)
{
	struct stat facts;
	int status;

	if (stat(path, &facts) != 0)
		return gw_error_set(error, -errno, "%s: %s", path, strerror(errno));
	status = S_ISDIR(facts.st_mode) ? add_folder(sources, path, error)
					: add_file(sources, path, error);
	if (status == 0 && sources->capture && sources->count > 0)
		return gw_error_set(error, -EINVAL,
			"%s is a capture: it cannot be sent together with pictures",
			sources->capture);
	return status;
}

int sources_draw(struct sources *sources, uint32_t count, uint16_t width, uint16_t height,
	struct gw_error *error)
{
	for (uint32_t i = 0; i < count; i++) {
		const struct jpeg_recipe recipe = {
			.width = width, .height = height, .quality = 60, .seed = i};
		size_t size;
		uint8_t *bytes = jpeg_make(&recipe, &size);
		const int status = keep(
			sources, strdup("picture of gwgen's own"), bytes, (uint32_t)size, error);

		if (status != 0)
			return status;
	}
	return 0;
}

void sources_close(struct sources *sources)
{
	for (uint32_t i = 0; i < sources->count; i++) {
		free((char *)(uintptr_t)sources->list[i].name);
		free((uint8_t *)(uintptr_t)sources->list[i].bytes);
	}
	free(sources->list);
	memset(sources, 0, sizeof(*sources));
}
