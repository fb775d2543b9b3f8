/* Who takes a picture: the JPEG engines of the chip, or its SMs, which models want for themselves
 * and which take longer until the first picture of a batch is done.
 *
 * The engines take whatever waits. The SMs take some when all that waits would keep the engines
 * busy for longer than a batch of theirs takes: then even the last one comes sooner. Both times are
 * measured as they work. Atomics only: any worker.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum nvjpeg_kind { NVJPEG_SMS, NVJPEG_ENGINES, NVJPEG_KINDS };

struct nvjpeg_share {
	bool engines; /* the chip has them, and some worker uses them; set before any starts */
	/* Moving means; 0: not measured yet. Written by the kind's workers, read by all. */
	_Atomic int64_t picture_ns; /* of the engines, a picture */
	_Atomic int64_t batch_ns; /* of the SMs, a batch */
	_Atomic int64_t measured_at; /* when the SMs were, last */
};

/* Whether a worker of that kind is to take some of the `waiting` pictures at `now`. SMs that have
 * not been measured for a second take some, to be measured. */
bool nvjpeg_share_takes(
	const struct nvjpeg_share *share, enum nvjpeg_kind kind, uint64_t waiting, int64_t now);

/* A batch of so many pictures has taken `ns` until `now`. */
void nvjpeg_share_note(struct nvjpeg_share *share, enum nvjpeg_kind kind, uint32_t pictures,
	int64_t ns, int64_t now);
