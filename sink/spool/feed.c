#include <string.h>

#include "core/clock.h"
#include "sink/spool/spool_state.h"

#define FEEDS_PER_TURN 4096
/* What is read before it is needed; a single record may be larger. */
#define AHEAD (2u << 20)
/* What the disk does not give is asked for again, so often and after so long; then it is passed
 * over, and its file stays for the next start. Where that is so already, there is less hope. */
#define READS 20
#define READS_LEAST 4
#define AGAIN_NS (GW_NS_PER_S / 4)

/* Copies a record, or with NULL the word that all before `order` was given, into a lane's ring.
 * False: there is no room. */
static bool give(
	struct flow *flow, uint32_t segment, const struct spool_record *record, uint64_t order)
{
	const uint64_t size = sizeof(struct flow_again) + (record ? record->size : 0);

	flow->out.tail = atomic_load_explicit(&flow->out.done, memory_order_acquire);
	const uint64_t ahead =
		atomic_load_explicit(&flow->out.head, memory_order_relaxed) - flow->out.tail;
	struct flow_again *again =
		ahead > 0 && ahead + size > AHEAD ? NULL : ring_room(&flow->out, size);

	if (!again)
		return false;
	again->segment = segment;
	if (record)
		memcpy(&again->record, record, record->size);
	again->record.order = order;
	ring_put(&flow->out, again);
	return true;
}

/* The next record; NULL: there is none. Sets *wait when the disk does not give it now. */
static const struct spool_record *look(struct spool *spool, struct reader *reader, bool *wait)
{
	struct segment *segment = (struct segment *)reader->segment;

	*wait = reader->again != 0 && gw_now() < reader->again;
	if (*wait)
		return NULL;
	const struct spool_record *record = reader_look(reader);

	*wait = !record && reader->error != 0;
	if (!*wait) {
		reader->again = 0;
		if (record)
			spool_note_read(spool, segment, reader->offset);
		return record;
	}
	const bool hopeless = reader->failures >= (segment->hole_count > 0 ? READS_LEAST : READS);

	if (hopeless)
		segment_add_hole(segment, reader->bad);
	segment->partial = segment->partial || hopeless;
	spool_note_unread(spool, segment, reader->offset, reader->error);
	reader->again = hopeless ? 0 : gw_now() + AGAIN_NS;
	return NULL;
}

/* The same camera always goes to the same lane, whoever has it now. */
static uint32_t lane_of(const struct spool *spool, const char *camera)
{
	uint32_t sum = 2166136261u;

	for (; *camera; camera++)
		sum = (sum ^ (uint8_t)*camera) * 16777619u;
	return sum % spool->lanes;
}

static uint32_t feed_former(struct spool *spool, enum sink_kind kind)
{
	struct shelf *shelf = &spool->shelves[kind];
	struct reader *reader = &spool->former[kind];
	uint32_t count = 0;

	while (count < FEEDS_PER_TURN && reader->segment) {
		struct segment *segment = (struct segment *)reader->segment;
		bool wait;
		const struct spool_record *record = look(spool, reader, &wait);

		if (wait)
			return count;
		if (!record) {
			/* What was whole at the start and is not any more. */
			if (segment->given < segment->found) {
				gw_counter_add(
					&spool->former_damaged, segment->found - segment->given);
				shelf->former_over += segment->found - segment->given;
			}
			reader->segment = NULL;
			if (segment->newer && segment->newer->former)
				reader_begin(reader, segment->newer);
			continue;
		}
		if (!segment_was_done(segment, record->index)) {
			const uint32_t lane = lane_of(spool, (const char *)(record + 1));

			if (!give(&spool->flows[kind][lane], segment->number, record,
				    record->order))
				return count;
			segment->given++;
			count++;
		}
		reader_go_on(reader);
	}
	if (shelf->former_over >= shelf->former_found)
		atomic_store_explicit(&spool->former_over[kind], true, memory_order_release);
	return count;
}

