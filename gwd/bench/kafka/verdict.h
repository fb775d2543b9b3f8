/* A cell's figures, and what limits it, by the measurement that says so. */
#pragma once

#include <jansson.h>

#include "gwd/bench/kafka/crew.h"
#include "gwd/bench/kafka/feed.h"
#include "gwd/bench/kafka/load.h"
#include "gwd/bench/kafka/plan.h"

enum limit { LIMIT_PRODUCER, LIMIT_BROKER, LIMIT_NETWORK, LIMIT_CONSUMER, LIMIT_MACHINE };

extern const char *const limit_names[];

struct cell_figures {
	struct plan_cell cell;
	uint64_t messages; /* that were measured */
	uint32_t size; /* of a value, bytes */
	double seconds; /* of the whole cell */
	double produce_s, consume_s; /* from its begin to the last confirmation, the last record */
	struct feed_outcome feed; /* not of consumers alone */
	struct crew_outcome crew; /* not of the producer alone */
	uint64_t lag; /* together: records that were not read yet when the last one was confirmed */
	struct load load; /* of the machine and the network */
};

struct verdict {
	enum limit limit;
	char because[160];
	/* How many times what was measured the producer could have given: of what it is alone busy
	 * with. 0: there was none. */
	double headroom;
};

struct verdict verdict_of(const struct cell_figures *figures);

/* The cell for the file. NULL: out of memory. */
json_t *verdict_json(const struct cell_figures *figures);
