/* A picture to draw on, for people to look at. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct canvas {
	uint32_t width, height;
	uint8_t *rgb;
};

struct canvas_color {
	uint8_t red, green, blue;
};

/* Decodes a JPEG. 0, -ENOMEM, or -EBADMSG when that cannot be decoded. */
int canvas_open(struct canvas *canvas, const uint8_t *jpeg, size_t size);
void canvas_close(struct canvas *canvas);

/* From what is stored to what is seen (core/orientation.h). 0 or -ENOMEM. */
int canvas_turn(struct canvas *canvas, uint8_t orientation);

/* One that differs for every small number. */
struct canvas_color canvas_color_of(uint32_t number);

/* All clip what lies outside. Lines are as thick as the picture's size asks for. */
void canvas_line(
	struct canvas *canvas, float x0, float y0, float x1, float y1, struct canvas_color color);
void canvas_box(
	struct canvas *canvas, float x0, float y0, float x1, float y1, struct canvas_color color);

/* Tints a cell of a mask. */
void canvas_tint(
	struct canvas *canvas, float x0, float y0, float x1, float y1, struct canvas_color color);

/* Letters on a ground of that colour, above (x, y) or, where there is no room, below. What is not a
 * digit, a letter or a common sign is shown as a box. */
void canvas_text(
	struct canvas *canvas, float x, float y, const char *text, struct canvas_color ground);

/* Writes a JPEG. 0 or a negative errno. */
int canvas_write(const struct canvas *canvas, const char *path);
