/* Packet buffers in a chain, for what is larger than one. */
#pragma once

#include <rte_mbuf.h>
#include <stdbool.h>
#include <stdint.h>

/* Adds bytes to the end of the packet that begins with `first`, in more buffers of the pool where
 * its own have no room. False: there are none left, and the packet holds a part of the bytes. Any
 * thread. */
bool mbuf_chain_add(
	struct rte_mempool *pool, struct rte_mbuf *first, const uint8_t *data, uint32_t size);
