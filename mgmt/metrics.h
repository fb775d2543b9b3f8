/* What a scrape of Prometheus gets, in parts. Each only reads: counters, the answers of those who
 * describe themselves, and the last look at the troubles. No lane waits for a lock that is taken
 * here. Any thread, while the stages and services are open. */
#pragma once

#include "mgmt/exposition.h"
#include "mgmt/state.h"

/* Cameras that are told one by one, those with the lowest slots. All are in the totals. */
#define METRICS_CAMERAS 1024

/* The program, the process, and what is wrong. */
void metrics_process(const struct mgmt *mgmt, struct exposition *out);

/* Alarms, and tokens that were none. */
void metrics_alarms(const struct mgmt *mgmt, struct exposition *out);

/* What came, what went on and what was dropped; camera by camera too. Returns false when memory ran
 * out. */
bool metrics_cameras(const struct mgmt *mgmt, struct exposition *out);

/* Lanes, frame slots and devices. */
void metrics_stages(const struct mgmt *mgmt, struct exposition *out);

/* How long frames take. */
void metrics_latency(const struct mgmt *mgmt, struct exposition *out);

/* What the stages and services say of themselves: ports, models, Kafka, the spool, sessions. */
void metrics_facts(const struct mgmt *mgmt, struct exposition *out);
