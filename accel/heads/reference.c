#include "accel/heads/reference.h"

#include <math.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

#include "accel/input/range.h"
#include "core/orientation.h"
#include "jpeg/arena.h"

#define CHUNK 256 /* pixels that are looked at together */
#define LARGEST_SIDE 16384 /* of a picture that comes so far */

/* libjpeg's structs with what belongs to them. */
struct reference {
	struct jpeg_decompress_struct in;
	struct jpeg_error_mgr errors;
	struct jpeg_arena arena;
	jmp_buf failed;
};

/* What is compared: a rectangle of the picture as it is seen, read in the order in which it is
 * stored. */
struct comparison {
	const struct pixels *made;
	bool limited, swapped;
	bool back_x, back_y; /* seen columns and rows run against the stored ones */
	uint32_t row, rows; /* stored rows that hold it */
	uint32_t column, columns; /* ... and columns */
	uint64_t squares;
};

static void fail(j_common_ptr info)
{
	struct reference *reference = (struct reference *)info;

	longjmp(reference->failed, 1);
}

static void say_nothing(j_common_ptr info)
{
}

/* False when the part is no whole pixels, or not as many as were made. */
static bool begin(struct comparison *c, const struct gw_frame *frame, const struct input_map *map,
	const struct pixels *made)
{
	const uint32_t left = (uint32_t)lrintf(map->left), top = (uint32_t)lrintf(map->top);
	const uint8_t orientation = frame->orientation;

	if (fabsf(map->right - map->left - (float)made->width) > 1e-3f ||
		fabsf(map->bottom - map->top - (float)made->height) > 1e-3f ||
		fabsf(map->left - (float)left) > 1e-3f || fabsf(map->top - (float)top) > 1e-3f ||
		left + made->width > frame->width || top + made->height > frame->height)
		return false;
	const bool mirrored_x = gw_orientation_mirrors_x(orientation);
	const bool mirrored_y = gw_orientation_mirrors_y(orientation);
	const uint32_t x = mirrored_x ? frame->width - left - made->width : left;
	const uint32_t y = mirrored_y ? frame->height - top - made->height : top;

	c->swapped = gw_orientation_swaps(orientation);
	c->back_x = mirrored_x;
	c->back_y = mirrored_y;
	c->row = c->swapped ? x : y;
	c->rows = c->swapped ? made->width : made->height;
	c->column = c->swapped ? y : x;
	c->columns = c->swapped ? made->height : made->width;
	return true;
}

/* Levels of limited range, as the model has seen them. */
static void widen(int16_t level[3][CHUNK], uint32_t channels, uint32_t count)
{
	float wide[3][CHUNK];

	for (uint32_t k = 0; k < channels; k++)
		for (uint32_t i = 0; i < count; i++)
			wide[k][i] = level[k][i];
	if (channels == 1)
		range_widen_luma(wide[0], count);
	else
		range_widen_rgb(wide[0], wide[1], wide[2], count);
	for (uint32_t k = 0; k < channels; k++)
		for (uint32_t i = 0; i < count; i++)
			level[k][i] = (int16_t)(wide[k][i] + 0.5f);
}

/* Levels of what was made, in the order in which a stored row has them. */
static void read_made(const struct comparison *c, uint32_t row, uint32_t first, uint32_t count,
	int16_t level[3][CHUNK])
{
	const struct pixels *made = c->made;
	const uint32_t across = c->swapped ? row : first, down = c->swapped ? first : row;
	const uint32_t x = c->back_x ? made->width - 1 - across : across;
	const uint32_t y = c->back_y ? made->height - 1 - down : down;
	const ptrdiff_t size = (ptrdiff_t)(c->swapped ? made->of_row : made->of_pixel);
	const ptrdiff_t step = (c->swapped ? c->back_y : c->back_x) ? -size : size;

	for (uint32_t k = 0; k < made->channels; k++) {
		const float *values = pixels_at(made, x, y, k);

		for (uint32_t i = 0; i < count; i++)
			level[k][i] = pixels_level(made, values[(ptrdiff_t)i * step]);
	}
}

/* At most CHUNK of them: the sum cannot overflow. */
static uint32_t squares_of(const int16_t *one, const int16_t *other, uint32_t count)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < count; i++) {
		const int32_t apart = one[i] - other[i];

		sum += (uint32_t)(apart * apart);
	}
	return sum;
}

