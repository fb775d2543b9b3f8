#include "gwd/bench/plot.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define WIDTH 640
#define HEIGHT 400
#define LEFT 64
#define RIGHT 140
#define TOP 40
#define BOTTOM 48
#define TICKS 5

static const char *const colours[] = {
	"#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#8c564b"};

#define COLOURS (sizeof(colours) / sizeof(colours[0]))

/* Axes from 0. */
struct plot {
	FILE *file;
	double x_most, y_most;
};

static double x_of(const struct plot *plot, double value)
{
	return LEFT + value / plot->x_most * (WIDTH - LEFT - RIGHT);
}

static double y_of(const struct plot *plot, double value)
{
	return HEIGHT - BOTTOM - value / plot->y_most * (HEIGHT - TOP - BOTTOM);
}

/* No text of ours has anything that SVG would read as its own. */
static void text(const struct plot *plot, double x, double y, const char *style, const char *words)
{
	fprintf(plot->file, "<text x=\"%.1f\" y=\"%.1f\" %s>%s</text>\n", x, y, style, words);
}

static void rule(
	const struct plot *plot, double x0, double y0, double x1, double y1, const char *colour)
{
	fprintf(plot->file,
		"<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>\n", x0, y0,
		x1, y1, colour);
}

static int open_file(struct plot *plot, const char *path, struct gw_error *error)
{
	plot->file = fopen(path, "w");
	if (plot->file)
		return 0;
	const int reason = errno;

	return gw_error_set(error, -reason, "%s cannot be written: %s", path, strerror(reason));
}

static void begin(struct plot *plot, const struct plot_titles *titles)
{
	if (plot->x_most <= 0)
		plot->x_most = 1;
	if (plot->y_most <= 0)
		plot->y_most = 1;
	fprintf(plot->file,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
		"font-family=\"sans-serif\" font-size=\"12\">\n"
		"<rect width=\"%d\" height=\"%d\" fill=\"white\"/>\n",
		WIDTH, HEIGHT, WIDTH, HEIGHT);
	text(plot, LEFT + (WIDTH - LEFT - RIGHT) / 2.0, 22,
		"text-anchor=\"middle\" font-size=\"15\"", titles->title);
	text(plot, LEFT + (WIDTH - LEFT - RIGHT) / 2.0, HEIGHT - 8, "text-anchor=\"middle\"",
		titles->x);
	text(plot, 14, TOP - 10, "", titles->y);
}

static void x_tick(const struct plot *plot, double value)
{
	char number[32];

	snprintf(number, sizeof(number), "%.3g", value);
	text(plot, x_of(plot, value), HEIGHT - BOTTOM + 16, "text-anchor=\"middle\"", number);
}

static void end(const struct plot *plot)
{
	rule(plot, LEFT, HEIGHT - BOTTOM, WIDTH - RIGHT, HEIGHT - BOTTOM, "black");
	rule(plot, LEFT, HEIGHT - BOTTOM, LEFT, TOP, "black");
	fputs("</svg>\n", plot->file);
}

static int close_file(struct plot *plot, const char *path, struct gw_error *error)
{
	const int failed = ferror(plot->file);

	if (fclose(plot->file) == 0 && !failed)
		return 0;
	return gw_error_set(error, -EIO, "%s cannot be written: is the disk full?", path);
}

static void draw_curve(const struct plot *plot, const struct plot_curve *curve, uint32_t place)
{
	const char *colour = colours[place % COLOURS];
	const double y = TOP + 18.0 * place;

	fputs("<polyline points=\"", plot->file);
	for (uint32_t i = 0; i < curve->count; i++)
		fprintf(plot->file, "%.1f,%.1f ", x_of(plot, curve->x[i]), y_of(plot, curve->y[i]));
	fprintf(plot->file, "\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>\n", colour);
	fprintf(plot->file, "<rect x=\"%d\" y=\"%.0f\" width=\"14\" height=\"4\" fill=\"%s\"/>\n",
		WIDTH - RIGHT + 12, y, colour);
	text(plot, WIDTH - RIGHT + 32, y + 6, "", curve->name);
}

void plot_lines_into(FILE *file, const struct plot_titles *titles, const struct plot_curve *curves,
	uint32_t count)
{
	struct plot plot = {.file = file};

	for (uint32_t i = 0; i < count; i++) {
		for (uint32_t k = 0; k < curves[i].count; k++) {
			if (curves[i].x[k] > plot.x_most)
				plot.x_most = curves[i].x[k];
			if (curves[i].y[k] > plot.y_most)
				plot.y_most = curves[i].y[k];
		}
	}
	begin(&plot, titles);
	/* Where there is something to be read. */
	for (uint32_t k = 0; count > 0 && k < curves[0].count; k++)
		x_tick(&plot, curves[0].x[k]);
	for (int i = 0; i <= TICKS; i++) {
		const double value = plot.y_most * i / TICKS, y = y_of(&plot, value);
		char number[32];

		snprintf(number, sizeof(number), "%.3g", value);
		text(&plot, LEFT - 6, y + 4, "text-anchor=\"end\"", number);
		rule(&plot, LEFT, y, WIDTH - RIGHT, y, "#dddddd");
	}
	for (uint32_t i = 0; i < count; i++)
		draw_curve(&plot, &curves[i], i);
	end(&plot);
}

int plot_lines(const char *path, const struct plot_titles *titles, const struct plot_curve *curves,
	uint32_t count, struct gw_error *error)
{
	struct plot plot = {0};
	const int status = open_file(&plot, path, error);

	if (status != 0)
		return status;
	plot_lines_into(plot.file, titles, curves, count);
	return close_file(&plot, path, error);
}

int plot_bars(const char *path, const struct plot_titles *titles, uint32_t rows,
	const struct plot_bar *bars, uint32_t count, struct gw_error *error)
{
	struct plot plot = {.y_most = rows};

	for (uint32_t i = 0; i < count; i++)
		if (bars[i].end > plot.x_most)
			plot.x_most = bars[i].end;
	const int status = open_file(&plot, path, error);

	if (status != 0)
		return status;
	begin(&plot, titles);
	for (int i = 0; i <= TICKS; i++)
		x_tick(&plot, plot.x_most * i / TICKS);
	for (uint32_t row = 0; row < rows; row++) {
		char number[16];

		snprintf(number, sizeof(number), "%u", row + 1);
		text(&plot, LEFT - 6, y_of(&plot, rows - row - 0.5) + 4, "text-anchor=\"end\"",
			number);
	}
	for (uint32_t i = 0; i < count; i++) {
		const struct plot_bar *bar = &bars[i];
		const double left = x_of(&plot, bar->begin), wide = x_of(&plot, bar->end) - left;

		fprintf(plot.file,
			"<rect x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" height=\"%.1f\" fill=\"%s\">"
			"<title>%s</title></rect>\n",
			left, y_of(&plot, rows - bar->row - 0.1), wide > 0.5 ? wide : 0.5,
			y_of(&plot, 0) - y_of(&plot, 0.8), colours[i % COLOURS], bar->text);
	}
	end(&plot);
	return close_file(&plot, path, error);
}
