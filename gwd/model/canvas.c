#include "gwd/model/canvas.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include "core/orientation.h"
#include "gwd/model/letters.h"

#define QUALITY 92
#define THIN 640 /* pixels of a picture's longer side to a pixel of a line */

struct failure {
	struct jpeg_error_mgr base;
	jmp_buf back;
};

static void fail(j_common_ptr jpeg)
{
	longjmp(((struct failure *)jpeg->err)->back, 1);
}

static void say_nothing(j_common_ptr jpeg)
{
}

static struct jpeg_error_mgr *handle(struct failure *failure)
{
	jpeg_std_error(&failure->base);
	failure->base.error_exit = fail;
	failure->base.output_message = say_nothing;
	return &failure->base;
}

int canvas_open(struct canvas *canvas, const uint8_t *jpeg, size_t size)
{
	struct jpeg_decompress_struct in;
	struct failure failure;

	*canvas = (struct canvas){0};
	in.err = handle(&failure);
	if (setjmp(failure.back)) {
		jpeg_destroy_decompress(&in);
		canvas_close(canvas);
		return -EBADMSG;
	}
	jpeg_create_decompress(&in);
	jpeg_mem_src(&in, jpeg, size);
	jpeg_read_header(&in, TRUE);
	in.out_color_space = JCS_RGB;
	jpeg_start_decompress(&in);
	canvas->width = in.output_width;
	canvas->height = in.output_height;
	canvas->rgb = malloc((size_t)canvas->width * canvas->height * 3);
	while (canvas->rgb && in.output_scanline < in.output_height) {
		JSAMPROW row = canvas->rgb + (size_t)in.output_scanline * canvas->width * 3;

		jpeg_read_scanlines(&in, &row, 1);
	}
	if (canvas->rgb)
		jpeg_finish_decompress(&in);
	jpeg_destroy_decompress(&in);
	return canvas->rgb ? 0 : -ENOMEM;
}

void canvas_close(struct canvas *canvas)
{
	free(canvas->rgb);
	*canvas = (struct canvas){0};
}

int canvas_turn(struct canvas *canvas, uint8_t orientation)
{
	const bool swapped = gw_orientation_swaps(orientation);
	const uint32_t width = swapped ? canvas->height : canvas->width;
	const uint32_t height = swapped ? canvas->width : canvas->height;
	uint8_t *rgb = malloc((size_t)width * height * 3);

	if (!rgb)
		return -ENOMEM;
	for (uint32_t y = 0; y < height; y++) {
		const uint32_t down = gw_orientation_mirrors_y(orientation) ? height - 1 - y : y;

		for (uint32_t x = 0; x < width; x++) {
			const uint32_t across =
				gw_orientation_mirrors_x(orientation) ? width - 1 - x : x;
			const size_t from = swapped ? (size_t)across * canvas->width + down
						    : (size_t)down * canvas->width + across;

			memcpy(rgb + ((size_t)y * width + x) * 3, canvas->rgb + from * 3, 3);
		}
	}
	free(canvas->rgb);
	*canvas = (struct canvas){.width = width, .height = height, .rgb = rgb};
	return 0;
}

struct canvas_color canvas_color_of(uint32_t number)
{
	static const struct canvas_color colors[] = {{230, 60, 60}, {40, 160, 60}, {50, 110, 230},
		{230, 150, 20}, {150, 70, 200}, {0, 160, 170}, {210, 60, 150}, {120, 130, 30}};

	return colors[number % (sizeof(colors) / sizeof(colors[0]))];
}

static int thickness(const struct canvas *canvas)
{
	const uint32_t longer = canvas->width > canvas->height ? canvas->width : canvas->height;

	return 1 + (int)(longer / THIN);
}

static void fill(struct canvas *canvas, int x0, int y0, int x1, int y1, struct canvas_color color)
{
	for (int y = y0 < 0 ? 0 : y0; y < y1 && y < (int)canvas->height; y++)
		for (int x = x0 < 0 ? 0 : x0; x < x1 && x < (int)canvas->width; x++) {
			uint8_t *pixel = canvas->rgb + ((size_t)y * canvas->width + (size_t)x) * 3;

			pixel[0] = color.red;
			pixel[1] = color.green;
			pixel[2] = color.blue;
		}
}

static float bound(float value)
{
	return fminf(fmaxf(value, -65536), 65536);
}