/* The first file that has something of the lane from that order on. */
static const struct segment *find(const struct shelf *shelf, uint32_t lane, uint64_t order)
{
	const struct segment *segment = shelf->oldest;

	while (segment && (segment->former || segment->to[lane] <= order))
		segment = segment->newer;
	return segment;
}

static uint32_t feed_flow(struct spool *spool, struct flow *flow)
{
	const struct shelf *shelf = &spool->shelves[flow->kind];
	struct reader *reader = &spool->readers[flow->kind][flow->lane];
	const uint64_t want = atomic_load_explicit(&flow->want, memory_order_acquire);
	uint64_t given = atomic_load_explicit(&flow->given, memory_order_relaxed);
	uint32_t count = 0;

	if (want == FLOW_NOTHING) {
		flow->feeding = false;
		reader->segment = NULL;
		return 0;
	}
	if (!flow->feeding)
		given = flow->pushed = want;
	flow->feeding = true;
	for (uint32_t looks = 0; looks < FEEDS_PER_TURN && given < flow->written; looks++) {
		if (!reader->segment) {
			const struct segment *segment = find(shelf, flow->lane, given);

			if (!segment)
				break;
			reader_begin(reader, segment);
		}
		bool wait;
		const struct spool_record *record = look(spool, reader, &wait);

		if (wait)
			break;
		if (!record && reader->segment->to[flow->lane] > given)
			/* Damaged: the lane notices what is missing. */
			given = reader->segment->to[flow->lane];
		if (!record) {
			reader->segment = NULL;
			continue;
		}
		if (record->lane == flow->lane && record->order >= given) {
			if (!give(flow, reader->segment->number, record, record->order))
				break;
			given = flow->pushed = record->order + 1;
			count++;
		}
		reader_go_on(reader);
		if (given >= reader->segment->to[flow->lane] && reader->segment != shelf->newest)
			reader->segment = NULL;
	}
	/* What is missing at the end will not come. */
	if (flow->pushed < flow->written &&
		(given >= flow->written || !find(shelf, flow->lane, given)) &&
		give(flow, 0, NULL, flow->written))
		flow->pushed = given = flow->written;
	atomic_store_explicit(&flow->given, given, memory_order_release);
	return count;
}

uint32_t spool_feed(struct spool *spool, enum sink_kind kind)
{
	uint32_t count = 0;

	if (!atomic_load_explicit(&spool->former_over[kind], memory_order_relaxed))
		return feed_former(spool, kind);
	for (uint32_t i = 0; i < spool->lanes; i++)
		count += feed_flow(spool, &spool->flows[kind][i]);
	return count;
}

void spool_feed_leave(void *owner, const struct segment *segment)
{
	struct spool *spool = owner;
	struct reader *former = &spool->former[segment->kind];

	spool_note_gone(spool, segment);
	if (former->segment == segment) {
		former->segment = NULL;
		if (segment->newer && segment->newer->former)
			reader_begin(former, segment->newer);
	}
	for (uint32_t i = 0; i < spool->lanes; i++) {
		struct reader *reader = &spool->readers[segment->kind][i];

		if (reader->segment == segment)
			reader->segment = NULL;
	}
}

uint32_t spool_feed_lost(struct spool *spool, const struct segment *segment)
{
	uint32_t lost = 0;

	if (segment->former)
		return segment->found - segment->given;
	for (uint32_t i = 0; i < spool->lanes; i++) {
		struct flow *flow = &spool->flows[segment->kind][i];
		const uint64_t given = atomic_load_explicit(&flow->given, memory_order_relaxed);
		const uint64_t from = given > segment->from[i] ? given : segment->from[i];

		if (segment->to[i] == 0)
			continue;
		if (flow->feeding && from < segment->to[i])
			lost += (uint32_t)(segment->to[i] - from);
		atomic_store_explicit(&flow->gone, segment->to[i], memory_order_release);
	}
	return lost;
}
