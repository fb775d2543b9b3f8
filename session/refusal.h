/* Answers that are no "200", and what they mean. Pure; any thread. */
#pragma once

#include <stdbool.h>

#include "core/error.h"
#include "session/answer.h"

/* Whether another way of sending may do better, after this status of SETUP. 461 should say so (RFC
 * 2326, 11.3.14); real servers also call such a request bad or not acceptable, name a parameter or
 * an option, or fail. Who we are, what is not there, and that it has no room are no matter of the
 * way.
 */
bool refusal_is_of_the_way(int status);

/* Returns a negative errno with a line that says what to do: -EACCES for who we are, -ENOENT for
 * what is not there, -ESTALE for a session that is gone. `method` is what it answers; `is_auto`:
 * all ways were asked for. */
int refusal_explain(
	const struct rtsp_answer *answer, const char *method, bool is_auto, struct gw_error *error);
