/* The gateway under test, by its API. One thread; each question may take seconds. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "gwgen/crew.h"

struct gateway;

/* What its ports and its receiving stage have counted since it started. */
struct gateway_counts {
	uint64_t packets; /* that its ports handed over */
	uint64_t missed; /* that its ports, or their drivers, had no room for */
	uint64_t errors; /* and had no buffer for */
	uint64_t complete; /* frames that were put together */
};

struct gateway_latency {
	uint64_t count;
	uint64_t p50_us, p90_us, p99_us, max_us; /* from the first packet to the record */
};

/* NULL and a line: nobody answers. */
struct gateway *gateway_open(const char *socket, struct gw_error *error);
void gateway_close(struct gateway *gateway); /* accepts NULL */

/* "framegate 0.1.0", and the devices of its ports. */
const char *gateway_version(const struct gateway *gateway);
const char *gateway_ports(const struct gateway *gateway);

/* Reads the counters. Returns 0, -EPROTO when they make no sense, or another negative errno. */
int gateway_look(struct gateway *gateway, struct gateway_counts *counts, struct gw_error *error);

/* Waits until the counters stand still and no frame is on its way, two seconds at most, and reads
 * them. -EPROTO as well when the gateway's own equations do not hold. */
int gateway_settle(struct gateway *gateway, struct gateway_counts *counts, struct gw_error *error);

/* Adds the crew's cameras, PREFIX-0 and so on. A camera of that name or address must not be there.
 */
int gateway_add(struct gateway *gateway, const struct crew *crew, const char *prefix,
	struct gw_error *error);

/* Removes as many; those that are not there are no error. */
void gateway_remove(struct gateway *gateway, uint32_t count, const char *prefix);

/* Of all cameras PREFIX-n together: percentiles are the highest of any. */
int gateway_latency(struct gateway *gateway, const char *prefix, struct gateway_latency *latency,
	struct gw_error *error);
