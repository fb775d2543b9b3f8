#include "accel/scheduler.h"

/* The weight of what was known before, against one that is new. */
#define MEMORY 8

/* What was learned of a device fades by that part whenever it was idle and another was chosen. */
#define FADING 128

/* Home is as good as another that is faster by that part of a run: figures are not more exact. */
#define AS_GOOD 8

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
	int64_t least = INT64_MAX, home_most = INT64_MIN;
	int best = SCHEDULER_WAIT;

	if (has_home && work->age_ns < wait_ns)
		return devices[work->home].room ? (int)work->home : SCHEDULER_WAIT;
	for (uint32_t k = 0; k < count; k++) {
		/* Home is looked at first: of equals, the first is taken. */
		const uint32_t i = has_home ? (work->home + k) % count : k;
		const int64_t picture_ns =
			devices[i].picture_ns > 0 ? devices[i].picture_ns : unknown_ns;
		const int64_t run_ns = picture_ns * work->pictures;
		const int64_t done = devices[i].load_ns + run_ns;

		if (!is_free(&devices[i]))
			continue;
		if (has_home && k == 0)
			home_most = done - run_ns / AS_GOOD;
		if (done < least) {
			least = done;
			best = (int)i;
		}
	}
	return home_most != INT64_MIN && home_most <= least ? (int)work->home : best;
}

int64_t scheduler_learn(int64_t picture_ns, uint32_t pictures, int64_t run_ns)
{
	const int64_t seen = run_ns > 0 ? run_ns / pictures : 0;

	if (picture_ns == 0)
		return seen > 0 ? seen : 1;
	picture_ns += (seen - picture_ns) / MEMORY;
	return picture_ns > 0 ? picture_ns : 1;
}

int64_t scheduler_fade(int64_t picture_ns)
{
	return picture_ns > FADING ? picture_ns - picture_ns / FADING : picture_ns;
}
