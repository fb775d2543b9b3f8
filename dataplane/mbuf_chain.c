#include "dataplane/mbuf_chain.h"

#include <string.h>

bool mbuf_chain_add(
	struct rte_mempool *pool, struct rte_mbuf *first, const uint8_t *data, uint32_t size)
{
	while (size > 0) {
		const uint32_t room = rte_pktmbuf_tailroom(rte_pktmbuf_lastseg(first));
		const uint16_t part = (uint16_t)(size < room ? size : room);

		if (part > 0) {
			memcpy(rte_pktmbuf_append(first, part), data, part);
			data += part;
			size -= part;
			continue;
		}
		struct rte_mbuf *more = rte_pktmbuf_alloc(pool);

		if (!more)
			return false;
		if (rte_pktmbuf_chain(first, more) != 0) {
			rte_pktmbuf_free(more);
			return false;
		}
	}
	return true;
}