/* Adds the squares of one stored row; both are counted inside of what is compared. */
static void compare_row(struct comparison *c, uint32_t row, const uint8_t *stored)
{
	const uint32_t channels = c->made->channels;
	int16_t given[3][CHUNK], made[3][CHUNK];

	for (uint32_t first = 0; first < c->columns; first += CHUNK) {
		const uint32_t left = c->columns - first, count = left < CHUNK ? left : CHUNK;

		for (uint32_t k = 0; k < channels; k++)
			for (uint32_t i = 0; i < count; i++)
				given[k][i] = stored[(first + i) * channels + k];
		if (c->limited)
			widen(given, channels, count);
		read_made(c, row, first, count, made);
		for (uint32_t k = 0; k < channels; k++)
			c->squares += squares_of(given[k], made[k], count);
	}
}

static bool compare(struct reference *reference, const struct gw_frame *frame, struct comparison *c)
{
	struct jpeg_decompress_struct *in = &reference->in;
	const bool swapped = gw_orientation_swaps(frame->orientation);
	const uint32_t width = swapped ? frame->height : frame->width;
	const uint32_t height = swapped ? frame->width : frame->height;
	const uint32_t channels = c->made->channels;

	jpeg_mem_src(in, frame->jpeg.data, frame->jpeg.size);
	jpeg_read_header(in, TRUE);
	/* Before any memory is taken for a picture of that size. */
	if (in->image_width != width || in->image_height != height)
		return false;
	in->out_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
	jpeg_start_decompress(in);
	JSAMPARRAY rows = in->mem->alloc_sarray(
		(j_common_ptr)in, JPOOL_IMAGE, in->output_width * channels, 1);

	if (c->row > 0)
		jpeg_skip_scanlines(in, c->row);
	for (uint32_t i = 0; i < c->rows; i++) {
		jpeg_read_scanlines(in, rows, 1);
		compare_row(c, i, rows[0] + (size_t)c->column * channels);
	}
	return true;
}

/* Fills in the squares; false: it cannot be decoded. */
static bool decode(struct reference *reference, const struct gw_frame *frame, struct comparison *c)
{
	if (setjmp(reference->failed)) {
		jpeg_abort_decompress(&reference->in);
		return false;
	}
	const bool whole = compare(reference, frame, c);

	jpeg_abort_decompress(&reference->in);
	return whole;
}

/* Nothing else is alive across setjmp(). */
static bool begin_library(struct reference *reference)
{
	if (setjmp(reference->failed))
		return false;
	jpeg_create_decompress(&reference->in);
	return true;
}

struct reference *reference_create(void)
{
	struct reference *reference = calloc(1, sizeof(*reference));

	if (!reference)
		return NULL;
	if (jpeg_arena_open(&reference->arena, LARGEST_SIDE) != 0) {
		free(reference);
		return NULL;
	}
	reference->in.err = jpeg_std_error(&reference->errors);
	reference->errors.error_exit = fail;
	reference->errors.output_message = say_nothing;
	if (!begin_library(reference)) {
		reference_destroy(reference);
		return NULL;
	}
	jpeg_arena_serve(&reference->arena, (j_common_ptr)&reference->in);
	return reference;
}

void reference_destroy(struct reference *reference)
{
	if (!reference)
		return;
	jpeg_destroy_decompress(&reference->in);
	jpeg_arena_close(&reference->arena);
	free(reference);
}

uint64_t reference_foreign(const struct reference *reference)
{
	return reference->arena.foreign;
}

float reference_psnr(struct reference *reference, const struct gw_frame *frame, bool limited,
	const struct input_map *map, const struct pixels *made)
{
	struct comparison c = {.made = made, .limited = limited};

	if (!frame->jpeg.data || !begin(&c, frame, map, made) || !decode(reference, frame, &c))
		return -1;
	const double levels = (double)made->width * made->height * made->channels;
	const double mean = (double)c.squares / levels;

	return mean > 0 ? (float)fmin(10 * log10(255.0 * 255.0 / mean), REFERENCE_ALIKE)
			: REFERENCE_ALIKE;
}
