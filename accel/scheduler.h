/* Which device runs the next batch: a decision about figures, without threads, clocks or memory.
 *
 * Without a wait, the device that is expected to be done first takes it, home where it is about as
 * good; nothing waits while a
 * device that is well has room. With one, pictures wait that long for the device that they belong
 * to (their home) before any other may take them, as a delay scheduler does (Zaharia and others,
 * "Delay scheduling", EuroSys 2010).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* One device, as the one who asks sees it now. */
struct scheduler_device {
	int64_t load_ns; /* until it is expected to have done what it has been given */
	int64_t picture_ns; /* of this model, learned; 0: not known yet */
	bool room; /* it can be given one more batch */
	bool well; /* it may be given one: device_health_may_have() */
};

/* What is to be run. */
struct scheduler_work {
	uint32_t home; /* index of a device; one that is not there: no home */
	uint32_t pictures;
	int64_t age_ns; /* of the oldest picture */
};

#define SCHEDULER_WAIT (-1)

/* The index of the device that takes the work now, or SCHEDULER_WAIT. Any thread. */
int scheduler_choose(const struct scheduler_device *devices, uint32_t count,
	const struct scheduler_work *work, int64_t wait_ns);

/* What is known of the time that a picture takes, after `pictures` of them ran in `run_ns`. */
int64_t scheduler_learn(int64_t picture_ns, uint32_t pictures, int64_t run_ns);

/* The same for a device that was idle while another was chosen: what was learned fades, so that one
 * that was slow once is tried again. */
int64_t scheduler_fade(int64_t picture_ns);
