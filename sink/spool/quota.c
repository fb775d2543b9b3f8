#include "core/clock.h"
#include "core/log.h"
#include "sink/spool/spool_state.h"

#define TELL_NS (5 * GW_NS_PER_S)
/* A disk that removes nothing is asked again after so long. */
#define AGAIN_NS (GW_NS_PER_S / 4)

static void note_unremoved(struct spool *spool, int status)
{
	spool_note_failure(spool, "remove", status);
	atomic_store_explicit(&spool->unremoved, status, memory_order_relaxed);
	spool->remove_again = gw_now() + AGAIN_NS;
}

/* Gives up the oldest file of a kind. False: there is none, or it cannot be removed: then nothing
 * of it is given up, for that would make no room. */
static bool give_up(struct spool *spool, enum sink_kind kind)
{
	struct shelf *shelf = &spool->shelves[kind];
	struct segment *segment = shelf->oldest;

	/* An empty one gives no room: it would be made again, for ever. */
	if (!segment || (segment->count == 0 && !segment->partial) || spool->remove_again != 0)
		return false;
	const int status = segment_remove(segment);

	if (status != 0) {
		note_unremoved(spool, status);
		return false;
	}
	const bool former = segment->former;
	const uint32_t left = spool_feed_lost(spool, segment);

	shelf_forget(shelf, segment);
	if (former) {
		shelf->former_over += left;
		gw_counter_add(&spool->former_given_up, left);
	}
	gw_counter_add(&spool->given_up[kind], left);
	return true;
}

/* Tries again what could not be removed: it takes room for as long as it is there. */
static void remove_left(struct spool *spool)
{
	if (spool->read_only || (spool->remove_again != 0 && gw_now() < spool->remove_again))
		return;
	spool->remove_again = 0;
	for (int kind = 0; kind < 2; kind++) {
		const int status = shelf_remove_left(&spool->shelves[kind]);

		if (status != 0)
			note_unremoved(spool, status);
	}
}

bool spool_has_room(const struct spool *spool, enum sink_kind kind)
{
	const uint64_t pictures = spool->shelves[SINK_SAMPLE].bytes;
	const uint64_t all = spool->shelves[SINK_RESULT].bytes + pictures;

	return spool->remove_again == 0 ||
		(all <= spool->most && (kind == SINK_RESULT || pictures <= spool->most_pictures));
}

void spool_keep_quota(struct spool *spool)
{
	const struct shelf *results = &spool->shelves[SINK_RESULT];
	const struct shelf *pictures = &spool->shelves[SINK_SAMPLE];

	remove_left(spool);
	while (!spool->waits && !spool->read_only && pictures->bytes > spool->most_pictures &&
		give_up(spool, SINK_SAMPLE))
		;
	while (!spool->waits && !spool->read_only &&
		results->bytes + pictures->bytes > spool->most &&
		(give_up(spool, SINK_SAMPLE) || give_up(spool, SINK_RESULT)))
		;
	if (spool->remove_again == 0)
		atomic_store_explicit(&spool->unremoved, 0, memory_order_relaxed);
	/* What can wait is not let in then. Where the room is lost to what cannot be removed, or
	 * nothing is written anyway, it would wait for ever: it passes by the disk instead. */
	atomic_store_explicit(&spool->full,
		!spool->read_only && spool->remove_again == 0 &&
			(results->bytes > spool->most - spool->most / 8 ||
				pictures->bytes > spool->most_pictures - spool->most_pictures / 8),
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
