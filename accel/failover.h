/* What becomes of batches that come back, and of those that do not: a device that fails rests, and
 * the others do its work. */
#pragma once

#include <stdint.h>

struct batcher;

/* Looks at one device: takes back a batch that has ended, and away what is late. Returns how many
 * pictures came back. The batcher's thread. */
uint32_t failover_look(struct batcher *batcher, uint32_t device, int64_t now);
