/* The jobs of one batch, and how its outputs become their results. Written by the batcher's thread
 * until the batch is submitted, then by the engine's until it has come back. */
#pragma once

#include <stdint.h>

#include "accel/heads/head.h"
#include "accel/infer.h"
#include "accel/job.h"
#include "accel/model.h"

struct crew {
	struct job *jobs[MODEL_BATCH_MAX];
	struct input_map map[MODEL_BATCH_MAX];
	uint32_t failed;
	const char *complaint; /* NULL: none; of the last job that failed by what the head read */
};

/* Makes the results of a batch that has ended, as `head` reads the outputs of such a model; on the
 * engine's thread. */
void crew_finish(struct crew *crew, const struct infer_batch *batch, const struct infer_spec *spec,
	const struct head *head, const struct model_description *description);
