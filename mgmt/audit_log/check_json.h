/* An audit log's state as the API and gwctl tell it. */
#pragma once

#include <stdbool.h>

#include "core/error.h"

struct json_t;

#define AUDIT_SHOWN 200 /* lines, the last ones */

/* {"folder", "whole", "first", "last", "unsettled", "faults"}, and with `lines` the last of them.
 * Returns 0 with a new object, or a negative errno with a line. Waits for the disk. */
int audit_check_json(const char *folder, bool lines, struct json_t **json, struct gw_error *error);
