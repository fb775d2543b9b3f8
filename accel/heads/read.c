/* What is written in a line of text: the most likely character at each place along it, of which
 * equal neighbours are one and the first label is the gap between two (Graves et al.: Connectionist
 * Temporal Classification, 2006, 3.1). As PP-OCR's recogniser gives them: a value for each place
 * and character, or number and confidence of the best one. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "accel/heads/head.h"

#define PLACES 4096 /* along a line */
#define GAP 0

/* The best of each place. */
struct line {
	uint32_t count;
	uint16_t number[PLACES];
	float confidence[PLACES];
};

static uint32_t outputs(
	const struct model_description *d, struct infer_tensor tensors[INFER_OUTPUTS])
{
	const struct model_read *read = d->read;

	if (read->tensor) {
		tensors[0] = (struct infer_tensor){.name = read->tensor,
			.rank = 2,
			.dims = {1, d->labels_count},
			.free = true};
		return 1;
	}
	tensors[0] = (struct infer_tensor){
		.name = read->character, .rank = 1, .dims = {1}, .free = true};
	tensors[1] = tensors[0];
	tensors[1].name = read->confidence;
	return 2;
}

static int fit(const struct model_description *d, const struct infer_tensor *tensors,
	struct gw_error *error)
{
	if (tensors[0].dims[0] > PLACES)
		return gw_error_set(error, -EINVAL,
			"its output \"%s\" has %u places along a line, and %d is the most: name "
			"another tensor in model.yaml",
			tensors[0].name, tensors[0].dims[0], PLACES);
	if (d->read->tensor && tensors[0].dims[1] != d->labels_count)
		return gw_error_set(error, -EINVAL,
			"its output \"%s\" has %u values for a place, and there are %u labels: "
			"correct the labels in model.yaml, the first is the gap between characters",
			tensors[0].name, tensors[0].dims[1], d->labels_count);
	if (!d->read->tensor && tensors[0].dims[0] != tensors[1].dims[0])
		return gw_error_set(error, -EINVAL,
			"its outputs \"%s\" and \"%s\" have %u and %u places: name those that "
			"belong together in model.yaml",
			tensors[0].name, tensors[1].name, tensors[0].dims[0], tensors[1].dims[0]);
	return 0;
}

static int take_best(const struct head_job *job, struct line *line)
{
	const uint32_t labels = job->description->labels_count;
	const bool softmax = job->description->read->softmax;

	for (uint32_t i = 0; i < line->count; i++) {
		const float *values = job->values[0] + (size_t)i * labels;
		uint32_t best = 0;
		double sum = 0;

		for (uint32_t k = 0; k < labels; k++) {
			if (!isfinite(values[k]))
				return -EDOM;
			if (values[k] > values[best])
				best = k;
		}
		for (uint32_t k = 0; softmax && k < labels; k++)
			sum += exp((double)values[k] - (double)values[best]);
		line->number[i] = (uint16_t)best;
		line->confidence[i] = softmax ? (float)(1 / sum) : values[best];
		if (!head_is_probability(line->confidence[i]))
			return -ERANGE;
	}
	return 0;
}

static int take_numbers(const struct head_job *job, struct line *line)
{
	for (uint32_t i = 0; i < line->count; i++) {
		const float number = job->values[0][i], confidence = job->values[1][i];

		if (!isfinite(number) || !isfinite(confidence))
			return -EDOM;
		if (!(number >= 0 && number < (float)job->description->labels_count))
			return -ENOENT;
		if (!head_is_probability(confidence))
			return -ERANGE;
		line->number[i] = (uint16_t)number;
		line->confidence[i] = confidence;
	}
	return 0;
}

static bool is_written(const struct line *line, uint32_t i)
{
	return line->number[i] != GAP && (i == 0 || line->number[i] != line->number[i - 1]);
}

/* Puts the characters one after the other. -ENOBUFS when the slot has no room. */
static int spell(const struct head_job *job, const struct line *line, struct gw_result *result)
{
	char **labels = job->description->labels;
	struct gw_finding *finding = &result->findings[0];
	uint32_t written = 0;
	size_t size = 0;
	double sum = 0;

	for (uint32_t i = 0; i < line->count; i++) {
		if (!is_written(line, i))
			continue;
		size += strlen(labels[line->number[i]]);
		sum += (double)line->confidence[i];
		written++;
	}
	if (written == 0)
		return 0;
	*finding = (struct gw_finding){
		.confidence = fminf(fmaxf((float)(sum / written), 0), 1),
		.x0 = job->map->left,
		.y0 = job->map->top,
		.x1 = job->map->right,
		.y1 = job->map->bottom,
	};
	if (finding->confidence < job->description->read->threshold)
		return 0;
	char *at = gw_result_add(result, finding, size);

	if (!at)
		return -ENOBUFS;
	for (uint32_t i = 0; i < line->count; i++) {
		const char *label = labels[line->number[i]];

		if (!is_written(line, i))
			continue;
		memcpy(at, label, strlen(label));
		at += strlen(label);
	}
	result->count = 1;
	return 0;
}

static int read(const struct head_job *job, struct gw_result *result)
{
	struct line line;

	line.count = job->tensors[0].dims[0];
	const int status =
		job->description->read->tensor ? take_best(job, &line) : take_numbers(job, &line);

	result->task = GW_TASK_READ;
	return status == 0 ? spell(job, &line, result) : status;
}

const struct head head_read = {.name = "read", .outputs = outputs, .fit = fit, .read = read};
