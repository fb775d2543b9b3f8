#include "gwgen/line_rate_plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SIZES "64,128,256,512,1024,1280,1518,mix"

static int read_sizes(
	struct line_rate_plan *plan, const struct options *options, struct gw_error *error)
{
	const char *text = options->value[OPTION_FRAME_SIZES];

	for (const char *at = text ? text : SIZES; at;
		at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
		const size_t length = strcspn(at, ",");
		char *end;
		const unsigned long size = strtoul(at, &end, 10);
		const bool is_mix = length == 3 && memcmp(at, "mix", 3) == 0;
		const bool is_size = end == at + length && size >= 64 && size <= 9018;

		if (plan->size_count == LINE_RATE_SIZES || (!is_mix && !is_size))
			return gw_error_set(error, -EINVAL,
				"--frame-sizes %s: up to %d of 64 to 9018, or 'mix', with commas "
				"between",
				text, LINE_RATE_SIZES);
		plan->sizes[plan->size_count++] = is_mix ? LINE_RATE_MIX : (uint32_t)size;
	}
	return 0;
}

int line_rate_plan_read(
	struct line_rate_plan *plan, const struct options *options, struct gw_error *error)
{
	const char *criterion = options->value[OPTION_CRITERION];
	struct search_goal *goal = &plan->goal;
	double most, precision, exceed;
	int status;

	memset(plan, 0, sizeof(*plan));
	status = options_number(options, OPTION_SHORT, 0.05, 600, 1, &goal->short_s, error);

	if (status == 0)
		status =
			options_number(options, OPTION_LONG, 0.05, 3600, 30, &goal->final_s, error);
	if (status == 0)
		status = options_number(options, OPTION_PRECISION, 0.05, 50, 1, &precision, error);
	if (status == 0)
		status = options_number(options, OPTION_EXCEED, 0, 90, 0, &exceed, error);
	if (status == 0)
		status = options_number(options, OPTION_MOST, 0.0001, 1000, 0, &most, error);
	if (status != 0)
		return status;
	goal->width = precision / 100;
	goal->exceed_ratio = exceed / 100;
	/* With an allowance there must be trials enough to make use of it. */
	goal->sum_s = goal->final_s * (exceed > 0 ? 3 : 1);
	plan->most_pps = most * 1e6;
	plan->packets = !criterion || strcmp(criterion, "frames") != 0;
	plan->frames = !criterion || strcmp(criterion, "packets") != 0;
	return read_sizes(plan, options, error);
}
