#include "sink/held.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/gateway.h"
#include "sink/lane.h"
#include "sink/settle.h"
#include "sink/sink.h"
#include "sink/spool/ring.h"

/* By which a result that says that its picture goes along may be longer than one that does not. */
#define MORE 16

/* A result: `texts` are the camera's name, id, source and time, each with its NUL, then the value,
 * and that with the picture. */
struct held_result {
	struct ring_entry ring;
	const struct gw_frame *awaited; /* whose picture is on its way; NULL: none is */
	bool gone; /* only its place is left */
	bool lossless;
	bool sampled;
	enum gw_record_format format;
	uint32_t camera;
	int64_t since; /* gw_now() */
	int64_t capture_ns;
	uint64_t receipt;
	uint32_t words[4];
	uint32_t size, sampled_size; /* 0: it stays as it is */
	char texts[];
};

struct held {
	struct ring ring;
	uint32_t of[GW_CAMERAS]; /* results that wait */
	uint32_t refused[GW_CAMERAS]; /* the turn in which one of them could not go */
	uint32_t turn;
	bool changed; /* since the last turn: something may go */
	struct held_result *newest;
	struct gw_frame *stand_in; /* for frames that are gone */
};

struct held *held_open(void)
{
	struct held *held = calloc(1, sizeof(*held));

	if (!held)
		return NULL;
	held->stand_in = aligned_alloc(_Alignof(struct gw_frame), sizeof(*held->stand_in));
	if (!held->stand_in || ring_open(&held->ring, HELD_BYTES) != 0) {
		held_close(held);
		errno = ENOMEM;
		return NULL;
	}
	memset(held->stand_in, 0, sizeof(*held->stand_in));
	return held;
}

void held_close(struct held *held)
{
	if (!held)
		return;
	ring_close(&held->ring);
	free(held->stand_in);
	free(held);
}

bool held_has(const struct held *held, uint32_t camera)
{
	return held && held->of[camera] > 0;
}

/* The next one at or after a place; NULL: there is none. */
static struct held_result *result_at(const struct held *held, uint64_t *place)
{
	return ring_at(
		&held->ring, place, atomic_load_explicit(&held->ring.head, memory_order_relaxed));
}

static char *put(char *at, const void *data, size_t size)
{
	memcpy(at, data, size);
	return at + size;
}

/* Where its value begins. */
static char *value_of(struct held_result *entry)
{
	char *at = entry->texts;

	for (int i = 0; i < 4; i++)
		at += entry->words[i];
	return at;
}

bool held_add(struct sink *sink, const struct sink_record *result, bool awaits)
{
	struct held *held = sink->held;
	const char *const words[] = {result->camera, result->id, result->source, result->time};
	uint32_t sizes[4], front = 0;

	for (int i = 0; i < 4; i++)
		front += sizes[i] = (uint32_t)strlen(words[i]) + 1;
	const uint32_t values = result->size + (awaits ? result->size + MORE : 0);
	struct held_result *entry = ring_room(&held->ring, sizeof(*entry) + front + values);

	if (!entry)
		return false;
	*entry = (struct held_result){
		.ring = entry->ring,
		.awaited = awaits ? result->frame : NULL,
		.lossless = result->frame->lossless,
		.sampled = result->sampled,
		.format = result->format,
		.camera = result->frame->camera,
		.since = gw_now(),
		.capture_ns = result->frame->capture_ns,
		.receipt = result->frame->receipt,
		.size = result->size,
	};
	memcpy(entry->words, sizes, sizeof(sizes));
	char *at = entry->texts;

	for (int i = 0; i < 4; i++)
		at = put(at, words[i], sizes[i]);
	put(at, result->value, result->size);
	held->newest = entry;
	ring_put(&held->ring, entry);
	held->of[entry->camera]++;
	sink->waiting[SINK_RESULT]++;
	settle_gauge(&sink->lane->stats->camera[entry->camera].results_waiting, 1);
	return true;
}

