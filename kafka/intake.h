/* What became of the records that were read lately: how many were used, and how many were refused
 * for which reason. The source's lane only; a copy of the sum may be read by others.
 */
#pragma once

#include <stdint.h>

#include "core/drops.h"

/* Seconds that "lately" means. */
#define INTAKE_LATELY 60
#define INTAKE_REASONS (GW_DROP_RECORD_TOO_LARGE - GW_DROP_RECORD_KEY + 1)

struct gw_health;

struct intake_sum {
	uint64_t used, refused;
	uint64_t reason[INTAKE_REASONS]; /* GW_DROP_RECORD_KEY and those after it */
};

struct intake {
	struct intake_sum total;
	struct intake_sum history[INTAKE_LATELY + 1]; /* a look a second */
	uint32_t looks;
	int64_t next_look;
};

void intake_used(struct intake *intake);

/* `reason` is one of GW_DROP_RECORD_... */
void intake_refused(struct intake *intake, enum gw_drop reason);

/* Housekeeping: what happened lately. */
struct intake_sum intake_lately(struct intake *intake, int64_t now);

/* Of all records, 0 to 1. */
double intake_share(const struct intake_sum *lately);

/* Adds a trouble while records are refused: that is a notice as long as they are few. */
void intake_health(const struct intake_sum *lately, const char *topic, struct gw_health *health);
