#include "gwd/model/words.h"

#include <stdio.h>

#include "gwd/model/said.h"

static void print_object(const json_t *object)
{
	const json_t *bbox = json_object_get(object, "bbox"), *point;
	size_t i;

	printf("  %s %.2f at %.0f,%.0f to %.0f,%.0f\n", said_word(object, "type"),
		said_number(object, "confidence"), said_number(bbox, "leftX"),
		said_number(bbox, "topY"), said_number(bbox, "rightX"),
		said_number(bbox, "bottomY"));
	json_array_foreach(json_object_get(object, "keypoints"), i, point)
		printf("    %s %.2f at %.0f,%.0f\n", said_word(point, "type"),
			said_number(point, "confidence"), said_number(point, "x"),
			said_number(point, "y"));
}

/* How much of the picture each label has. */
static void print_mask(const json_t *mask)
{
	const json_t *runs = json_object_get(mask, "runs"),
		     *labels = json_object_get(mask, "labels");
	const double cells = said_number(mask, "width") * said_number(mask, "height");

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

	printf("  %s [", said_word(tensor, "name"));
	json_array_foreach(json_object_get(tensor, "shape"), i, dim)
		printf("%s%" JSON_INTEGER_FORMAT, i ? ", " : "", json_integer_value(dim));
	puts("]");
}

static void print_picture(const json_t *picture)
{
	const json_t *psnr = json_object_get(picture, "psnr");

	printf("  %.0fx%.0f, %.0f bytes", said_number(picture, "width"),
		said_number(picture, "height"), said_number(picture, "bytes"));
	if (psnr)
		printf(", %.2f dB PSNR against the picture", json_number_value(psnr));
	putchar('\n');
}

void words_print(const char *path, const json_t *result)
{
	const json_t *classes = json_object_get(result, "classes"), *item;
	const json_t *objects = json_object_get(result, "objects");
	const json_t *lines = json_object_get(result, "lines");
	size_t i;

	printf("%s: %s%s\n", path, said_word(result, "task"),
		(objects && json_array_size(objects) == 0) || (lines && json_array_size(lines) == 0)
			? ", nothing found"
			: "");
	json_array_foreach(classes, i, item)
		printf("  %s %.2f\n", said_word(item, "type"), said_number(item, "confidence"));
	json_array_foreach(objects, i, item)
		print_object(item);
	json_array_foreach(lines, i, item)
		printf("  \"%s\" %.2f\n", said_word(item, "text"), said_number(item, "confidence"));
	if (json_object_get(result, "enhanced"))
		print_picture(json_object_get(result, "enhanced"));
	if (json_object_get(result, "mask"))
		print_mask(json_object_get(result, "mask"));
	json_array_foreach(json_object_get(result, "tensors"), i, item)
		print_tensor(item);
}
