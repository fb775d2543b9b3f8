/* The jobs of one batch, and how its outputs become their results. Written by the batcher's thread
 * until the batch is submitted, then by the engine's until it has come back. */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "accel/heads/head.h"
#include "accel/infer.h"
#include "accel/job.h"
#include "accel/repository/model.h"

/* Who may touch the jobs of a batch that is out: one that is late is given up, and may come back
 * all the same. Whoever exchanges OUT for its own word has them. */
enum crew_claim { CREW_OUT, CREW_FINISHED, CREW_TAKEN_AWAY };

struct crew {
	_Atomic int claim; /* enum crew_claim */
	int status; /* of the batch, when it has come back */
	struct job *jobs[MODEL_BATCH_MAX];
	struct input_map map[MODEL_BATCH_MAX]; /* each written by who prepares the picture */
	uint32_t failed;
	const char *complaint; /* NULL: none; of the last job that failed by what the head read */
};

/* Takes the jobs from an engine that is late. False: it is just about to give them back. The
 * batcher's thread. */
static inline bool crew_take_away(struct crew *crew)
{
	int out = CREW_OUT;

	return atomic_compare_exchange_strong(&crew->claim, &out, CREW_TAKEN_AWAY);
}

/* Makes the results of a batch that has ended, as `head` reads the outputs of such a model with
 * that room, unless its jobs were taken away; on the engine's thread. */
void crew_finish(struct crew *crew, const struct infer_batch *batch, const struct infer_spec *spec,
	const struct head *head, const struct model_description *description, void *room);
