/* CRC-32C (Castagnoli, as iSCSI has it: RFC 3720, 12.1): what the spool's files are checked with.
 * Any thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Of `size` bytes that follow those of which `before` is the sum; 0: none do. */
uint32_t spool_checksum(const void *data, size_t size, uint32_t before);

/* The same without what the processor has for it: the reference. */
uint32_t spool_checksum_plain(const void *data, size_t size, uint32_t before);
