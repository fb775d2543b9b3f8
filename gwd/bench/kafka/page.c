#include "gwd/bench/kafka/page.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/config/fresh_file.h"
#include "core/page.h"
#include "core/plural.h"
#include "gwd/bench/kafka/plan.h"
#include "gwd/bench/plot.h"

/* The figures of the experiment that this one repeats, in its order. */
static const struct figure {
	const char *title, *scenario, *side;
} figures[] = {
	{"Together: producer", "together", "producing"},
	{"Together: all consumers", "together", "consuming"},
	{"Producer alone", "producer", "producing"},
	{"Consumers alone: all of them", "consumers", "consuming"},
};

static double number(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

static const char *word(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* Adds a point to the curve of so many consumers, which is made when it is the first. */
static void add_point(
	struct plot_curve *curves, uint32_t *count, uint32_t consumers, double x, double y)
{
	char name[sizeof(curves->name)];
	uint32_t i = 0;

	if (consumers == 0)
		snprintf(name, sizeof(name), "no consumer");
	else
		snprintf(name, sizeof(name), "%u consumer%s", consumers, gw_plural(consumers));
	while (i < *count && strcmp(curves[i].name, name) != 0)
		i++;
	if (i == PLAN_LIST || curves[i].count == PLOT_POINTS)
		return;
	if (i == *count)
		memcpy(curves[(*count)++].name, name, sizeof(name));
	curves[i].x[curves[i].count] = x;
	curves[i].y[curves[i].count++] = y;
}

/* A plot in thousands of records a second; nothing where no cell is of it. */
static void put_figure(FILE *out, const struct figure *figure, const json_t *cells)
{
	struct plot_curve curves[PLAN_LIST] = {0};
	uint32_t count = 0;
	size_t i;
	json_t *cell;

	json_array_foreach(cells, i, cell) {
		if (strcmp(word(cell, "scenario"), figure->scenario) == 0)
			add_point(curves, &count, (uint32_t)number(cell, "consumers"),
				number(cell, "partitions"),
				number(json_object_get(cell, figure->side), "messages_s") / 1000);
	}
	if (count == 0)
		return;
	fputs("<figure>\n", out);
	plot_lines_into(out, &(struct plot_titles){figure->title, "partitions", "1000 records/s"},
		curves, count);
	fputs("</figure>\n", out);
}

static void put_cell(FILE *out, const json_t *cell)
{
	const json_t *producing = json_object_get(cell, "producing");
	const json_t *consuming = json_object_get(cell, "consuming");

	fprintf(out, "<tr><td>%s</td><td>%.0f</td><td>%.0f</td><td>%.2f</td>",
		word(cell, "scenario"), number(cell, "partitions"), number(cell, "consumers"),
		number(cell, "seconds"));
	if (producing)
		fprintf(out, "<td>%.0f</td><td>%.1f</td><td>%.0f %%</td><td>%.1f</td>",
			number(producing, "messages_s"), number(producing, "megabytes_s"),
			100 * number(producing, "waited_share"), number(producing, "headroom"));
	else
		fputs("<td></td><td></td><td></td><td></td>", out);
	if (consuming)
		fprintf(out, "<td>%.0f</td><td>%.1f</td><td>%.0f</td>",
			number(consuming, "messages_s"), number(consuming, "megabytes_s"),
			number(consuming, "lag"));
	else
		fputs("<td></td><td></td><td></td>", out);
	fprintf(out, "<td>%s</td><td>", word(cell, "limit"));
	gw_page_text(out, word(cell, "because"));
	fputs("</td></tr>\n", out);
}

static void put_summary(FILE *out, const json_t *cells)
{
	double least = 0;
	size_t i, count = 0, bound = 0;
	json_t *cell;

	json_array_foreach(cells, i, cell) {
		const json_t *producing = json_object_get(cell, "producing");
		const double headroom = number(producing, "headroom");

		if (!producing)
			continue;
		count++;
		bound += strcmp(word(cell, "limit"), "producer") == 0;
		if (least == 0 || headroom < least)
			least = headroom;
	}
	if (count > 0)
		fprintf(out,
			"<p>The producer is the limit of %zu of the %zu cells in which it works. "
			"By what its busiest thread used, and with a processor for that alone, it "
			"could have given at least %.2f times what was measured, in every cell "
			"(<i>headroom</i>).</p>\n",
			bound, count, least);
}

static const char style[] =
	"body{font-family:sans-serif;margin:2em;max-width:90em}\n"
	"figure{display:inline-block;margin:0 1em 1em 0}\n"
	"table{border-collapse:collapse}\nth,td{border-bottom:1px solid #ddd;padding:.3em "
	".6em;text-align:right}\nth:last-child,td:last-child{text-align:left}\n";

static void put_page(FILE *out, const json_t *book)
{
	const json_t *plan = json_object_get(book, "plan");
	const json_t *machine = json_object_get(book, "machine");
	const json_t *cells = json_object_get(book, "cells");
	size_t i;
	json_t *cell;

	gw_page_begin(out, "gwctl bench kafka", style, "Throughput by partitions and consumers");
	fprintf(out, "<p>%.0f records of %.0f bytes (%s) in each cell; brokers ",
		number(plan, "messages"), number(plan, "size"), word(plan, "payload"));
	gw_page_text(out, word(plan, "brokers"));
	fputs("; producer and consumers on ", out);
	gw_page_text(out, word(machine, "processor"));
	fprintf(out, ", %.0f processors.</p>\n", number(machine, "processors"));
	put_summary(out, cells);
	for (i = 0; i < sizeof(figures) / sizeof(figures[0]); i++)
		put_figure(out, &figures[i], cells);
	fputs("\n<table>\n<tr><th>scenario</th><th>partitions</th><th>consumers</th><th>s</th>"
	      "<th>produced/s</th><th>MB/s</th><th>waited</th><th>headroom</th>"
	      "<th>consumed/s</th><th>MB/s</th><th>lag</th><th>limit</th><th>because</th></tr>\n",
		out);
	json_array_foreach(cells, i, cell)
		put_cell(out, cell);
	fputs("</table>\n<p>MB: 10<sup>6</sup> bytes of values. waited: share of the time in which "
	      "the producer had no room, or everything was handed over and not confirmed. lag: "
	      "records that consumers had not read when the last one was confirmed.</p>\n",
		out);
	gw_page_end(out);
}

int page_write(const char *path, const json_t *book, struct gw_error *error)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	struct fresh_file fresh;
	int status = -ENOMEM;

	if (out)
		put_page(out, book);
	if (!out || fclose(out) != 0) {
		free(text);
		return gw_error_set(error, -ENOMEM, "out of memory");
	}
	status = fresh_file_write(&fresh, path, NULL, FRESH_FILE_OURS,
		(const char *const[]){text, ""}, (const size_t[]){size, 0}, error);
	if (status == 0)
		status = fresh_file_place(&fresh, error);
	free(text);
	return status;
}