void canvas_line(
	struct canvas *canvas, float x0, float y0, float x1, float y1, struct canvas_color color)
{
	const float dx = bound(x1) - bound(x0), dy = bound(y1) - bound(y0);
	const int steps = 1 + (int)fmaxf(fabsf(dx), fabsf(dy)), thick = thickness(canvas);

	for (int i = 0; i <= steps; i++) {
		const int x = (int)lrintf(bound(x0) + dx * (float)i / (float)steps) - thick / 2;
		const int y = (int)lrintf(bound(y0) + dy * (float)i / (float)steps) - thick / 2;

		fill(canvas, x, y, x + thick, y + thick, color);
	}
}

void canvas_box(
	struct canvas *canvas, float x0, float y0, float x1, float y1, struct canvas_color color)
{
	canvas_line(canvas, x0, y0, x1, y0, color);
	canvas_line(canvas, x1, y0, x1, y1, color);
	canvas_line(canvas, x1, y1, x0, y1, color);
	canvas_line(canvas, x0, y1, x0, y0, color);
}

void canvas_tint(
	struct canvas *canvas, float x0, float y0, float x1, float y1, struct canvas_color color)
{
	const int left = (int)lrintf(bound(x0)), right = (int)lrintf(bound(x1));
	const int top = (int)lrintf(bound(y0)), bottom = (int)lrintf(bound(y1));

	for (int y = top < 0 ? 0 : top; y < bottom && y < (int)canvas->height; y++)
		for (int x = left < 0 ? 0 : left; x < right && x < (int)canvas->width; x++) {
			uint8_t *pixel = canvas->rgb + ((size_t)y * canvas->width + (size_t)x) * 3;

			pixel[0] = (uint8_t)((pixel[0] + color.red) / 2);
			pixel[1] = (uint8_t)((pixel[1] + color.green) / 2);
			pixel[2] = (uint8_t)((pixel[2] + color.blue) / 2);
		}
}

static void draw_letter(struct canvas *canvas, int x, int y, int scale, char letter)
{
	static const struct canvas_color white = {255, 255, 255};
	const uint8_t *rows = letters_of(letter);

	for (int row = 0; row < LETTER_HEIGHT; row++)
		for (int column = 0; column < LETTER_WIDTH; column++)
			if (rows[row] >> (LETTER_WIDTH - 1 - column) & 1)
				fill(canvas, x + column * scale, y + row * scale,
					x + (column + 1) * scale, y + (row + 1) * scale, white);
}

void canvas_text(
	struct canvas *canvas, float x, float y, const char *text, struct canvas_color ground)
{
	const int scale = 1 + thickness(canvas) / 2, step = (LETTER_WIDTH + 1) * scale;
	const int height = (LETTER_HEIGHT + 2) * scale, left = (int)lrintf(bound(x));
	int top = (int)lrintf(bound(y)) - height;

	if (top < 0)
		top = (int)lrintf(bound(y));
	fill(canvas, left, top, left + step * (int)strlen(text) + scale, top + height, ground);
	for (int i = 0; text[i]; i++)
		draw_letter(canvas, left + scale + i * step, top + scale, scale, text[i]);
}

int canvas_write(const struct canvas *canvas, const char *path)
{
	struct jpeg_compress_struct out;
	struct failure failure;
	FILE *file = fopen(path, "wb");

	if (!file)
		return -errno;
	out.err = handle(&failure);
	if (setjmp(failure.back)) {
		jpeg_destroy_compress(&out);
		fclose(file);
		return -EIO;
	}
	jpeg_create_compress(&out);
	jpeg_stdio_dest(&out, file);
	out.image_width = canvas->width;
	out.image_height = canvas->height;
	out.input_components = 3;
	out.in_color_space = JCS_RGB;
	jpeg_set_defaults(&out);
	jpeg_set_quality(&out, QUALITY, TRUE);
	jpeg_start_compress(&out, TRUE);
	while (out.next_scanline < out.image_height) {
		JSAMPROW row = canvas->rgb + (size_t)out.next_scanline * canvas->width * 3;

		jpeg_write_scanlines(&out, &row, 1);
	}
	jpeg_finish_compress(&out);
	jpeg_destroy_compress(&out);
	return fclose(file) == 0 ? 0 : -EIO;
}
