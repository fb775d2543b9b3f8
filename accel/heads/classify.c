/* One value per label: logits, probabilities, or one answer of its own for each label. */
#include <errno.h>
#include <math.h>

#include "accel/heads/head.h"

static uint32_t outputs(
	const struct model_description *d, struct infer_tensor tensors[INFER_OUTPUTS])
{
	tensors[0] = (struct infer_tensor){
		.name = d->classify->tensor, .rank = 1, .dims = {d->labels_count}};
	return 1;
}

/* Keeps `best` sorted; of equals the first stays first. */
static uint32_t insert(
	struct gw_finding *best, uint32_t count, uint32_t room, struct gw_finding entry)
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

/* Relative to the largest, so that nothing overflows. */
static void softmax(const float *values, uint32_t labels, struct gw_finding *best, uint32_t count)
{
	const float largest = best[0].confidence;
	double sum = 0;

	for (uint32_t i = 0; i < labels; i++)
		sum += exp((double)values[i] - largest);
	for (uint32_t i = 0; i < count; i++)
		best[i].confidence = (float)(exp((double)best[i].confidence - largest) / sum);
}

static int read(const struct head_job *job, struct gw_result *result)
{
	const struct model_classify *options = job->description->classify;
	const uint32_t labels = job->description->labels_count;
	const float *values = job->values[0];
	const uint32_t room = job->all ? GW_FINDINGS : options->top_k;
	struct gw_finding *best = result->findings;
	uint32_t count = 0;

	result->task = GW_TASK_CLASSIFY;
	result->count = 0;
	for (uint32_t i = 0; i < labels; i++) {
		if (!isfinite(values[i]))
			return -EDOM;
		if (!options->softmax && !options->sigmoid && !head_is_probability(values[i]))
			return -ERANGE;
		count = insert(best, count, room,
			(struct gw_finding){.index = (uint16_t)i, .confidence = values[i]});
	}
	if (options->softmax)
		softmax(values, labels, best, count);
	for (uint32_t i = 0; i < count; i++) {
		if (options->sigmoid)
			best[i].confidence = head_sigmoid(best[i].confidence);
		best[i].confidence = fminf(fmaxf(best[i].confidence, 0), 1);
	}
	while (!job->all && count > 0 && best[count - 1].confidence < options->threshold)
		count--;
	result->count = (uint16_t)count;
	return 0;
}

const struct head head_classify = {.name = "classify", .outputs = outputs, .read = read};
