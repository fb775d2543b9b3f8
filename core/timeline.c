#include "core/timeline.h"

#include <errno.h>
#include <stdlib.h>

/* Slices follow each other by that much at least, so that each can have an arrow of its own. */
#define LEAST_NS 1

/* Entries that were written since the recording began. */
static uint32_t count_of(const struct gw_trace_ring *ring)
{
	return (uint32_t)(atomic_load_explicit(&ring->written, memory_order_acquire) - ring->first);
}

static const struct gw_trace_entry *entry_of(const struct gw_trace_ring *ring, uint32_t i)
{
	return &ring->entries[(ring->first + i) % GW_TRACE_ROOM];
}

static int by_number(const void *left, const void *right)
{
	const struct gw_trace_entry *a = *(const struct gw_trace_entry *const *)left;
	const struct gw_trace_entry *b = *(const struct gw_trace_entry *const *)right;

	if (a->camera != b->camera)
		return a->camera < b->camera ? -1 : 1;
	return a->number < b->number ? -1 : a->number > b->number;
}

static int by_place(const void *left, const void *right)
{
	const struct slice *a = left, *b = right;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->index != b->index)
		return a->index < b->index ? -1 : 1;
	return a->begin < b->begin ? -1 : a->begin > b->begin;
}

static int by_frame(const void *left, const void *right)
{
	const struct point *a = left, *b = right;

	if (a->frame != b->frame)
		return a->frame < b->frame ? -1 : 1;
	return a->time < b->time ? -1 : a->time > b->time;
}

static uint32_t lane_of(const struct timeline *timeline, enum gw_stage_index stage, uint32_t camera)
{
	const uint32_t lanes = timeline->gw->stages[stage].lane_count;

	return lanes > 1 ? gw_lane_of(camera, lanes) : 0;
}

static void add_slice(struct timeline *timeline, const struct gw_trace_entry *entry,
	enum track_kind kind, uint32_t index, int64_t begin, int64_t end)
{
	timeline->slices[timeline->slice_count++] = (struct slice){.entry = entry,
		.kind = kind,
		.index = index,
		.begin = begin,
		.end = end > begin ? end : begin + LEAST_NS};
}

static void add_frame(struct timeline *timeline, const struct gw_trace_entry *entry)
{
	const int64_t *stamp = entry->stamp;
	const int64_t complete = stamp[GW_STAMP_COMPLETE];

	if (complete > 0 && entry->recorded)
		add_slice(timeline, entry, TRACK_SOURCE, 0, complete, complete);
	else if (complete > 0)
		add_slice(timeline, entry, TRACK_RX, lane_of(timeline, GW_STAGE_RX, entry->camera),
			stamp[GW_STAMP_FIRST_PACKET], complete);
	if (stamp[GW_STAMP_DECODED] > 0)
		add_slice(timeline, entry, TRACK_DECODE,
			lane_of(timeline, GW_STAGE_DECODE, entry->camera), stamp[GW_STAMP_DECODE],
			stamp[GW_STAMP_DECODED]);
	add_slice(timeline, entry, TRACK_SINK, lane_of(timeline, GW_STAGE_SINK, entry->camera),
		stamp[GW_STAMP_SINK] > 0 ? stamp[GW_STAMP_SINK] : entry->end, entry->end);
}

static void collect(struct timeline *timeline)
{
	const struct gw_trace *trace = &timeline->gw->trace;

	for (uint32_t lane = 0; lane < GW_LANES; lane++) {
		const struct gw_trace_ring *ring = &trace->frames[lane];

		for (uint32_t i = 0; i < count_of(ring); i++) {
			if (timeline->frame_count < TIMELINE_FRAMES)
				timeline->frames[timeline->frame_count++] = entry_of(ring, i);
			else
				timeline->left_out++;
		}
	}
	qsort(timeline->frames, timeline->frame_count, sizeof(timeline->frames[0]), by_number);
	for (uint32_t i = 0; i < timeline->frame_count; i++)
		add_frame(timeline, timeline->frames[i]);
	for (uint32_t lane = 0; lane < GW_LANES; lane++) {
		const struct gw_trace_ring *ring = &trace->batches[lane];

		for (uint32_t i = 0; i < count_of(ring); i++) {
			const struct gw_trace_entry *entry = entry_of(ring, i);

			if (entry->kind != GW_TRACE_BATCH)
				continue;
			timeline->batch_count++;
			add_slice(timeline, entry, TRACK_DEVICE, entry->device, entry->stamp[0],
				entry->end);
		}
	}
}

/* A thread that receives works on many frames at the same time: what is shown of a frame is the
 * time from the end of the one before it. */
static bool is_one_thread(enum track_kind kind)
{
	return kind == TRACK_RX || kind == TRACK_SOURCE || kind == TRACK_SINK;
}

static int by_end(const void *left, const void *right)
{
	const struct slice *a = left, *b = right;

	return a->end < b->end ? -1 : a->end > b->end;
}

