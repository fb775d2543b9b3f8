#include "decode/nvjpeg_share.h"

#include "core/clock.h"

/* Of what is new in a mean: an eighth. */
#define WEIGHT 8

#define STALE_NS GW_NS_PER_S

bool nvjpeg_share_takes(
	const struct nvjpeg_share *share, enum nvjpeg_kind kind, uint64_t waiting, int64_t now)
{
	if (waiting == 0)
		return false;
	if (kind == NVJPEG_ENGINES || !share->engines)
		return true;
	const int64_t batch = atomic_load_explicit(&share->batch_ns, memory_order_relaxed);
	const int64_t picture = atomic_load_explicit(&share->picture_ns, memory_order_relaxed);

	if (now - atomic_load_explicit(&share->measured_at, memory_order_relaxed) > STALE_NS)
		return true;
	return (int64_t)waiting * picture > batch;
}

static void mix(_Atomic int64_t *mean, int64_t value)
{
	const int64_t before = atomic_load_explicit(mean, memory_order_relaxed);

	atomic_store_explicit(mean, before == 0 ? value : before + (value - before) / WEIGHT,
		memory_order_relaxed);
}

void nvjpeg_share_note(struct nvjpeg_share *share, enum nvjpeg_kind kind, uint32_t pictures,
	int64_t ns, int64_t now)
{
	if (kind == NVJPEG_ENGINES) {
		mix(&share->picture_ns, ns / pictures);
		return;
	}
	mix(&share->batch_ns, ns);
	atomic_store_explicit(&share->measured_at, now, memory_order_relaxed);
}
