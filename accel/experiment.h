/* An experiment: how the scheduler spreads work over devices.
 *
 * Items of work come all at once, in so many partitions, each of which runs on one device as a
 * whole; all belong to the first device. The gateway's own batcher and scheduler decide who takes
 * which; what an item is, the experimenter says.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/config/config.h"
#include "core/device.h"
#include "core/error.h"

#define EXPERIMENT_ITEMS 40

struct experiment_work {
	/* Opens what a device works with. NULL and an error line on failure. */
	void *(*open)(void *owner, struct gw_device *device, struct gw_error *error);
	/* Does one item on the device's own thread. False: it failed. */
	bool (*run)(void *worker, uint32_t item);
	void (*close)(void *worker);
};

struct experiment {
	const struct experiment_work *work;
	void *owner; /* of the work */
	uint32_t devices; /* 1 .. GW_DEVICES */
	uint32_t partitions; /* 1 .. EXPERIMENT_ITEMS, as equal as they can be */
	uint32_t wait_ms; /* for the device that all belong to */
};

/* What became of a partition; times since the work came. */
struct experiment_part {
	uint32_t device, items;
	int64_t begin_ns, end_ns;
};

struct experiment_outcome {
	double seconds; /* until the last one was done */
	double jain; /* of the items that each device did */
	double items[GW_DEVICES];
	uint32_t parts;
	struct experiment_part part[EXPERIMENT_ITEMS];
};

/* Runs it; each device has a processor of this process, in turn, as far as there are some. 0 or a
 * negative errno with a line. */
int experiment_run(const struct experiment *experiment, struct experiment_outcome *outcome,
	struct gw_error *error);

/* The first item of a partition; of the number of partitions: the end. */
uint32_t experiment_first_item(const struct experiment *experiment, uint32_t partition);
