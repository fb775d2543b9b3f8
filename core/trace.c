#include "core/trace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"

/* Room for the lane's next entry; NULL: there is none left in this recording. */
static struct gw_trace_entry *next_entry(struct gw_trace_ring *ring)
{
	struct gw_trace_entry *entries = atomic_load_explicit(&ring->entries, memory_order_acquire);
	const uint64_t written = atomic_load_explicit(&ring->written, memory_order_relaxed);

	if (!entries)
		return NULL;
	if (written - atomic_load_explicit(&ring->first, memory_order_relaxed) >= GW_TRACE_ROOM) {
		atomic_fetch_add_explicit(&ring->lost, 1, memory_order_relaxed);
		return NULL;
	}
	return &entries[written % GW_TRACE_ROOM];
}

static void publish(struct gw_trace_ring *ring)
{
	atomic_fetch_add_explicit(&ring->written, 1, memory_order_release);
}

void gw_trace_frame(
	struct gw_trace *trace, uint32_t lane, const struct gw_frame *frame, int64_t now)
{
	struct gw_trace_entry *entry = next_entry(&trace->frames[lane]);

	if (!entry)
		return;
	*entry = (struct gw_trace_entry){
		.kind = GW_TRACE_FRAME,
		.drop = (uint16_t)frame->drop,
		.camera = frame->camera,
		.recorded = frame->receipt != 0,
		.number = frame->sequence,
		.end = now,
	};
	memcpy(entry->stamp, frame->stamp, sizeof(entry->stamp));
	publish(&trace->frames[lane]);
}

void gw_trace_batch(struct gw_trace *trace, uint32_t lane, const struct gw_trace_batch *batch)
{
	struct gw_trace_entry *entry = next_entry(&trace->batches[lane]);

	if (!entry)
		return;
	*entry = (struct gw_trace_entry){
		.kind = GW_TRACE_BATCH,
		.device = batch->device,
		.model = batch->model,
		.drop = batch->failed,
		.pictures = batch->pictures,
		.number = batch->number,
		.stamp = {batch->begin},
		.end = batch->end,
	};
	publish(&trace->batches[lane]);
}

void gw_trace_member(struct gw_trace *trace, uint32_t lane, const struct gw_frame *frame)
{
	struct gw_trace_entry *entry = next_entry(&trace->batches[lane]);

	if (!entry)
		return;
	*entry = (struct gw_trace_entry){
		.kind = GW_TRACE_MEMBER, .camera = frame->camera, .number = frame->sequence};
	publish(&trace->batches[lane]);
}

static int make_ring(struct gw_trace_ring *ring)
{
	if (!atomic_load_explicit(&ring->entries, memory_order_relaxed)) {
		struct gw_trace_entry *entries = calloc(GW_TRACE_ROOM, sizeof(*entries));

		if (!entries)
			return -ENOMEM;
		atomic_store_explicit(&ring->entries, entries, memory_order_release);
	}
	atomic_store_explicit(&ring->first, ring->written, memory_order_relaxed);
	atomic_store_explicit(&ring->lost_before, ring->lost, memory_order_relaxed);
	return 0;
}

int gw_trace_begin(
	struct gw_trace *trace, uint32_t frame_lanes, uint32_t batch_lanes, struct gw_error *error)
{
	int status = 0;

	if (atomic_exchange(&trace->taken, true))
		return gw_error_set(error, -EBUSY,
			"somebody else is recording a trace: try again when it has ended");
	for (uint32_t i = 0; i < frame_lanes && status == 0; i++)
		status = make_ring(&trace->frames[i]);
	for (uint32_t i = 0; i < batch_lanes && status == 0; i++)
		status = make_ring(&trace->batches[i]);
	if (status != 0) {
		gw_trace_release(trace);
		return gw_error_set(error, status, "trace: out of memory");
	}
	trace->begin = trace->end = gw_now();
	atomic_store_explicit(&trace->on, true, memory_order_release);
	return 0;
}

void gw_trace_end(struct gw_trace *trace)
{
	atomic_store_explicit(&trace->on, false, memory_order_release);
	trace->end = gw_now();
}

void gw_trace_release(struct gw_trace *trace)
{
	atomic_store(&trace->taken, false);
}

uint64_t gw_trace_lost(const struct gw_trace *trace)
{
	uint64_t lost = 0;

	for (int i = 0; i < GW_LANES; i++)
		lost += trace->frames[i].lost - trace->frames[i].lost_before +
			trace->batches[i].lost - trace->batches[i].lost_before;
	return lost;
}

void gw_trace_free(struct gw_trace *trace)
{
	for (int i = 0; i < GW_LANES; i++) {
		free(trace->frames[i].entries);
		free(trace->batches[i].entries);
	}
	memset(trace, 0, sizeof(*trace));
}
