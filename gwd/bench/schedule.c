#include "gwd/bench/schedule.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"
#include "gwd/bench/command.h"
#include "gwd/bench/grid.h"
#include "gwd/bench/work.h"

#define ITEM_NS (200 * GW_NS_PER_MS) /* of a device that only waits */
#define QUICKER 10

struct request {
	const char *model, *library, *output;
	bool json, quick;
};

static int64_t told_at;

/* On a terminal, a line that is written over; else nothing: what comes out is the end. */
static void tell(uint32_t done)
{
	if (!isatty(STDERR_FILENO) || (done < GRID_TURNS && gw_now() - told_at < GW_NS_PER_S / 5))
		return;
	told_at = gw_now();
	fprintf(stderr, "\rschedule: %u of %d runs", done, GRID_TURNS);
	if (done == GRID_TURNS)
		fputs("\r\033[K", stderr);
	fflush(stderr);
}

static int show(const struct grid *grid, const struct request *request, struct gw_error *error)
{
	if (request->json) {
		json_t *all = grid_json(grid);

		json_dumpf(all, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6));
		putchar('\n');
		json_decref(all);
	} else {
		grid_print(grid);
	}
	const int status = grid_draw(grid, request->output, error);

	if (status == 0 && !request->json)
		printf("\nplots: %s\n", request->output);
	return status;
}

/* Before what takes minutes. */
static int make_folder(const char *path, struct gw_error *error)
{
	const int reason = mkdir(path, 0777) == 0 || errno == EEXIST ? 0 : errno;

	return reason == 0
		? 0
		: gw_error_set(error, -reason, "%s cannot be made: %s", path, strerror(reason));
}

static int measure(const struct request *request, struct gw_error *error)
{
	const uint32_t quicker = request->quick ? QUICKER : 1;
	struct bench_work work = {.nap_ns = ITEM_NS / quicker};
	struct grid *grid = malloc(sizeof(*grid));
	int status = make_folder(request->output, error);

	if (status == 0)
		status = bench_work_open(&work, request->model, request->library, error);
	if (status == 0 && !grid)
		status = gw_error_set(error, -ENOMEM, "out of memory");
	if (status == 0) {
		grid_init(grid, work.model ? work.model->name : "timed", quicker);
		status = grid_run(grid, work.model ? &bench_model : &bench_nap, &work, tell, error);
		if (status == 0)
			status = show(grid, request, error);
	}
	free(grid);
	bench_work_close(&work);
	return status;
}

int bench_schedule(int argc, char **argv)
{
	static const struct option options[] = {
		{"json", no_argument, NULL, 'j'},
		{"library", required_argument, NULL, 'l'},
		{"model", required_argument, NULL, 'm'},
		{"output", required_argument, NULL, 'o'},
		{"quick", no_argument, NULL, 'q'},
		{0},
	};
	struct request request = {.output = "schedule-bench"};
	struct gw_error error = {"out of memory"};
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		const char *value = optarg ? optarg : "";

		if (optarg && !value[0])
			return bench_command_fail("schedule", "an option has an empty value", 2);
		if (option == 'j')
			request.json = true;
		else if (option == 'l')
			request.library = value;
		else if (option == 'm')
			request.model = value;
		else if (option == 'o')
			request.output = value;
		else if (option == 'q')
			request.quick = true;
		else
			return bench_command_fail("schedule",
				"it takes --model DIR, --library FILE, --output DIR, --quick and "
				"--json",
				2);
	}
	if (optind < argc)
		return bench_command_fail("schedule", "it takes no argument", 2);
	if (measure(&request, &error) != 0)
		return bench_command_fail("schedule", error.text, 1);
	return 0;
}
