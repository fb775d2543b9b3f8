#include <errno.h>
#include <math.h>

#include "accel/postprocess.h"

/* Keeps `best` sorted; of equals the first stays first. */
static uint32_t insert(struct gw_class *best, uint32_t count, uint32_t room, struct gw_class entry)
{
	uint32_t at = count;

	if (count == room) {
		if (entry.confidence <= best[count - 1].confidence)
			return count;
		at = --count;
	}
	while (at > 0 && entry.confidence > best[at - 1].confidence) {
		best[at] = best[at - 1];
		at--;
	}
	best[at] = entry;
	return count + 1;
}

int classify(
	const struct model_description *description, const float *values, struct gw_result *result)
{
	const struct model_classify *options = description->classify;
	struct gw_class *best = result->classes;
	uint32_t count = 0;
	double sum = 0;

	result->task = GW_TASK_CLASSIFY;
	result->count = 0;
	for (uint32_t i = 0; i < description->labels_count; i++) {
		if (!isfinite(values[i]))
			return -EDOM;
		count = insert(best, count, options->top_k,
			(struct gw_class){.index = (uint16_t)i, .confidence = values[i]});
	}
	if (options->softmax) {
		/* Relative to the largest, so that nothing overflows. */
		const float largest = best[0].confidence;

		for (uint32_t i = 0; i < description->labels_count; i++)
			sum += exp((double)values[i] - largest);
		for (uint32_t i = 0; i < count; i++)
			best[i].confidence =
				(float)(exp((double)best[i].confidence - largest) / sum);
	}
	for (uint32_t i = 0; i < count; i++)
		best[i].confidence = fminf(fmaxf(best[i].confidence, 0), 1);
	result->count = (uint16_t)count;
	return 0;
}
