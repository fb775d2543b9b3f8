#include <errno.h>
#include <string.h>

#include "core/clock.h"
#include "sink/spool/checksum.h"
#include "sink/spool/spool_state.h"

/* A disk that takes nothing is asked again after so long. */
#define AGAIN_NS (GW_NS_PER_S / 4)

static const uint8_t nothing[8];

static void sum_up(struct flow_entry *entry)
{
	struct spool_record *record = &entry->record;
	const size_t summed = offsetof(struct spool_record, size);
	const uint32_t front = spool_record_front(record);
	uint32_t sum;

	if (!entry->value) {
		record->checksum =
			spool_checksum((const uint8_t *)record + summed, record->size - summed, 0);
		return;
	}
	sum = spool_checksum((const uint8_t *)record + summed, front - summed, 0);
	sum = spool_checksum(entry->value, record->value_size, sum);
	record->checksum = spool_checksum(nothing, record->size - front - record->value_size, sum);
}

/* The parts of a record in memory. Returns how many. */
static int parts_of(const struct flow_entry *entry, struct iovec *parts)
{
	const struct spool_record *record = &entry->record;
	const uint32_t front = spool_record_front(record);

	if (!entry->value) {
		parts[0] = (struct iovec){(void *)record, record->size};
		return 1;
	}
	parts[0] = (struct iovec){(void *)record, front};
	parts[1] = (struct iovec){(void *)entry->value, record->value_size};
	parts[2] = (struct iovec){(void *)nothing, record->size - front - record->value_size};
	return 3;
}

/* Writes entries from `place` on to one file, as many as go together. Moves `place` behind them and
 * returns how many, or a negative errno. */
static int write_some(struct spool *spool, struct flow *flow, struct segment *segment,
	uint64_t *place, uint64_t end)
{
	struct iovec parts[SPOOL_PARTS];
	struct flow_entry *entry, *written[SPOOL_PARTS];
	uint64_t at = *place, bytes = 0;
	const uint64_t most = spool->shelves[flow->kind].segment_size;
	int count = 0, records = 0;

	while (count + 3 <= SPOOL_PARTS && bytes < most && (entry = ring_at(&flow->in, &at, end))) {
		entry->record.index = segment->count + (uint32_t)records;
		sum_up(entry);
		count += parts_of(entry, &parts[count]);
		bytes += entry->record.size;
		written[records++] = entry;
		at = ring_after(at, entry);
	}
	if (records == 0) {
		*place = at;
		return 0;
	}
	const int status = segment_write(segment, parts, count, bytes);

	if (status != 0)
		return status;
	if (segment->to[flow->lane] == 0)
		segment->from[flow->lane] = written[0]->record.order;
	segment->to[flow->lane] = written[records - 1]->record.order + 1;
	segment->count += (uint32_t)records;
	for (int i = 0; i < records; i++)
		written[i]->segment = segment->number;
	flow->written = segment->to[flow->lane];
	spool->shelves[flow->kind].bytes += bytes;
	gw_counter_add(&spool->writes, 1);
	gw_counter_add(&spool->written_bytes, bytes);
	*place = at;
	return records;
}

/* The same, in a new file where the first one is full, and with room made for it. */
static int write_with_room(struct spool *spool, struct flow *flow, uint64_t *place, uint64_t end)
{
	struct shelf *shelf = &spool->shelves[flow->kind];
	int status;

	do {
		struct segment *last = shelf->newest, *segment = shelf_open_segment(shelf);

		/* What is not written to any more is not synced by those who come later. */
		if (segment && last != segment && shelf_find(shelf, segment->number - 1) &&
			!last->former && spool_sync_later(spool, last) != 0)
			shelf->left_unsure = true;
		status = segment ? write_some(spool, flow, segment, place, end) : -errno;
	} while ((status == -ENOSPC || status == -EDQUOT) && spool_make_room(spool));
	return status;
}

/* They go to the clients all the same, and wait in memory meanwhile. */
static void pass_by(struct spool *spool, struct flow *flow, uint64_t *place, uint64_t end)
{
	struct flow_entry *entry;

	while ((entry = ring_at(&flow->in, place, end))) {
		entry->segment = 0;
		gw_counter_add(&spool->passed_by, 1);
		*place = ring_after(*place, entry);
	}
}

static uint32_t write_flow(struct spool *spool, struct flow *flow, uint64_t *place)
{
	const uint64_t end = atomic_load_explicit(&flow->in.head, memory_order_acquire);
	uint32_t count = 0;

	*place = atomic_load_explicit(&flow->in.done, memory_order_relaxed);
	while (*place < end && !spool->read_only && spool_has_room(spool, flow->kind) &&
		gw_now() >= spool->try_again) {
		const int status = write_with_room(spool, flow, place, end);

		if (status < 0) {
			spool_fail(spool, "write", status);
			spool->try_again = gw_now() + AGAIN_NS;
		} else {
			count += (uint32_t)status;
		}
	}
	if (count > 0 && spool->try_again == 0)
		atomic_store_explicit(&spool->failing, false, memory_order_relaxed);
	pass_by(spool, flow, place, end);
	return count;
}

/* `strict`: what cannot be made sure of is not on the disk; perhaps it comes twice. */
static void disown(struct flow *flow, uint64_t from, uint64_t to)
{
	struct flow_entry *entry;

	while ((entry = ring_at(&flow->in, &from, to))) {
		entry->segment = 0;
		from = ring_after(from, entry);
	}
}

uint32_t spool_write(struct spool *spool, enum sink_kind kind)
{
	struct shelf *shelf = &spool->shelves[kind];
	uint64_t places[GW_LANES];
	uint32_t count = 0;
	bool sure = true;

	if (spool->try_again != 0 && gw_now() >= spool->try_again)
		spool->try_again = 0;
	for (uint32_t i = 0; i < spool->lanes; i++)
		count += write_flow(spool, &spool->flows[kind][i], &places[i]);
	shelf->unsynced = shelf->unsynced || count > 0;
	if (count > 0 && spool->gw->config->kafka->spool->durability == GW_DURABILITY_STRICT) {
		shelf->unsynced = false;
		sure = spool_sync_now(spool, shelf->newest) == 0 && !shelf->left_unsure;
	}
	shelf->left_unsure = false;
	for (uint32_t i = 0; i < spool->lanes; i++) {
		struct flow *flow = &spool->flows[kind][i];

		if (!sure)
			disown(flow, atomic_load_explicit(&flow->in.done, memory_order_relaxed),
				places[i]);
		atomic_store_explicit(&flow->in.done, places[i], memory_order_release);
	}
	gw_counter_set(&spool->bytes[kind], shelf->bytes);
	return count;
}
