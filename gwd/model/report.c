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
#include "gwd/model/enhanced.h"

static double number(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

static const char *word(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static void print_object(const json_t *object)
{
	const json_t *bbox = json_object_get(object, "bbox"), *point;
	size_t i;

	printf("  %s %.2f at %.0f,%.0f to %.0f,%.0f\n", word(object, "type"),
		number(object, "confidence"), number(bbox, "leftX"), number(bbox, "topY"),
		number(bbox, "rightX"), number(bbox, "bottomY"));
	json_array_foreach(json_object_get(object, "keypoints"), i, point)
		printf("    %s %.2f at %.0f,%.0f\n", word(point, "type"),
			number(point, "confidence"), number(point, "x"), number(point, "y"));
}

/* How much of the picture each label has. */
static void print_mask(const json_t *mask)
{
	const json_t *runs = json_object_get(mask, "runs"),
		     *labels = json_object_get(mask, "labels");
	const double cells = number(mask, "width") * number(mask, "height");

	for (size_t label = 0; label < json_array_size(labels); label++) {
		json_int_t covered = 0;

		for (size_t i = 0; i + 1 < json_array_size(runs); i += 2)
			if (json_integer_value(json_array_get(runs, i)) == (json_int_t)label)
				covered += json_integer_value(json_array_get(runs, i + 1));
		if (covered > 0)
			printf("  %s %.1f %%\n", json_string_value(json_array_get(labels, label)),
				100 * (double)covered / cells);
	}
}

static void print_tensor(const json_t *tensor)
{
	const json_t *dim;
	size_t i;

	printf("  %s [", word(tensor, "name"));
	json_array_foreach(json_object_get(tensor, "shape"), i, dim)
		printf("%s%" JSON_INTEGER_FORMAT, i ? ", " : "", json_integer_value(dim));
	puts("]");
}

static void print_picture(const json_t *picture)
{
	const json_t *psnr = json_object_get(picture, "psnr");

	printf("  %.0fx%.0f, %.0f bytes", number(picture, "width"), number(picture, "height"),
		number(picture, "bytes"));
	if (psnr)
		printf(", %.2f dB PSNR against the picture", json_number_value(psnr));
	putchar('\n');
}

static void print_words(const char *path, const json_t *result)
{
	const json_t *classes = json_object_get(result, "classes"), *item;
	const json_t *objects = json_object_get(result, "objects");
	const json_t *lines = json_object_get(result, "lines");
	size_t i;

	printf("%s: %s%s\n", path, word(result, "task"),
		(objects && json_array_size(objects) == 0) || (lines && json_array_size(lines) == 0)
			? ", nothing found"
			: "");
	json_array_foreach(classes, i, item)
		printf("  %s %.2f\n", word(item, "type"), number(item, "confidence"));
	json_array_foreach(objects, i, item)
		print_object(item);
	json_array_foreach(lines, i, item)
		printf("  \"%s\" %.2f\n", word(item, "text"), number(item, "confidence"));
	if (json_object_get(result, "enhanced"))
		print_picture(json_object_get(result, "enhanced"));
	if (json_object_get(result, "mask"))
		print_mask(json_object_get(result, "mask"));
	json_array_foreach(json_object_get(result, "tensors"), i, item)
		print_tensor(item);
}

static void label(struct canvas *canvas, float x, float y, const json_t *item)
{
	const uint32_t index = (uint32_t)number(item, "index");
	char text[96];

	snprintf(text, sizeof(text), "%.80s %.2f", word(item, "type"), number(item, "confidence"));
	canvas_text(canvas, x, y, text, canvas_color_of(index));
}

/* The cells that an object covers. */
static void draw_shape(struct canvas *canvas, const json_t *mask, struct canvas_color color)
{
	const json_t *bbox = json_object_get(mask, "bbox"), *runs = json_object_get(mask, "runs");
	const int columns = (int)number(mask, "width");
	const float x0 = (float)number(bbox, "leftX"), y0 = (float)number(bbox, "topY");
	const float wide = ((float)number(bbox, "rightX") - x0) / (float)columns;
	const float high = ((float)number(bbox, "bottomY") - y0) / (float)number(mask, "height");
	int cell = 0;

	for (size_t i = 0; i < json_array_size(runs); i++) {
		const int end = cell + (int)json_integer_value(json_array_get(runs, i));

		for (; cell < end; cell++) {
			const int row = cell / columns;
			const float x = x0 + (float)(cell % columns) * wide;
			const float y = y0 + (float)row * high;

			if (i % 2)
				canvas_tint(canvas, x, y, x + wide, y + high, color);
		}
	}
}

static void draw_object(struct canvas *canvas, const json_t *object)
{
	const struct canvas_color color = canvas_color_of((uint32_t)number(object, "index"));
	const json_t *bbox = json_object_get(object, "bbox"), *point;
	const json_t *polygon = json_object_get(object, "polygon");
	const float x0 = (float)number(bbox, "leftX"), y0 = (float)number(bbox, "topY");
	size_t i;

	if (json_object_get(object, "mask"))
		draw_shape(canvas, json_object_get(object, "mask"), color);
	if (polygon) {
		json_array_foreach(polygon, i, point) {
			const json_t *next =
				json_array_get(polygon, (i + 1) % json_array_size(polygon));

			canvas_line(canvas, (float)number(point, "x"), (float)number(point, "y"),
				(float)number(next, "x"), (float)number(next, "y"), color);
		}
	} else {
		canvas_box(canvas, x0, y0, (float)number(bbox, "rightX"),
			(float)number(bbox, "bottomY"), color);
	}
	json_array_foreach(json_object_get(object, "keypoints"), i, point) {
		const float x = (float)number(point, "x"), y = (float)number(point, "y");

		canvas_box(canvas, x - 1, y - 1, x + 1, y + 1, canvas_color_of((uint32_t)i + 1));
	}
	label(canvas, x0, y0, object);
}

static void draw_mask(struct canvas *canvas, const json_t *mask)
{
	const json_t *bbox = json_object_get(mask, "bbox"), *runs = json_object_get(mask, "runs");
	const int columns = (int)number(mask, "width");
	const float x0 = (float)number(bbox, "leftX"), y0 = (float)number(bbox, "topY");
	const float wide = ((float)number(bbox, "rightX") - x0) / (float)columns;
	const float high = ((float)number(bbox, "bottomY") - y0) / (float)number(mask, "height");
	int cell = 0;

	for (size_t i = 0; i + 1 < json_array_size(runs); i += 2) {
		const uint32_t of = (uint32_t)json_integer_value(json_array_get(runs, i));
		const int end = cell + (int)json_integer_value(json_array_get(runs, i + 1));

		for (; cell < end; cell++) {
			const float x = x0 + (float)(cell % columns) * wide;
			const int row = cell / columns;
			const float y = y0 + (float)row * high;

			canvas_tint(canvas, x, y, x + wide, y + high, canvas_color_of(of));
		}
	}
}

static void draw(struct canvas *canvas, const json_t *result)
{
	const json_t *item;
	size_t i;

	if (json_object_get(result, "mask"))
		draw_mask(canvas, json_object_get(result, "mask"));
	json_array_foreach(json_object_get(result, "objects"), i, item)
		draw_object(canvas, item);
	json_array_foreach(json_object_get(result, "classes"), i, item)
		label(canvas, 4, (float)(32 * (i + 1)), item);
}

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
		draw(&canvas, json_object_get(record, "result"));
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
	const int status = json_object_get(result, "enhanced")
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
		print_words(file->path, result);
	}
	return write_drawn(pictures, index, record, output, error);
}

