#include "accel/engine_plans/warm_up.h"

#include "core/clock.h"

/* A run may take so many times what the first one took, and at least so long. */
#define PATIENCE_TIMES 20
#define PATIENCE_LEAST_NS (10 * GW_NS_PER_S)

int engine_warm_up(struct infer_spec *spec, runner_fn *run, void *engine, int64_t *patience_ns,
	struct gw_error *error)
{
	const uint32_t counts[] = {1, spec->max_batch};
	struct infer_batch *batch = &spec->batches[0];

	for (int i = 0; i < 2; i++) {
		const int64_t begin = gw_now();

		batch->count = counts[i];
		run(engine, batch);
		spec->warm_ns = gw_now() - begin;
		if (batch->status != 0)
			return gw_error_set(error, batch->status,
				"model %s: does not run on a batch of %u: %s", spec->name,
				batch->count, batch->error);
	}
	const int64_t patience = PATIENCE_TIMES * spec->warm_ns;

	*patience_ns = patience > PATIENCE_LEAST_NS ? patience : PATIENCE_LEAST_NS;
	return 0;
}
