#include "gwd/model/report.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/config/config.h"
#include "gwd/model/canvas.h"
#include "gwd/model/drawing.h"
#include "gwd/model/enhanced.h"
#include "gwd/model/words.h"

static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The file's own name in `output`; numbered when an earlier one is called so, too. */
static void choose_path(const struct picture_files *pictures, uint32_t index, const char *output,
	char *path, size_t size)
{
	const char *name = name_of(pictures->file[index].path), *dot = strrchr(name, '.');
	const int stem = (int)(dot ? dot - name : (ptrdiff_t)strlen(name));
	uint32_t same = 1;

	for (uint32_t i = 0; i < index; i++)
		same += strcmp(name_of(pictures->file[i].path), name) == 0;
	if (same == 1)
		snprintf(path, size, "%s/%s", output, name);
	else
		snprintf(path, size, "%s/%.*s-%u%s", output, stem, name, same, dot ? dot : "");
}

/* A drawn picture must not take the place of one that was given. */
static bool is_given(const struct picture_files *pictures, const char *path)
{
	struct stat one, other;

	for (uint32_t i = 0; stat(path, &one) == 0 && i < pictures->count; i++)
		if (stat(pictures->file[i].path, &other) == 0 && one.st_dev == other.st_dev &&
			one.st_ino == other.st_ino)
			return true;
	return false;
}

static uint8_t orientation_of(const json_t *record)
{
	return (uint8_t)json_integer_value(json_object_get(record, "orientation"));
}

/* A line, when that goes wrong; then there is no half file. */
static int write_drawn(const struct picture_files *pictures, uint32_t index, const json_t *record,
	const char *output, struct gw_error *error)
{
	const struct picture_file *file = &pictures->file[index];
	char path[PATH_MAX], part[PATH_MAX + 8];
	struct canvas canvas;
	int status = canvas_open(&canvas, file->data, file->info.size);

	if (status == 0)
		status = canvas_turn(&canvas, orientation_of(record));

	choose_path(pictures, index, output, path, sizeof(path));
	snprintf(part, sizeof(part), "%s.part", path);
	if (is_given(pictures, path))
		status = -EEXIST;
	if (status == 0) {
		drawing_add(&canvas, json_object_get(record, "result"));
		status = canvas_write(&canvas, part);
		if (status == 0 && rename(part, path) != 0)
			status = -errno;
		if (status != 0)
			unlink(part);
	}
	canvas_close(&canvas);
	if (status == -EEXIST)
		return gw_error_set(error, status,
			"%s is one of the pictures: name another folder with --output", path);
	return status == 0 ? 0 : gw_error_set(error, status, "%s: %s", path, strerror(-status));
}

/* The picture that the model made, beside the drawn one: STEM.enhanced.jpg. */
static int take_enhanced(const struct picture_files *pictures, uint32_t index, const char *results,
	const char *output, struct gw_error *error)
{
	char from[PATH_MAX], drawn[PATH_MAX], to[PATH_MAX + 16];

	choose_path(pictures, index, output, drawn, sizeof(drawn));
	const char *dot = strrchr(name_of(drawn), '.');

	snprintf(to, sizeof(to), "%.*s.enhanced.jpg",
		(int)(dot ? dot - drawn : (ptrdiff_t)strlen(drawn)), drawn);
	snprintf(from, sizeof(from), "%s/pictures/%08u.enhanced-0.jpg", results, index);
	if (is_given(pictures, to))
		return gw_error_set(error, -EEXIST,
			"%s is one of the pictures: name another folder with --output", to);
	return enhanced_take(from, to, error);
}

static int tell(const struct picture_files *pictures, uint32_t index, const json_t *record,
	const char *results, const char *output, bool json, struct gw_error *error)
{
	json_t *result = json_object_get(record, "result");
	const struct picture_file *file = &pictures->file[index];
	const bool draws = output[0] != '\0';
	const int status = draws && json_object_get(result, "enhanced")
		? take_enhanced(pictures, index, results, output, error)
		: 0;

	if (status != 0)
		return status;
	if (json) {
		json_object_set_new(result, "picture", json_string(file->path));
		if (json_object_get(record, "orientation"))
			json_object_set_new(
				result, "orientation", json_integer(orientation_of(record)));
		json_dumpf(result, stdout, JSON_COMPACT);
		putchar('\n');
	} else {
		words_print(file->path, result);
	}
	return draws ? write_drawn(pictures, index, record, output, error) : 0;
}

/* What did not come out, and why. */
static int tell_lost(const struct gw *gw, uint32_t lost, struct gw_error *error)
{
	for (int drop = 1; drop < GW_DROP_COUNT; drop++)
		if (gw_total_drops(gw, 0, drop) > 0)
			fprintf(stderr, "%s: %lu of the pictures: %s: %s\n",
				program_invocation_short_name, gw_total_drops(gw, 0, drop),
				gw_drops[drop].name, gw_drops[drop].meaning);
	return lost == 0 ? 0 : gw_error_set(error, -EIO, "%u of the pictures failed", lost);
}

int check_report(const struct gw *gw, const struct picture_files *pictures, const char *results,
	const char *output, bool json, struct gw_error *error)
{
	char path[PATH_MAX], *line = NULL;
	uint32_t told = 0;
	size_t room = 0;
	int status = 0;

	if (output && output[0] && mkdir(output, 0755) != 0 && errno != EEXIST)
		return gw_error_set(error, -errno, "--output %s: %s", output, strerror(errno));
	snprintf(path, sizeof(path), "%s/%s", results, GW_LINES_FILE);
	FILE *lines = fopen(path, "r");

	while (lines && status == 0 && getline(&line, &room, lines) > 0) {
		json_t *record = json_loads(line, 0, NULL);
		const json_t *sequence = json_object_get(record, "sequence");
		if (json_object_get(record, "result") &&
			json_integer_value(sequence) < (json_int_t)pictures->count) {
			status = !output ? 0
					 : tell(pictures, (uint32_t)json_integer_value(sequence),
						   record, results, output, json, error);
			told++;
		}
		json_decref(record);
	}
	free(line);
	if (lines)
		fclose(lines);
	return status == 0 ? tell_lost(gw, pictures->count - told, error) : status;
}
