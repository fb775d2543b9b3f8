/* Records that were gone before they were read: their retention ended, or their topic was made
 * again. The library goes on at another offset (`auto.offset.reset`) and says so in its log alone.
 * What was skipped is from the offset that was not there to the first record after it; an offset
 * that was a transaction's mark or was compacted away counts too.
 *
 * The source's lane only.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct gw_health;

struct skips {
	uint64_t resets; /* a partition went on elsewhere, so often */
	uint64_t records;
	int64_t last; /* gw_now() of the latest; 0: none yet */
};

/* Of one partition. */
struct skip {
	int64_t jump_from, jump_to; /* the latest two records that do not follow each other */
	bool awaited; /* `reset` was heard, and no record since */
	int64_t reset;
};

/* Reads the library's log line about an offset that was not there. False: it is another one. */
bool skips_read(const char *text, int32_t *partition, int64_t *offset);

/* The partition goes on elsewhere, for `offset` is not there. The next record may have come
 * already. */
void skips_heard(struct skips *skips, struct skip *skip, int64_t offset, int64_t now);

/* A record is taken; `expected` is the offset after the one before, -1: it is the first. */
void skips_taken(struct skips *skips, struct skip *skip, int64_t expected, int64_t offset);

/* Adds a notice, for ten minutes. */
void skips_health(
	const struct skips *skips, const char *topic, int64_t now, struct gw_health *health);
