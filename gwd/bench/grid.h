/* The cells of the schedule bench: every number of devices, of partitions, and every wait. */
#pragma once

#include <jansson.h>

#include "accel/experiment.h"

#define GRID_DEVICES 5
#define GRID_PARTITIONS 8
#define GRID_WAITS 3
#define GRID_TURNS (GRID_PARTITIONS * (1 + (GRID_DEVICES - 1) * GRID_WAITS))

extern const uint32_t grid_partitions[GRID_PARTITIONS];

struct grid {
	const char *work; /* a word for it */
	double wait_s[GRID_WAITS];
	/* By devices less 1; one device has nobody to wait for: its cells are those of wait 0. */
	struct experiment_outcome outcome[GRID_DEVICES][GRID_PARTITIONS][GRID_WAITS];
};

/* Waits of 0, 1 and 3 s, divided by `quicker`. */
void grid_init(struct grid *grid, const char *work, uint32_t quicker);

/* The outcome of so many devices. */
const struct experiment_outcome *grid_cell(
	const struct grid *grid, uint32_t devices, uint32_t partition, uint32_t wait);

/* Runs all cells; `tell` hears how many are done. 0 or a negative errno with a line. */
int grid_run(struct grid *grid, const struct experiment_work *work, void *owner,
	void (*tell)(uint32_t done), struct gw_error *error);

/* Prints run times and Jain's index in a table for each wait. */
void grid_print(const struct grid *grid);

/* All cells, with what ran where and when. NULL: out of memory. */
json_t *grid_json(const struct grid *grid);

/* Plots into a folder: for each wait run time and fairness over partitions, a curve
 * for each number of devices, and the timelines of single runs. 0 or a negative errno with a line.
 */
int grid_draw(const struct grid *grid, const char *folder, struct gw_error *error);
