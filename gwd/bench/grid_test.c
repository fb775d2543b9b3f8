#include "core/test.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "gwd/bench/grid.h"

static char folder[] = "/tmp/framegate-grid-XXXXXX";
static struct grid grid;
static struct gw_error error;
static uint32_t told;
static bool broken;

static void *open_worker(void *owner, struct gw_device *device, struct gw_error *why)
{
	return owner;
}

static bool run_item(void *worker, uint32_t item)
{
	nanosleep(&(struct timespec){.tv_nsec = GW_NS_PER_MS / 2}, NULL);
	return !broken;
}

static void close_worker(void *worker)
{
}

static const struct experiment_work work = {open_worker, run_item, close_worker};

static void tell(uint32_t done)
{
	assert_int_equal(done, ++told);
}

/* A thousandth of what a user waits for. */
static int run_grid(void **state)
{
	if (!mkdtemp(folder))
		return -1;
	grid_init(&grid, "test", 1000);
	return grid_run(&grid, &work, &broken, tell, &error);
}

static int remove_entry(const char *path, const struct stat *facts, int kind, struct FTW *walk)
{
	return remove(path);
}

static int remove_folder(void **state)
{
	return nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static void every_cell_is_there_and_did_all_items(void **state)
{
	json_t *all = grid_json(&grid);
	const json_t *cells = json_object_get(all, "cells"), *cell, *count;
	size_t i, k;

	assert_int_equal(told, GRID_TURNS);
	assert_int_equal(json_array_size(cells), GRID_TURNS);
	json_array_foreach(cells, i, cell) {
		const json_t *items = json_object_get(cell, "items");
		json_int_t sum = 0;

		assert_int_equal(json_array_size(items),
			json_integer_value(json_object_get(cell, "devices")));
		json_array_foreach(items, k, count)
			sum += json_integer_value(count);
		assert_int_equal(sum, EXPERIMENT_ITEMS);
		assert_int_equal(json_array_size(json_object_get(cell, "timeline")),
			json_integer_value(json_object_get(cell, "partitions")));
	}
	json_decref(all);
}

static void one_device_has_nobody_to_wait_for(void **state)
{
	for (uint32_t wait = 0; wait < GRID_WAITS; wait++)
		assert_ptr_equal(grid_cell(&grid, 1, 0, wait), grid_cell(&grid, 1, 0, 0));
	assert_ptr_not_equal(grid_cell(&grid, 2, 0, 1), grid_cell(&grid, 2, 0, 0));
}

static void plots_of_every_wait_are_drawn(void **state)
{
	static const char *const names[] = {"seconds", "jain", "timeline-8", "timeline-40"};
	char path[128];

	assert_int_equal(grid_draw(&grid, folder, &error), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		for (int wait = 0; wait < GRID_WAITS; wait++) {
			snprintf(path, sizeof(path), "%s/%s-wait-%d.svg", folder, names[i], wait);
			assert_int_equal(access(path, R_OK), 0);
		}
	}
	assert_true(grid_draw(&grid, "/nowhere/plots", &error) < 0);
	assert_non_null(strstr(error.text, "/nowhere/plots"));
}

static void work_that_fails_ends_it_with_a_line(void **state)
{
	static struct grid other;

	broken = true;
	told = 0;
	grid_init(&other, "test", 1000);
	assert_int_not_equal(grid_run(&other, &work, &broken, tell, &error), 0);
	broken = false;
	assert_non_null(strstr(error.text, "failed"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cell_is_there_and_did_all_items),
		cmocka_unit_test(one_device_has_nobody_to_wait_for),
		cmocka_unit_test(plots_of_every_wait_are_drawn),
		cmocka_unit_test(work_that_fails_ends_it_with_a_line),
	};

	return cmocka_run_group_tests(tests, run_grid, remove_folder);
}