void held_set_sampled(struct held *held, const void *value, uint32_t size)
{
	struct held_result *entry = held->newest;

	assert(size <= entry->size + MORE);
	put(value_of(entry) + entry->size, value, size);
	entry->sampled_size = size;
}

static void decide(struct held *held, struct held_result *entry, bool sampled)
{
	entry->awaited = NULL;
	entry->sampled = sampled;
	held->changed = true;
}

bool held_answer(struct held *held, const struct gw_frame *frame, bool sampled)
{
	struct held_result *entry;

	for (uint64_t place = held->ring.tail; (entry = result_at(held, &place));
		place = ring_after(place, entry))
		if (!entry->gone && entry->awaited == frame) {
			decide(held, entry, sampled);
			return true;
		}
	return false;
}

const struct gw_frame *held_give_up(struct held *held, int64_t before)
{
	struct held_result *entry;

	for (uint64_t place = held->ring.tail; (entry = result_at(held, &place));
		place = ring_after(place, entry))
		if (!entry->gone && entry->awaited && !entry->lossless && entry->since < before) {
			const struct gw_frame *frame = entry->awaited;

			decide(held, entry, false);
			return frame;
		}
	return NULL;
}

void held_give_up_all(struct held *held)
{
	struct held_result *entry;

	for (uint64_t place = held->ring.tail; (entry = result_at(held, &place));
		place = ring_after(place, entry))
		if (!entry->gone && entry->awaited)
			decide(held, entry, false);
}

/* Hands one over. False: the back-end has no room, and it comes again. */
static bool send(struct sink *sink, struct held_result *entry)
{
	const char *const value = value_of(entry);
	const char *words[4], *at = entry->texts;

	for (int i = 0; i < 4; i++) {
		words[i] = at;
		at += entry->words[i];
	}
	const bool other = entry->sampled && entry->sampled_size > 0;
	const struct sink_record out = {
		.kind = SINK_RESULT,
		.frame = sink->held->stand_in,
		.camera = words[0],
		.id = words[1],
		.source = words[2],
		.time = words[3],
		.value = other ? value + entry->size : value,
		.size = other ? entry->sampled_size : entry->size,
		.format = entry->format,
		.sampled = entry->sampled,
		.finding = GW_NO_FINDING,
	};

	out.frame->camera = entry->camera;
	out.frame->receipt = entry->receipt;
	out.frame->capture_ns = entry->capture_ns;
	out.frame->lossless = entry->lossless;
	const enum gw_drop drop = sink->ops->submit(sink->backend, &out);

	if (drop == GW_DROP_SINK_FULL && entry->lossless)
		return false;
	if (drop != GW_DROP_NONE)
		sink_settle(sink,
			&(struct sink_report){
				.kind = SINK_RESULT,
				.camera = entry->camera,
				.drop = drop,
				.receipt = entry->receipt,
			});
	return true;
}

/* The places at the beginning that nothing is left of. */
static void let_go(struct held *held)
{
	const struct held_result *entry;

	while ((entry = result_at(held, &held->ring.tail)) && entry->gone)
		held->ring.tail = ring_after(held->ring.tail, entry);
}

uint32_t held_send(struct sink *sink)
{
	struct held *held = sink->held;
	struct held_result *entry;
	uint32_t count = 0;

	if (!held || !held->changed)
		return 0;
	held->changed = false;
	held->turn++;
	for (uint64_t place = held->ring.tail; (entry = result_at(held, &place));
		place = ring_after(place, entry)) {
		if (entry->gone || held->refused[entry->camera] == held->turn)
			continue;
		const bool goes = !entry->awaited && send(sink, entry);

		if (!goes) {
			held->refused[entry->camera] = held->turn;
			held->changed = held->changed || !entry->awaited;
			continue;
		}
		entry->gone = true;
		held->of[entry->camera]--;
		count++;
	}
	let_go(held);
	return count;
}
