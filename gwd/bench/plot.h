/* Plots as SVG files: lines over a number, and what devices did when. */
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "core/error.h"

#define PLOT_POINTS 32

struct plot_curve {
	char name[24];
	uint32_t count;
	double x[PLOT_POINTS], y[PLOT_POINTS];
};

struct plot_titles {
	const char *title, *x, *y;
};

struct plot_bar {
	uint32_t row;
	double begin, end;
	char text[32];
};

/* Each writes a new file. 0; a negative errno and an error line when it cannot be written. */
int plot_lines(const char *path, const struct plot_titles *titles, const struct plot_curve *curves,
	uint32_t count, struct gw_error *error);
int plot_bars(const char *path, const struct plot_titles *titles, uint32_t rows,
	const struct plot_bar *bars, uint32_t count, struct gw_error *error);

/* The same lines, as an element of a page. */
void plot_lines_into(FILE *file, const struct plot_titles *titles, const struct plot_curve *curves,
	uint32_t count);
