/* A session that plays: its signs of life, and whether its pictures come. Those alone keep it: a
 * camera that answers no sign of life, or badly, is counted and goes on. */
#pragma once

#include "session/session.h"

/* The camera has said that it plays. */
void playing_begin(struct session *session, int64_t now);

/* What came of a sign of life. */
void playing_take_sign(struct session *session, int64_t now);

/* Looks at what comes of it, and does what is due. */
void playing_watch(struct session *session, int64_t now);

/* When it must be looked at again. */
int64_t playing_due(const struct session *session);
