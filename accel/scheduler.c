#include "accel/scheduler.h"

/* The weight of what was known before, against one that is new. */
#define MEMORY 8

/* A device of which nothing is known is taken for as fast as the fastest: it will be tried when
 * that one is at work. */
static int64_t fastest(const struct scheduler_device *devices, uint32_t count)
{
	int64_t least = 0;

	for (uint32_t i = 0; i < count; i++)
		if (devices[i].picture_ns > 0 && (least == 0 || devices[i].picture_ns < least))
			least = devices[i].picture_ns;
	return least;
}

static bool is_free(const struct scheduler_device *device)
{
	return device->well && device->room;
}

int scheduler_choose(const struct scheduler_device *devices, uint32_t count,
	const struct scheduler_work *work, int64_t wait_ns)
{
	const bool has_home = work->home < count && devices[work->home].well;
	const int64_t unknown_ns = fastest(devices, count);
	int64_t least = INT64_MAX;
	int best = SCHEDULER_WAIT;

	if (has_home && work->age_ns < wait_ns)
		return devices[work->home].room ? (int)work->home : SCHEDULER_WAIT;
	for (uint32_t k = 0; k < count; k++) {
		/* Home is looked at first: of equals, the first is taken. */
		const uint32_t i = has_home ? (work->home + k) % count : k;
		const int64_t picture_ns =
			devices[i].picture_ns > 0 ? devices[i].picture_ns : unknown_ns;
		const int64_t done = devices[i].load_ns + picture_ns * work->pictures;

		if (is_free(&devices[i]) && done < least) {
			least = done;
			best = (int)i;
		}
	}
	return best;
}

int64_t scheduler_learn(int64_t picture_ns, uint32_t pictures, int64_t run_ns)
{
	const int64_t seen = run_ns > 0 ? run_ns / pictures : 0;

	if (picture_ns == 0)
		return seen > 0 ? seen : 1;
	picture_ns += (seen - picture_ns) / MEMORY;
	return picture_ns > 0 ? picture_ns : 1;
}
