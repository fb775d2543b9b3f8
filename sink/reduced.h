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

/* Hands over pictures that were made smaller. Each counts as waiting since it was taken. Returns
 * how many are through. */
uint32_t reduced_send(struct sink *sink);
