/* Pieces of an answer about a rollout, for the commands that show one. */
#pragma once

#include "mgmt/cli/reply.h"
#include "mgmt/cli/units.h"

/* The object of that key; NULL: null, or not there. */
const json_t *rollout_member(const json_t *route, const char *key);

/* "12.5 %". */
void rollout_share(char text[UNITS_TEXT], double share);

/* What nine of ten pictures of a version took; "-": not known. */
void rollout_p90(char text[UNITS_TEXT], const json_t *version);
