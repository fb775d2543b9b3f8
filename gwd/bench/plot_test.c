#include "core/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gwd/bench/plot.h"

static char path[] = "/tmp/framegate-plot-XXXXXX";
static char text[16384];
static struct gw_error error;

static const struct plot_titles titles = {"Run time", "partitions", "s"};

static int make_file(void **state)
{
	return close(mkstemp(path));
}

static int remove_file(void **state)
{
	return unlink(path);
}

static void read_file(void)
{
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
}

static void curves_have_their_names_and_fit_in_the_frame(void **state)
{
	static const struct plot_curve curves[] = {
		{.name = "1 device", .count = 2, .x = {1, 40}, .y = {8, 8}},
		{.name = "2 devices", .count = 2, .x = {1, 40}, .y = {8, 4}},
	};

	assert_int_equal(plot_lines(path, &titles, curves, 2, &error), 0);
	read_file();
	assert_non_null(strstr(text, ">1 device<"));
	assert_non_null(strstr(text, ">2 devices<"));
	assert_non_null(strstr(text, ">Run time<"));
	/* The largest of both ends in the corner, half of it half way up. */
	assert_non_null(strstr(text, "500.0,40.0"));
	assert_non_null(strstr(text, "500.0,196.0"));
	assert_non_null(strstr(text, "</svg>"));
}

static void bars_stand_in_the_row_of_their_device(void **state)
{
	static const struct plot_bar bars[] = {{0, 0, 1, "partition 0"}, {1, 1, 2, "partition 1"}};

	assert_int_equal(plot_bars(path, &titles, 2, bars, 2, &error), 0);
	read_file();
	assert_non_null(strstr(text, "<rect x=\"64.00\" y=\"55.6\" width=\"218.00\""));
	assert_non_null(strstr(text, "<rect x=\"282.00\" y=\"211.6\" width=\"218.00\""));
	assert_non_null(strstr(text, "<title>partition 1</title>"));
}

static void a_file_that_cannot_be_written_is_told(void **state)
{
	assert_true(plot_bars("/nowhere/x.svg", &titles, 1, NULL, 0, &error) < 0);
	assert_non_null(strstr(error.text, "/nowhere/x.svg"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(curves_have_their_names_and_fit_in_the_frame),
		cmocka_unit_test(bars_stand_in_the_row_of_their_device),
		cmocka_unit_test(a_file_that_cannot_be_written_is_told),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
