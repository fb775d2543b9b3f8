/* Copies of one camera's packets, on their way from its receive lane to whoever asked for them: a
 * ring of bytes with one producer, the lane, and one consumer. What finds no room is counted and
 * not copied; the packet itself goes its way in any case. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECORDER_NOBODY UINT32_MAX

struct recorder {
	/* Whose packets; RECORDER_NOBODY: none are wanted. The consumer writes, lanes read. */
	_Atomic uint32_t camera;
	uint8_t *ring; /* NULL: there is none yet */
	uint64_t size; /* a power of two */
	_Alignas(64) _Atomic uint64_t head; /* the lane writes */
	_Atomic uint64_t taken, dropped; /* the same: packets since it was begun */
	_Alignas(64) _Atomic uint64_t tail; /* the consumer writes */
};

/* One packet as it came, with its Ethernet header. */
struct recorded {
	uint32_t size;
	int64_t utc; /* ns since 1970 */
};

/* Makes the ring, of `size` bytes, a power of two. Returns 0 or -ENOMEM. */
int recorder_open(struct recorder *recorder, uint64_t size);
void recorder_close(struct recorder *recorder);

/* Wants packets of the camera from now on. No lane may be at work on those of another one. */
void recorder_begin(struct recorder *recorder, uint32_t camera);

/* Wants none any more. A lane may still put one that it is at work on, until its next turn. */
void recorder_end(struct recorder *recorder);

/* Whether packets of the camera are wanted. Any lane. */
static inline bool recorder_wants(const struct recorder *recorder, uint32_t camera)
{
	return atomic_load_explicit(&recorder->camera, memory_order_acquire) == camera &&
		camera != RECORDER_NOBODY;
}

/* Whether any are. */
static inline bool recorder_runs(const struct recorder *recorder)
{
	return atomic_load_explicit(&recorder->camera, memory_order_relaxed) != RECORDER_NOBODY;
}

/* Copies a packet, or counts that there was no room. The camera's lane. */
void recorder_put(struct recorder *recorder, const uint8_t *data, uint32_t size, int64_t utc);

/* Takes the oldest one out, at most `room` bytes of it (`recorded->size` says how many). False:
 * there is none. The consumer. */
bool recorder_take(
	struct recorder *recorder, struct recorded *recorded, uint8_t *data, uint32_t room);
