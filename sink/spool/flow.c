#include "sink/spool/flow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/gateway.h"
#include "sink/lane.h"
#include "sink/spool/spool.h"

#define RESULTS_IN (16u << 20)
#define RESULTS_OUT (4u << 20)
#define PICTURES_IN (1u << 20)
#define PICTURES_OUT (128u << 20)
#define SENDS_PER_STEP 2048
/* Pictures from the disk that a client may have copies of. */
#define COPIES_MOST 128

/* Memory that is touched by use only. */
static void *reserve(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static void release(void *memory, size_t size)
{
	if (memory)
		munmap(memory, size);
}

int flow_open(struct flow *flow, struct spool *spool, struct sink *sink, enum sink_kind kind,
	uint32_t lane)
{
	const bool asked = sink->gw->stages[GW_STAGE_SOURCE].lane_count > 0;

	flow->spool = spool;
	flow->sink = sink;
	flow->kind = kind;
	flow->lane = lane;
	flow->want = FLOW_NOTHING;
	flow->done = reserve(FLOW_OUT * sizeof(*flow->done));
	flow->cameras = reserve(FLOW_BACKLOG * sizeof(*flow->cameras));
	if (asked && kind == SINK_RESULT)
		flow->receipts = reserve(FLOW_BACKLOG * sizeof(*flow->receipts));
	flow->stand_in = aligned_alloc(64, sizeof(*flow->stand_in));
	if (!flow->done || !flow->cameras || !flow->stand_in ||
		(asked && kind == SINK_RESULT && !flow->receipts) ||
		ring_open(&flow->in, kind == SINK_RESULT ? RESULTS_IN : PICTURES_IN) != 0 ||
		ring_open(&flow->out, kind == SINK_RESULT ? RESULTS_OUT : PICTURES_OUT) != 0)
		return -ENOMEM;
	memset(flow->stand_in, 0, sizeof(*flow->stand_in));
	return 0;
}

void flow_close(struct flow *flow)
{
	ring_close(&flow->in);
	ring_close(&flow->out);
	release(flow->done, FLOW_OUT * sizeof(*flow->done));
	release(flow->cameras, FLOW_BACKLOG * sizeof(*flow->cameras));
	release(flow->receipts, FLOW_BACKLOG * sizeof(*flow->receipts));
	free(flow->stand_in);
	*flow = (struct flow){0};
}

static uint64_t taken(const struct ring *ring)
{
	return atomic_load_explicit(&ring->done, memory_order_acquire);
}

/* Lets go of the oldest entry that is kept, when that may be. */
static bool let_go(struct flow *flow)
{
	const struct flow_entry *entry = ring_at(&flow->in, &flow->in.tail, flow->seen_place);

	if (!entry || (entry->record.order >= flow->next && entry->segment == 0))
		return false;
	flow->in.tail = ring_after(flow->in.tail, entry);
	flow->kept = entry->record.order + 1;
	if (flow->next_place < flow->in.tail)
		flow->next_place = flow->in.tail;
	return true;
}

static struct flow_entry *room(struct flow *flow, uint64_t size)
{
	struct flow_entry *entry;

	while (!(entry = ring_room(&flow->in, size)))
		if (!let_go(flow))
			return NULL;
	return entry;
}

static char *put(char *at, const void *data, size_t size)
{
	memcpy(at, data, size);
	return at + size;
}

enum gw_drop flow_submit(struct flow *flow, const struct sink_record *record)
{
	const bool result = flow->kind == SINK_RESULT;
	const enum gw_drop full = result ? GW_DROP_SINK_FULL : GW_DROP_SAMPLE_FULL;
	const size_t words[] = {strlen(record->camera) + 1, strlen(record->id) + 1,
		strlen(record->source) + 1, strlen(record->time) + 1};
	const uint64_t front = words[0] + words[1] + words[2] + words[3];
	struct flow_entry *entry = NULL;

	if (flow->order - flow->next < FLOW_BACKLOG &&
		!(record->frame->lossless && spool_is_full(flow->spool)))
		entry = room(flow, sizeof(*entry) + front + (result ? record->size : 0) + 8);
	if (!entry)
		return full;
	entry->segment = 0;
	entry->frame = result ? NULL : record->frame;
	entry->value = result ? NULL : record->value;
	entry->receipt = record->frame->receipt;
	entry->record = (struct spool_record){
		.mark = SPOOL_MARK,
		.size = (uint32_t)(sizeof(struct spool_record) + front + record->size + 7) & ~7u,
		.order = flow->order,
		.capture_ns = record->frame->capture_ns,
		.value_size = record->size,
		.lane = (uint16_t)flow->lane,
		.finding = record->finding,
		.camera_size = (uint16_t)words[0],
		.id_size = (uint16_t)words[1],
		.source_size = (uint16_t)words[2],
		.time_size = (uint16_t)words[3],
		.camera = record->frame->camera,
		.format = result ? (uint8_t)record->format : record->reduced,
	};
	char *at = (char *)(&entry->record + 1);

	at = put(at, record->camera, words[0]);
	at = put(at, record->id, words[1]);
	at = put(at, record->source, words[2]);
	at = put(at, record->time, words[3]);
	if (result) {
		at = put(at, record->value, record->size);
		memset(at, 0, 8);
	}
	flow->cameras[flow->order % FLOW_BACKLOG] = (uint16_t)record->frame->camera;
	if (flow->receipts)
		flow->receipts[flow->order % FLOW_BACKLOG] = record->frame->receipt;
	flow->order++;
	ring_put(&flow->in, entry);
	return GW_DROP_NONE;
}

/* Counts what the thread has written. */
static uint32_t count_written(struct flow *flow)
{
	const uint64_t end = taken(&flow->in);
	struct flow_entry *entry;
	uint32_t count = 0;

	while ((entry = ring_at(&flow->in, &flow->seen_place, end))) {
		if (entry->segment != 0 && flow->kind == SINK_RESULT)
			sink_spooled_result(flow->sink, entry->record.camera);
		flow->seen_place = ring_after(flow->seen_place, entry);
		count++;
	}
	return count;
}

/* Tells the thread that a record is done with. */
static void tell_done(struct flow *flow, uint64_t token)
{
	const uint32_t head = atomic_load_explicit(&flow->done_head, memory_order_relaxed);

	flow->done[head % FLOW_OUT] = token;
	atomic_store_explicit(&flow->done_head, head + 1, memory_order_release);
}

static bool has_room_out(const struct flow *flow)
{
	const uint32_t untold = atomic_load_explicit(&flow->done_head, memory_order_relaxed) -
		atomic_load_explicit(&flow->done_tail, memory_order_acquire);

	return flow->out_now + untold < FLOW_OUT;
}

static bool is_former(const struct flow *flow, uint64_t token)
{
	return token != 0 && token >> 32 < spool_first(flow->spool, flow->kind);
}

void flow_hear(struct flow *flow, const struct sink_report *report)
{
	const uint64_t token = report->token;
	const bool by_reference = report->frame && report->frame != flow->stand_in;
	struct sink_report settled = *report;

	flow->out_now--;
	flow->by_reference -= by_reference;
	if (flow->ending && report->drop != GW_DROP_NONE && token != 0) {
		if (by_reference)
			sink_spooled_sample(flow->sink, report->frame);
		return;
	}
	if (token != 0)
		tell_done(flow, token);
	if (is_former(flow, token)) {
		gw_counter_add(
			report->drop == GW_DROP_NONE ? &flow->former_delivered : &flow->former_lost,
			1);
		return;
	}
	settled.spooled = token != 0 && !by_reference;
	sink_settle(flow->sink, &settled);
}

/* Hands one record to the client. False: it takes no more. */
static bool send(struct flow *flow, const struct spool_record *record, uint32_t segment,
	struct gw_frame *frame, const void *value, uint64_t receipt)
{
	const struct spool_words words = spool_words(record);
	struct sink_record out = {
		.kind = flow->kind,
		.frame = frame ? frame : flow->stand_in,
		.camera = words.camera,
		.id = words.id,
		.source = words.source,
		.time = words.time,
		.value = value ? value : words.value,
		.size = record->value_size,
		.finding = record->finding,
		.format = flow->kind == SINK_RESULT ? (enum gw_record_format)record->format
						    : GW_RECORD_JSON,
		.reduced = flow->kind == SINK_SAMPLE && record->format != 0,
		.token = segment != 0 ? (uint64_t)segment << 32 | record->index : 0,
		.comes_again = true,
		.copied = flow->kind == SINK_SAMPLE && !frame,
	};

	flow->stand_in->camera = record->camera;
	flow->stand_in->receipt = receipt;
	flow->stand_in->capture_ns = record->capture_ns;
	flow->out_now++;
	flow->by_reference += frame != NULL;
	const enum gw_drop drop =
		spool_inner(flow->spool)->submit(spool_inner_state(flow->spool, flow->lane), &out);

	if (drop == GW_DROP_NONE)
		return true;
	if (drop == GW_DROP_SINK_FULL || drop == GW_DROP_SAMPLE_FULL) {
		flow->out_now--;
		flow->by_reference -= frame != NULL;
		return false;
	}
	flow_hear(flow,
		&(struct sink_report){
			.kind = flow->kind,
			.camera = record->camera,
			.frame = flow->kind == SINK_SAMPLE ? out.frame : NULL,
			.drop = drop,
			.receipt = receipt,
			.token = out.token,
		});
	return true;
}

static bool may_copy(const struct flow *flow)
{
	return flow->kind == SINK_RESULT || flow->out_now - flow->by_reference < COPIES_MOST;
}

/* Pictures by reference keep slots: half of what may wait is for those that are to be written. */
static bool may_refer(const struct flow *flow)
{
	const struct gw_frames_topic_config *frames = flow->sink->gw->config->kafka->frames;
	const uint64_t most = sink_share(flow->sink, (frames->budget + 1) / 2, 1);

	return flow->by_reference < most;
}

/* What was to come and is gone. */
static void count_lost(struct flow *flow, uint64_t from, uint64_t to)
{
	const uint64_t gone = atomic_load_explicit(&flow->gone, memory_order_acquire);
	const bool result = flow->kind == SINK_RESULT;

	for (uint64_t order = from < flow->counted ? flow->counted : from; order < to; order++) {
		const uint64_t at = order % FLOW_BACKLOG;
		const bool evicted = order < gone;
		enum gw_drop drop = evicted ? GW_DROP_SPOOL_FULL : GW_DROP_SPOOL_DAMAGED;

		if (!result)
			drop = evicted ? GW_DROP_SAMPLE_SPOOL_FULL : GW_DROP_SAMPLE_SPOOL_DAMAGED;
		sink_settle(flow->sink,
			&(struct sink_report){
				.kind = flow->kind,
				.camera = flow->cameras[at],
				.drop = drop,
				.receipt = flow->receipts ? flow->receipts[at] : 0,
				.spooled = true,
			});
	}
	if (to > flow->counted)
		flow->counted = to;
}

void flow_count_gone(struct flow *flow)
{
	/* In this order: what the thread gives later only makes it less. */
	const uint64_t gone = atomic_load_explicit(&flow->gone, memory_order_acquire);
	const uint64_t given = atomic_load_explicit(&flow->given, memory_order_acquire);

	const uint64_t from = given > flow->next ? given : flow->next;
	/* What is still in memory is not gone. */
	const uint64_t to = gone < flow->kept ? gone : flow->kept;

	if (from < to)
		count_lost(flow, from, to);
}

static void take_out(struct flow *flow, const struct flow_again *again)
{
	atomic_store_explicit(
		&flow->out.done, ring_after(taken(&flow->out), again), memory_order_release);
}

static struct flow_again *first_out(struct flow *flow)
{
	uint64_t place = taken(&flow->out);
	struct flow_again *again = ring_at(
		&flow->out, &place, atomic_load_explicit(&flow->out.head, memory_order_acquire));

	atomic_store_explicit(&flow->out.done, place, memory_order_release);
	return again;
}

static bool is_behind(const struct flow *flow)
{
	return flow->next < flow->kept;
}

/* One record, or word, from the disk. False: nothing can be done with it now. */
static bool step_again(struct flow *flow)
{
	struct flow_again *again = first_out(flow);

	if (!again)
		return false;
	const uint64_t order = again->record.order;
	const bool former =
		again->segment != 0 && again->segment < spool_first(flow->spool, flow->kind);

	if (!former && !is_behind(flow) && order >= flow->next)
		return false;
	if (!former && order > flow->next) {
		const uint64_t to = order < flow->kept ? order : flow->kept;

		count_lost(flow, flow->next, to);
		flow->next = to;
		return true;
	}
	if (!former && (again->segment == 0 || order < flow->next)) {
		take_out(flow, again);
		return true;
	}
	const uint64_t receipt =
		!former && flow->receipts ? flow->receipts[order % FLOW_BACKLOG] : 0;

	if (!may_copy(flow) || !send(flow, &again->record, again->segment, NULL, NULL, receipt))
		return false;
	take_out(flow, again);
	if (!former)
		flow->next++;
	return true;
}

/* One record that was just written. */
static bool step_new(struct flow *flow)
{
	struct flow_entry *entry;

	if (is_behind(flow) || !spool_former_is_over(flow->spool, flow->kind))
		return false;
	while ((entry = ring_at(&flow->in, &flow->next_place, flow->seen_place)) &&
		entry->record.order < flow->next)
		flow->next_place = ring_after(flow->next_place, entry);
	if (!entry || (flow->kind == SINK_SAMPLE && (!entry->frame || !may_refer(flow))))
		return false;
	struct gw_frame *frame = entry->frame;

	entry->frame = NULL;
	if (!send(flow, &entry->record, entry->segment, frame, entry->value, entry->receipt)) {
		entry->frame = frame;
		return false;
	}
	flow->next_place = ring_after(flow->next_place, entry);
	flow->next++;
	return true;
}

/* Pictures that are on the disk and that no client takes now give their slots back. */
static void release_slots(struct flow *flow)
{
	uint64_t place = flow->next_place;
	struct flow_entry *entry;

	while ((entry = ring_at(&flow->in, &place, flow->seen_place))) {
		if (entry->segment != 0 && entry->frame) {
			sink_spooled_sample(flow->sink, entry->frame);
			entry->frame = NULL;
		}
		place = ring_after(place, entry);
	}
	while (let_go(flow))
		;
}

uint32_t flow_step(struct flow *flow)
{
	uint32_t count = count_written(flow);

	for (int i = 0; i < SENDS_PER_STEP && has_room_out(flow); i++) {
		if (!step_again(flow) && !step_new(flow))
			break;
		count++;
	}
	if (flow->kind == SINK_SAMPLE)
		release_slots(flow);
	const uint64_t want = is_behind(flow) ? flow->next : FLOW_NOTHING;
	const uint64_t wanted = atomic_load_explicit(&flow->want, memory_order_relaxed);

	if ((want == FLOW_NOTHING) != (wanted == FLOW_NOTHING))
		atomic_store_explicit(&flow->want, want, memory_order_release);
	return count;
}

bool flow_is_written(const struct flow *flow)
{
	return flow->seen_place == atomic_load_explicit(&flow->in.head, memory_order_relaxed);
}
