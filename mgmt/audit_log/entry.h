/* What the audit log says of a request and of its answer. Secrets are left out, and long things are
 * cut short: a line has AUDIT_LINE bytes at most. */
#pragma once

#include "core/api.h"

struct json_t;

/* A request that may be carried out: "event": "asked". A new object; NULL: out of memory. */
struct json_t *audit_entry_asked(
	const char *method, const char *path, const struct gw_request *request);

/* One that was refused for its role alone. `more` like it were not written down before. */
struct json_t *audit_entry_refused(const char *method, const char *path,
	const struct gw_request *request, const struct gw_reply *reply, uint64_t more);

/* What came of the one of line `asked`. */
struct json_t *audit_entry_done(uint64_t asked, const struct gw_reply *reply);
