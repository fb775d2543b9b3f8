#include "core/receipt.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define CACHE_LINE 64

struct gw_receipts {
	_Alignas(CACHE_LINE) _Atomic uint32_t head; /* the sink's lane writes */
	_Alignas(CACHE_LINE) _Atomic uint32_t tail; /* the source's lane writes */
	_Alignas(CACHE_LINE) struct gw_returned slot[GW_RECEIPTS];
};

struct gw_receipts *gw_receipts_create(void)
{
	struct gw_receipts *receipts = aligned_alloc(CACHE_LINE, sizeof(*receipts));

	if (!receipts)
		return NULL;
	atomic_init(&receipts->head, 0);
	atomic_init(&receipts->tail, 0);
	return receipts;
}

void gw_receipts_destroy(struct gw_receipts *receipts)
{
	free(receipts);
}

void gw_receipt_return(struct gw_receipts *receipts, uint64_t receipt, enum gw_drop outcome)
{
	if (receipt == 0)
		return;
	const uint32_t head = atomic_load_explicit(&receipts->head, memory_order_relaxed);

	if (head - atomic_load_explicit(&receipts->tail, memory_order_acquire) == GW_RECEIPTS) {
		fprintf(stderr, "receipts: more than there are\n");
		abort();
	}
	receipts->slot[head % GW_RECEIPTS] = (struct gw_returned){receipt, outcome};
	atomic_store_explicit(&receipts->head, head + 1, memory_order_release);
}

uint32_t gw_receipts_take(
	struct gw_receipts *receipts, struct gw_returned *returned, uint32_t count)
{
	const uint32_t tail = atomic_load_explicit(&receipts->tail, memory_order_relaxed);
	const uint32_t ready = atomic_load_explicit(&receipts->head, memory_order_acquire) - tail;

	if (count > ready)
		count = ready;
	for (uint32_t i = 0; i < count; i++)
		returned[i] = receipts->slot[(tail + i) % GW_RECEIPTS];
	atomic_store_explicit(&receipts->tail, tail + count, memory_order_release);
	return count;
}
