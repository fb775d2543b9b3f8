/* Tells alarms to whom the configuration names, by HTTP: each that is raised or cleared is posted
 * as JSON, signed as Standard Webhooks has it, one after the other.
 *
 * What does not get through is tried again, later and later; what waits stands in the ring of
 * events (core/alarm.h), and what falls out of it is counted. On a thread of its own.
 */
#pragma once

#include "core/counter.h"
#include "core/gateway.h"
#include "core/health.h"

struct webhook;

/* An event is given up after so long. */
#define WEBHOOK_PATIENCE_S 3600

/* What became of events; the thread of the webhook writes, any reads. */
struct webhook_counts {
	struct gw_counter delivered;
	struct gw_counter tries_failed;
	struct gw_counter refused; /* given up: the answer says that it will never be taken */
	struct gw_counter old; /* given up after WEBHOOK_PATIENCE_S */
	struct gw_counter missed; /* never tried: more came than are kept, or no memory was there */
};

/* Starts its thread. NULL with an error line on failure. */
struct webhook *webhook_start(struct gw *gw, struct gw_error *error);

/* Ends the thread, within a fraction of a second; what waits is not told. Accepts NULL. */
void webhook_stop(struct webhook *webhook);

/* Frees everything, after the thread's end. Accepts NULL. */
void webhook_close(struct webhook *webhook);

/* Any thread. */
void webhook_health(struct webhook *webhook, struct gw_health *health);
const struct webhook_counts *webhook_counts(const struct webhook *webhook);
/* Events that are not told yet. */
uint64_t webhook_waiting(struct webhook *webhook);
