/* Whether files that properties name have become others: one with a value, a certificate, a key. A
 * client reads them when it is made; they are changed under the running gateway.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/config/config.h"

struct property_watch {
	uint64_t files; /* a figure of them as of the client */
	uint64_t seen; /* ... at the last look */
	int64_t look_at; /* gw_now(), of the next one */
};

/* Notes how the files are. Before the client is made. One thread has the watch, as below. */
void property_watch_begin(
	struct property_watch *watch, const struct gw_property_config *properties, uint32_t count);

/* Looks at the files' facts once a second, and waits for the disk. True when the client does not
 * know them, and they have been so for a second at least: one that has just changed may still be
 * written to. */
bool property_watch_look(struct property_watch *watch, const struct gw_property_config *properties,
	uint32_t count, int64_t now);

/* From now on the client knows the files as they were at the last look. */
void property_watch_take(struct property_watch *watch);