static void line_up(struct slice *slices, uint32_t count)
{
	int64_t last = INT64_MIN;

	qsort(slices, count, sizeof(slices[0]), by_end);
	for (uint32_t i = 0; i < count; i++) {
		if (slices[i].begin < last)
			slices[i].begin = last;
		if (slices[i].end < slices[i].begin + LEAST_NS)
			slices[i].end = slices[i].begin + LEAST_NS;
		last = slices[i].end;
	}
}

/* Each slice gets the first row that is free when it begins. */
static void give_rows(struct slice *slices, uint32_t count)
{
	int64_t until[TIMELINE_ROWS];
	uint32_t rows = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t row = 0;

		while (row < rows && until[row] > slices[i].begin)
			row++;
		if (row == TIMELINE_ROWS) {
			row = TIMELINE_ROWS - 1;
			slices[i].begin = until[row];
			if (slices[i].end < slices[i].begin + LEAST_NS)
				slices[i].end = slices[i].begin + LEAST_NS;
		}
		if (row == rows)
			rows++;
		until[row] = slices[i].end;
		slices[i].row = row;
	}
}

static void place_slices(struct timeline *timeline)
{
	struct slice *slices = timeline->slices;
	uint32_t end;

	qsort(slices, timeline->slice_count, sizeof(slices[0]), by_place);
	for (uint32_t first = 0; first < timeline->slice_count; first = end) {
		for (end = first;
			end < timeline->slice_count && slices[end].kind == slices[first].kind &&
			slices[end].index == slices[first].index;
			end++)
			;
		if (is_one_thread(slices[first].kind))
			line_up(&slices[first], end - first);
		else
			give_rows(&slices[first], end - first);
	}
}

/* Where the frame that an entry names stands; frame_count: it did not come to its end in time. */
static uint32_t find_frame(const struct timeline *timeline, const struct gw_trace_entry *entry)
{
	const struct gw_trace_entry **found = bsearch(&entry, timeline->frames,
		timeline->frame_count, sizeof(timeline->frames[0]), by_number);

	return found ? (uint32_t)(found - timeline->frames) : timeline->frame_count;
}

static void add_point(struct timeline *timeline, uint32_t frame, uint32_t slice)
{
	if (frame == timeline->frame_count)
		return;
	timeline->points[timeline->point_count++] = (struct point){
		.frame = frame, .time = timeline->slices[slice].begin, .slice = slice};
}

/* The frames that were in a batch stand behind it. */
static void add_members(struct timeline *timeline, uint32_t slice)
{
	const struct gw_trace_entry *batch = timeline->slices[slice].entry;

	for (uint32_t lane = 0; lane < GW_LANES; lane++) {
		const struct gw_trace_ring *ring = &timeline->gw->trace.batches[lane];
		const uint32_t count = count_of(ring);

		if (count == 0 || batch < ring->entries || batch >= ring->entries + GW_TRACE_ROOM)
			continue;
		const uint64_t place = (uint64_t)(batch - ring->entries);
		uint32_t i = (uint32_t)((place + GW_TRACE_ROOM - ring->first % GW_TRACE_ROOM) %
			GW_TRACE_ROOM);

		for (i++; i < count && entry_of(ring, i)->kind == GW_TRACE_MEMBER; i++)
			add_point(timeline, find_frame(timeline, entry_of(ring, i)), slice);
	}
}

static void draw_ways(struct timeline *timeline)
{
	for (uint32_t i = 0; i < timeline->slice_count; i++) {
		if (timeline->slices[i].kind == TRACK_DEVICE)
			add_members(timeline, i);
		else
			add_point(timeline, find_frame(timeline, timeline->slices[i].entry), i);
	}
	qsort(timeline->points, timeline->point_count, sizeof(timeline->points[0]), by_frame);
}

/* Room for all that the rings hold. */
static int allocate(struct timeline *timeline)
{
	const struct gw_trace *trace = &timeline->gw->trace;
	size_t entries = 1;

	for (uint32_t i = 0; i < GW_LANES; i++)
		entries += count_of(&trace->frames[i]) + count_of(&trace->batches[i]);
	timeline->frames = malloc(entries * sizeof(*timeline->frames));
	timeline->slices = malloc(3 * entries * sizeof(*timeline->slices));
	timeline->points = malloc(4 * entries * sizeof(*timeline->points));
	return timeline->frames && timeline->slices && timeline->points ? 0 : -ENOMEM;
}

int timeline_make(struct timeline *timeline, const struct gw *gw)
{
	*timeline = (struct timeline){.gw = gw, .left_out = gw_trace_lost(&gw->trace)};
	const int status = allocate(timeline);

	if (status != 0)
		return status;
	collect(timeline);
	place_slices(timeline);
	draw_ways(timeline);
	return 0;
}

void timeline_free(struct timeline *timeline)
{
	free(timeline->frames);
	free(timeline->slices);
	free(timeline->points);
}
