/* What is told of a session to who asks how it is. Any thread that keeps the sessions from
 * changing.
 */
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "core/health.h"

struct session;

/* Its trouble, if it has one. Accepts NULL. */
void session_health(const struct session *session, int64_t now, struct gw_health *health);

/* Its facts; the caller owns them. */
json_t *session_describe(const struct session *session);
