#include "accel/answers/windows.h"

#include <math.h>

#define COARSE_SIDE 64
#define POINTS 4 /* that a coarse pixel is the mean of, along each side */

/* What keeps a flat window from a division by zero: (0.01 x 255)^2 and (0.03 x 255)^2, as in the
 * paper. */
#define LUMA_FLOOR 6.5025
#define CONTRAST_FLOOR 58.5225

static uint32_t level_at(const struct pixels *pixels, uint32_t x, uint32_t y, uint32_t c)
{
	return pixels_level(pixels, *pixels_at(pixels, x, y, c));
}

/* Of red, green and blue (ITU-R BT.601), or the grey level itself. */
static uint32_t luma_at(const struct pixels *pixels, uint32_t x, uint32_t y)
{
	if (pixels->channels == 1)
		return level_at(pixels, x, y, 0);
	return (299 * level_at(pixels, x, y, 0) + 587 * level_at(pixels, x, y, 1) +
		       114 * level_at(pixels, x, y, 2) + 500) /
		1000;
}

static uint32_t at_most(uint32_t value, uint32_t most)
{
	return value < most ? value : most;
}

/* In a picture smaller than a window the last row and column stand for those that it lacks. */
static void take_window(const struct pixels *pixels, uint32_t x0, uint32_t y0, uint8_t *to)
{
	for (uint32_t y = 0; y < WINDOW_SIDE; y++)
		for (uint32_t x = 0; x < WINDOW_SIDE; x++)
			*to++ = (uint8_t)luma_at(pixels, at_most(x0 + x, pixels->width - 1),
				at_most(y0 + y, pixels->height - 1));
}

/* Where the window begins that is number i of `count` along `size` pixels. */
static uint32_t begin_of(uint32_t i, uint32_t count, uint32_t size)
{
	const uint32_t centre = (uint32_t)((2 * (uint64_t)i + 1) * size / (2 * (uint64_t)count));

	if (size <= WINDOW_SIDE || centre <= WINDOW_SIDE / 2)
		return 0;
	return at_most(centre - WINDOW_SIDE / 2, size - WINDOW_SIDE);
}

static void take_fine(struct windows *windows, const struct pixels *pixels)
{
	uint32_t columns = pixels->width / WINDOW_SIDE, rows = pixels->height / WINDOW_SIDE;

	columns = columns > 0 ? columns : 1;
	rows = rows > 0 ? rows : 1;
	/* As many along each side as they are long, and no more than there is room for. */
	const double more = sqrt((double)columns * rows / WINDOWS_MOST);

	if (more > 1) {
		columns = at_most((uint32_t)(columns / more) + 1, WINDOWS_MOST);
		rows = at_most((uint32_t)(rows / more) + 1, WINDOWS_MOST);
		while (columns * rows > WINDOWS_MOST)
			*(columns > rows ? &columns : &rows) -= 1;
	}
	windows->count = 0;
	for (uint32_t row = 0; row < rows; row++)
		for (uint32_t column = 0; column < columns; column++)
			take_window(pixels, begin_of(column, columns, pixels->width),
				begin_of(row, rows, pixels->height),
				windows->fine[windows->count++]);
}

/* The mean of points that lie evenly in a coarse pixel. */
static uint8_t coarse_at(const struct pixels *pixels, uint32_t x, uint32_t y)
{
	const uint32_t all = 2 * COARSE_SIDE * POINTS;
	uint32_t sum = 0;

	for (uint32_t i = 0; i < POINTS * POINTS; i++) {
		const uint32_t across = 2 * (x * POINTS + i % POINTS) + 1;
		const uint32_t down = 2 * (y * POINTS + i / POINTS) + 1;

		sum += luma_at(pixels, across * pixels->width / all, down * pixels->height / all);
	}
	return (uint8_t)((sum + POINTS * POINTS / 2) / (POINTS * POINTS));
}

static void take_coarse(struct windows *windows, const struct pixels *pixels)
{
	for (uint32_t y = 0; y < COARSE_SIDE; y++)
		for (uint32_t x = 0; x < COARSE_SIDE; x++) {
			const uint32_t window =
				y / WINDOW_SIDE * (COARSE_SIDE / WINDOW_SIDE) + x / WINDOW_SIDE;

			windows->coarse[window][y % WINDOW_SIDE * WINDOW_SIDE + x % WINDOW_SIDE] =
				coarse_at(pixels, x, y);
		}
}

void windows_take(struct windows *windows, const struct pixels *pixels)
{
	windows->width = pixels->width;
	windows->height = pixels->height;
	take_fine(windows, pixels);
	take_coarse(windows, pixels);
}

/* The paper's formula (13), for one window. */
static double similarity(const uint8_t *a, const uint8_t *b)
{
	const double count = WINDOW_PIXELS;
	uint32_t of_a = 0, of_b = 0, squares_a = 0, squares_b = 0, products = 0;

	for (uint32_t i = 0; i < WINDOW_PIXELS; i++) {
		of_a += a[i];
		of_b += b[i];
		squares_a += (uint32_t)a[i] * a[i];
		squares_b += (uint32_t)b[i] * b[i];
		products += (uint32_t)a[i] * b[i];
	}
	const double mean_a = of_a / count, mean_b = of_b / count;
	const double variances =
		squares_a / count - mean_a * mean_a + squares_b / count - mean_b * mean_b;
	const double covariance = products / count - mean_a * mean_b;

	return (2 * mean_a * mean_b + LUMA_FLOOR) * (2 * covariance + CONTRAST_FLOOR) /
		((mean_a * mean_a + mean_b * mean_b + LUMA_FLOOR) * (variances + CONTRAST_FLOOR));
}

float windows_apart(const struct windows *one, const struct windows *other)
{
	const bool same = one->width == other->width && one->height == other->height;
	const uint32_t count = same ? one->count : WINDOWS_COARSE;
	double sum = 0;

	for (uint32_t i = 0; i < count; i++)
		sum += same ? similarity(one->fine[i], other->fine[i])
			    : similarity(one->coarse[i], other->coarse[i]);
	return (float)fmin(fmax(1 - sum / count, 0), 1);
}
