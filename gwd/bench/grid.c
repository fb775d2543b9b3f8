#include "gwd/bench/grid.h"

#include <stdio.h>

#include "gwd/bench/plot.h"

const uint32_t grid_partitions[GRID_PARTITIONS] = {1, 2, 4, 5, 8, 10, 20, 40};

/* Whose timelines are drawn. */
static const uint32_t drawn[] = {4, 7};

void grid_init(struct grid *grid, const char *work, uint32_t quicker)
{
	static const double waits[GRID_WAITS] = {0, 1, 3};

	*grid = (struct grid){.work = work};
	for (uint32_t i = 0; i < GRID_WAITS; i++)
		grid->wait_s[i] = waits[i] / quicker;
}

const struct experiment_outcome *grid_cell(
	const struct grid *grid, uint32_t devices, uint32_t partition, uint32_t wait)
{
	return &grid->outcome[devices - 1][partition][devices > 1 ? wait : 0];
}

int grid_run(struct grid *grid, const struct experiment_work *work, void *owner,
	void (*tell)(uint32_t done), struct gw_error *error)
{
	uint32_t done = 0;

	for (uint32_t devices = 1; devices <= GRID_DEVICES; devices++) {
		for (uint32_t p = 0; p < GRID_PARTITIONS; p++) {
			for (uint32_t w = 0; w < (devices > 1 ? GRID_WAITS : 1); w++) {
				const struct experiment experiment = {.work = work,
					.owner = owner,
					.devices = devices,
					.partitions = grid_partitions[p],
					.wait_ms = (uint32_t)(grid->wait_s[w] * 1000 + 0.5)};
				const int status = experiment_run(
					&experiment, &grid->outcome[devices - 1][p][w], error);

				if (status != 0)
					return status;
				tell(++done);
			}
		}
	}
	return 0;
}

static void print_table(const struct grid *grid, uint32_t wait, bool time)
{
	printf("\n%s, wait %g s\n%10s", time ? "run time in s" : "Jain's index, 1: all the same",
		grid->wait_s[wait], "partitions");
	for (uint32_t d = 1; d <= GRID_DEVICES; d++)
		printf("%4u device%s", d, d > 1 ? "s" : " ");
	putchar('\n');
	for (uint32_t p = 0; p < GRID_PARTITIONS; p++) {
		printf("%10u", grid_partitions[p]);
		for (uint32_t d = 1; d <= GRID_DEVICES; d++) {
			const struct experiment_outcome *outcome = grid_cell(grid, d, p, wait);

			printf("%12.3f", time ? outcome->seconds : outcome->jain);
		}
		putchar('\n');
	}
}

void grid_print(const struct grid *grid)
{
	printf("schedule: %d items of work (%s), all of which belong to the first device\n",
		EXPERIMENT_ITEMS, grid->work);
	for (uint32_t wait = 0; wait < GRID_WAITS; wait++) {
		print_table(grid, wait, true);
		print_table(grid, wait, false);
	}
}

static json_t *cell_json(
	const struct grid *grid, uint32_t devices, uint32_t partition, uint32_t wait)
{
	const struct experiment_outcome *outcome = grid_cell(grid, devices, partition, wait);
	json_t *items = json_array(), *timeline = json_array();

	for (uint32_t i = 0; i < devices; i++)
		json_array_append_new(items, json_integer((json_int_t)outcome->items[i]));
	for (uint32_t i = 0; i < outcome->parts; i++) {
		const struct experiment_part *part = &outcome->part[i];

		json_array_append_new(timeline,
			json_pack("{s:i, s:i, s:i, s:f, s:f}", "partition", (int)i, "device",
				(int)part->device, "items", (int)part->items, "begin",
				(double)part->begin_ns / 1e9, "end", (double)part->end_ns / 1e9));
	}
	return json_pack("{s:i, s:i, s:f, s:f, s:f, s:o, s:o}", "devices", (int)devices,
		"partitions", (int)grid_partitions[partition], "wait", grid->wait_s[wait],
		"seconds", outcome->seconds, "jain", outcome->jain, "items", items, "timeline",
		timeline);
}

json_t *grid_json(const struct grid *grid)
{
	json_t *cells = json_array();

	for (uint32_t d = 1; d <= GRID_DEVICES; d++)
		for (uint32_t p = 0; p < GRID_PARTITIONS; p++)
			for (uint32_t w = 0; w < (d > 1 ? GRID_WAITS : 1); w++)
				json_array_append_new(cells, cell_json(grid, d, p, w));
	return json_pack("{s:s, s:s, s:i, s:o}", "name", "schedule", "work", grid->work, "items",
		EXPERIMENT_ITEMS, "cells", cells);
}

static int draw_curves(const struct grid *grid, const char *folder, uint32_t wait, bool time,
	struct gw_error *error)
{
	struct plot_curve curves[GRID_DEVICES];
	char path[4096], title[128];
	const struct plot_titles titles = {title, "partitions", time ? "s" : ""};

	for (uint32_t d = 1; d <= GRID_DEVICES; d++) {
		struct plot_curve *curve = &curves[d - 1];

		*curve = (struct plot_curve){.count = GRID_PARTITIONS};
		snprintf(curve->name, sizeof(curve->name), "%u device%s", d, d > 1 ? "s" : "");
		for (uint32_t p = 0; p < GRID_PARTITIONS; p++) {
			const struct experiment_outcome *outcome = grid_cell(grid, d, p, wait);

			curve->x[p] = grid_partitions[p];
			curve->y[p] = time ? outcome->seconds : outcome->jain;
		}
	}
	snprintf(path, sizeof(path), "%s/%s-wait-%u.svg", folder, time ? "seconds" : "jain", wait);
	snprintf(title, sizeof(title), "%s, wait %g s", time ? "Run time" : "Jain's index",
		grid->wait_s[wait]);
	return plot_lines(path, &titles, curves, GRID_DEVICES, error);
}

static int draw_timeline(const struct grid *grid, const char *folder, uint32_t wait,
	uint32_t partition, struct gw_error *error)
{
	const struct experiment_outcome *outcome = grid_cell(grid, GRID_DEVICES, partition, wait);
	struct plot_bar bars[EXPERIMENT_ITEMS];
	char path[4096], title[128];
	const struct plot_titles titles = {title, "seconds", "device"};

	for (uint32_t i = 0; i < outcome->parts; i++) {
		const struct experiment_part *part = &outcome->part[i];

		bars[i] = (struct plot_bar){.row = part->device,
			.begin = (double)part->begin_ns / 1e9,
			.end = (double)part->end_ns / 1e9};
		snprintf(bars[i].text, sizeof(bars[i].text), "partition %u", i);
	}
	snprintf(path, sizeof(path), "%s/timeline-%u-wait-%u.svg", folder,
		grid_partitions[partition], wait);
	snprintf(title, sizeof(title), "%u partitions, wait %g s", grid_partitions[partition],
		grid->wait_s[wait]);
	return plot_bars(path, &titles, GRID_DEVICES, bars, outcome->parts, error);
}

int grid_draw(const struct grid *grid, const char *folder, struct gw_error *error)
{
	int status = 0;

	for (uint32_t wait = 0; wait < GRID_WAITS && status == 0; wait++) {
		status = draw_curves(grid, folder, wait, true, error);
		if (status == 0)
			status = draw_curves(grid, folder, wait, false, error);
		for (size_t i = 0; i < sizeof(drawn) / sizeof(drawn[0]) && status == 0; i++)
			status = draw_timeline(grid, folder, wait, drawn[i], error);
	}
	return status;
}