/* What did not come out, and why. */
static int tell_lost(const struct gw *gw, uint32_t lost, struct gw_error *error)
{
	for (int drop = 1; drop < GW_DROP_COUNT; drop++)
		if (gw_total_drops(gw, 0, drop) > 0)
			fprintf(stderr, "gwd: %lu of the pictures: %s: %s\n",
				gw_total_drops(gw, 0, drop), gw_drops[drop].name,
				gw_drops[drop].meaning);
	return lost == 0 ? 0 : gw_error_set(error, -EIO, "%u of the pictures failed", lost);
}

int check_report(const struct gw *gw, const struct picture_files *pictures, const char *results,
	const char *output, bool json, struct gw_error *error)
{
	char path[PATH_MAX], *line = NULL;
	uint32_t told = 0;
	size_t room = 0;
	int status = 0;

	if (mkdir(output, 0755) != 0 && errno != EEXIST)
		return gw_error_set(error, -errno, "--output %s: %s", output, strerror(errno));
	snprintf(path, sizeof(path), "%s/%s", results, GW_LINES_FILE);
	FILE *lines = fopen(path, "r");

	while (lines && status == 0 && getline(&line, &room, lines) > 0) {
		json_t *record = json_loads(line, 0, NULL);
		const json_t *sequence = json_object_get(record, "sequence");
		if (json_object_get(record, "result") &&
			json_integer_value(sequence) < (json_int_t)pictures->count) {
			status = tell(pictures, (uint32_t)json_integer_value(sequence), record,
				results, output, json, error);
			told++;
		}
		json_decref(record);
	}
	free(line);
	if (lines)
		fclose(lines);
	return status == 0 ? tell_lost(gw, pictures->count - told, error) : status;
}
