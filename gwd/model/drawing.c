#include "gwd/model/drawing.h"

#include <stdint.h>
#include <stdio.h>

#include "gwd/model/canvas.h"
#include "gwd/model/said.h"

static void label(struct canvas *canvas, float x, float y, const json_t *item)
{
	const uint32_t index = (uint32_t)said_number(item, "index");
	char text[96];

	snprintf(text, sizeof(text), "%.80s %.2f", said_word(item, "type"),
		said_number(item, "confidence"));
	canvas_text(canvas, x, y, text, canvas_color_of(index));
}

/* The cells that an object covers. */
static void draw_shape(struct canvas *canvas, const json_t *mask, struct canvas_color color)
{
	const json_t *bbox = json_object_get(mask, "bbox"), *runs = json_object_get(mask, "runs");
	const int columns = (int)said_number(mask, "width");
	const float x0 = (float)said_number(bbox, "leftX"), y0 = (float)said_number(bbox, "topY");
	const float wide = ((float)said_number(bbox, "rightX") - x0) / (float)columns;
	const float high =
		((float)said_number(bbox, "bottomY") - y0) / (float)said_number(mask, "height");
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
	const struct canvas_color color = canvas_color_of((uint32_t)said_number(object, "index"));
	const json_t *bbox = json_object_get(object, "bbox"), *point;
	const json_t *polygon = json_object_get(object, "polygon");
	const float x0 = (float)said_number(bbox, "leftX"), y0 = (float)said_number(bbox, "topY");
	size_t i;

	if (json_object_get(object, "mask"))
		draw_shape(canvas, json_object_get(object, "mask"), color);
	if (polygon) {
		json_array_foreach(polygon, i, point) {
			const json_t *next =
				json_array_get(polygon, (i + 1) % json_array_size(polygon));

			canvas_line(canvas, (float)said_number(point, "x"),
				(float)said_number(point, "y"), (float)said_number(next, "x"),
				(float)said_number(next, "y"), color);
		}
	} else {
		canvas_box(canvas, x0, y0, (float)said_number(bbox, "rightX"),
			(float)said_number(bbox, "bottomY"), color);
	}
	json_array_foreach(json_object_get(object, "keypoints"), i, point) {
		const float x = (float)said_number(point, "x"), y = (float)said_number(point, "y");

		canvas_box(canvas, x - 1, y - 1, x + 1, y + 1, canvas_color_of((uint32_t)i + 1));
	}
	label(canvas, x0, y0, object);
}

static void draw_mask(struct canvas *canvas, const json_t *mask)
{
	const json_t *bbox = json_object_get(mask, "bbox"), *runs = json_object_get(mask, "runs");
	const int columns = (int)said_number(mask, "width");
	const float x0 = (float)said_number(bbox, "leftX"), y0 = (float)said_number(bbox, "topY");
	const float wide = ((float)said_number(bbox, "rightX") - x0) / (float)columns;
	const float high =
		((float)said_number(bbox, "bottomY") - y0) / (float)said_number(mask, "height");
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

void drawing_add(struct canvas *canvas, const json_t *result)
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
