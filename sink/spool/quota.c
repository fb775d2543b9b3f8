#include "core/clock.h"
#include "core/log.h"
#include "sink/spool/spool_state.h"

#define TELL_NS (5 * GW_NS_PER_S)

/* Gives up the oldest file of a kind. False: there is none. */
static bool give_up(struct spool *spool, enum sink_kind kind)
{
	struct shelf *shelf = &spool->shelves[kind];
	struct segment *segment = shelf->oldest;

	/* An empty one gives no room: it would be made again, for ever. */
	if (!segment || (segment->count == 0 && !segment->partial))
		return false;
	const bool former = segment->former;
	const uint32_t left = spool_feed_lost(spool, segment);

	shelf_remove(shelf, segment);
	if (former) {
		shelf->former_over += left;
		gw_counter_add(&spool->former_given_up, left);
	}
	gw_counter_add(&spool->given_up[kind], left);
	return true;
}

void spool_keep_quota(struct spool *spool)
{
	const struct shelf *results = &spool->shelves[SINK_RESULT];
	const struct shelf *pictures = &spool->shelves[SINK_SAMPLE];

	while (!spool->waits && !spool->read_only && pictures->bytes > spool->most_pictures &&
		give_up(spool, SINK_SAMPLE))
		;
	while (!spool->waits && !spool->read_only &&
		results->bytes + pictures->bytes > spool->most &&
		(give_up(spool, SINK_SAMPLE) || give_up(spool, SINK_RESULT)))
		;
	atomic_store_explicit(&spool->full,
		results->bytes > spool->most - spool->most / 8 ||
			pictures->bytes > spool->most_pictures - spool->most_pictures / 8,
		memory_order_relaxed);
}

bool spool_make_room(struct spool *spool)
{
	return !spool->waits && (give_up(spool, SINK_SAMPLE) || give_up(spool, SINK_RESULT));
}

void spool_tell_given_up(struct spool *spool, int64_t now)
{
	static const char *const names[] = {[SINK_RESULT] = "results", [SINK_SAMPLE] = "pictures"};

	if (now < spool->warn_again)
		return;
	for (int kind = 0; kind < 2; kind++) {
		const uint64_t all = gw_counter_get(&spool->given_up[kind]);

		if (all == spool->told[kind])
			continue;
		spool->warn_again = now + TELL_NS;
		gw_warn("spool", "there is no more room: the oldest %lu %s were given up",
			all - spool->told[kind], names[kind]);
		spool->told[kind] = all;
	}
}
