/* What the parts of a session share: session.c, which opens and closes it, and playing.c. */
#pragma once

#include "session/session.h"

/* For an answer while it opens: some cameras wake up first. */
#define SESSION_ANSWER_MS 10000

/* Makes the request that is due. Waits for the answer for `most_ms`. 0 or a negative errno with a
 * line. */
int session_ask(struct session *session, uint32_t most_ms, struct gw_error *error);

/* It is over for now, and why: says goodbye where there is a session, and waits for the next try.
 */
void session_fail(struct session *session, int64_t now, int status, const struct gw_error *error);

/* From here on a relay carries what is said on the connection. 0 or a negative errno with a line.
 */
int session_relay(struct session *session, struct gw_error *error);

/* The end of that, if there is one; what it has seen is added up. */
void session_unrelay(struct session *session);
