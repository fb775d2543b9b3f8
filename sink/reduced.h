/* Pictures of a lane that are too large, and go when they were made smaller. All functions are the
 * lane's. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct sink;
struct sink_record;

/* Whether it would be refused for its size as it is, and has another chance. Sets *room to what it
 * may have. */
bool reduced_is_due(const struct sink *sink, const struct sink_record *out, uint32_t *room);

/* Hands over pictures that were made smaller, and the results that waited for what becomes of them.
 * Each counts as waiting since it was taken. Returns how many are through. */
uint32_t reduced_send(struct sink *sink);

/* Gives up the oldest picture that was taken before `before` (gw_now()), which a result waits for:
 * that one goes, without it. False: there is none that may be. */
bool reduced_give_up(struct sink *sink, int64_t before);

/* Now and then, at `now` (gw_now()): no result waits for ever. */
void reduced_step(struct sink *sink, int64_t now);
