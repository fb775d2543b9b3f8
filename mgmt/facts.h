/* Pieces that several answers share. All return new jansson objects. */
#pragma once

#include "mgmt/tally.h"

struct json_t;

/* {"received", "delivered", "dropped", "in_flight", "spooled"} of one unit. */
struct json_t *facts_flow(const struct tally *tally, enum gw_unit unit);

/* Counts of the drops of one unit by name; `zeros`: also those that never happened. */
struct json_t *facts_drops(const struct tally *tally, enum gw_unit unit, bool zeros);

/* UTC in ns since 1970, as RFC 3339 has it, to the second. */
struct json_t *facts_time(int64_t utc);

/* To three decimals: what is shown of a rate. */
double facts_rounded(double value);
