/* Boxes and confidences in tensors of their own: SSD (Liu et al., 2016), what TensorFlow's
 * detection models give, and DETR (Carion et al.: End-to-End Object Detection with Transformers,
 * 2020). */
#include <errno.h>
#include <math.h>

#include "accel/heads/candidates.h"

#define SIDES 4

enum { BOXES, SCORES, CLASSES };

/* Where `count` stands: behind what there is of the others. */
static uint32_t count_at(const struct model_detect *detect)
{
	return detect->classes ? CLASSES + 1 : CLASSES;
}

static bool is_detr(const struct model_description *d)
{
	return d->detect->head == MODEL_DETECT_DETR;
}

/* Labels, and the class of what is none. */
static uint32_t scores_of(const struct model_description *d)
{
	return d->labels_count + (is_detr(d) || d->detect->background);
}

static uint32_t outputs(
	const struct model_description *d, struct infer_tensor tensors[INFER_OUTPUTS])
{
	const struct model_detect *detect = d->detect;
	const bool varies = !is_detr(d);
	uint32_t count = CLASSES;

	tensors[BOXES] = (struct infer_tensor){.name = detect->boxes,
		.rank = 2,
		.dims = {GW_BOXES, SIDES},
		.free = true,
		.varies = varies};
	tensors[SCORES] = (struct infer_tensor){.name = detect->scores,
		.rank = detect->classes ? 1 : 2,
		.dims = {GW_BOXES, scores_of(d)},
		.free = true,
		.varies = varies};
	if (detect->classes)
		tensors[count++] = (struct infer_tensor){.name = detect->classes,
			.rank = 1,
			.dims = {GW_BOXES},
			.free = true,
			.varies = varies};
	if (detect->count)
		tensors[count++] = (struct infer_tensor){.name = detect->count, .free = true};
	return count;
}

static int fit(const struct model_description *d, const struct infer_tensor *tensors,
	struct gw_error *error)
{
	const struct infer_tensor *boxes = &tensors[BOXES], *scores = &tensors[SCORES];

	if (boxes->dims[1] != SIDES)
		return gw_error_set(error, -EINVAL,
			"its output \"%s\" has %u values for a box, and 4 are needed: correct "
			"detect.boxes in model.yaml",
			boxes->name, boxes->dims[1]);
	if (!d->detect->classes && scores->dims[1] != scores_of(d))
		return gw_error_set(error, -EINVAL,
			"its output \"%s\" has %u confidences for a box, and %u labels%s need %u: "
			"correct the labels, or detect.background, or name detect.classes in "
			"model.yaml",
			scores->name, scores->dims[1], d->labels_count,
			scores_of(d) > d->labels_count ? " and the background" : "", scores_of(d));
	return 0;
}

/* Of one box, when another tensor says which label it is of. */
static void add_class(struct candidates *found, float confidence, float number, const float *side)
{
	const int32_t label = candidates_label(found, number, confidence);

	if (label >= 0)
		candidates_add(
			found, (uint32_t)label, confidence, side[0], side[1], side[2], side[3]);
}

/* A box's logits of labels that exclude each other. */
static bool excludes(const struct model_description *d)
{
	return is_detr(d) || d->detect->softmax;
}

static bool are_logits(const struct model_description *d)
{
	return excludes(d) || d->detect->sigmoid;
}

/* What exponents are divided by, and what is subtracted from the logits before. */
struct shares {
	float largest;
	double sum;
};

/* False: no label can reach any threshold, which is so for most boxes and needs no exponent. */
static bool begin_shares(struct shares *shares, const struct candidates *found, const float *scores,
	uint32_t count, uint32_t first)
{
	const uint32_t labels = found->description->labels_count;
	float best = scores[first];

	shares->largest = scores[0];
	shares->sum = 0;
	for (uint32_t i = 1; i < count; i++)
		shares->largest = fmaxf(shares->largest, scores[i]);
	for (uint32_t i = 1; i < labels; i++)
		best = fmaxf(best, scores[first + i]);
	if (best - shares->largest < logf(found->least) - HEAD_ROUNDING)
		return false;
	for (uint32_t i = 0; i < count; i++)
		shares->sum += exp((double)scores[i] - (double)shares->largest);
	return true;
}

static void add_labels(struct candidates *found, const float *scores, const float *side)
{
	const struct model_description *d = found->description;
	const uint32_t count = scores_of(d);
	/* SSD has the background first, DETR last. */
	const uint32_t first = !is_detr(d) && d->detect->background;
	struct shares shares = {0};

	if (excludes(d) && !begin_shares(&shares, found, scores, count, first))
		return;
	for (uint32_t i = 0; i < d->labels_count; i++) {
		const float score = scores[first + i];
		const float confidence = excludes(d)
			? (float)(exp((double)score - (double)shares.largest) / shares.sum)
			: d->detect->sigmoid ? head_sigmoid(score)
					     : score;

		if (confidence >= candidates_threshold(found, i))
			candidates_add(found, i, confidence, side[0], side[1], side[2], side[3]);
	}
}

/* How many boxes of this picture are meant; *status is -EDOM when that is no number. */
static uint32_t boxes_of(const struct head_job *job, int *status)
{
	const struct model_detect *detect = job->description->detect;
	uint32_t count = job->rows[BOXES];

	for (uint32_t k = SCORES; k < count_at(detect); k++)
		if (job->rows[k] < count)
			count = job->rows[k];
	if (detect->count) {
		const float said = job->values[count_at(detect)][0];

		if (!isfinite(said))
			*status = -EDOM;

		if (said < (float)count)
			count = said > 0 ? (uint32_t)lrintf(said) : 0;
	}
	return count;
}

static int read(const struct head_job *job, struct gw_result *result)
{
	const struct model_description *d = job->description;
	const struct model_detect *detect = d->detect;
	const uint32_t scores = detect->classes ? 1 : scores_of(d);
	struct candidates found;

	candidates_begin(&found, job);
	const uint32_t count = boxes_of(job, &found.status);

	if (are_logits(d))
		candidates_check_numbers(&found, job->values[SCORES], (size_t)count * scores);
	else
		candidates_check(&found, job->values[SCORES], count * scores, 1);
	if (detect->classes)
		candidates_check_numbers(&found, job->values[CLASSES], count);
	for (uint32_t i = 0; i < count && found.status == 0; i++) {
		float side[SIDES];

		for (int k = 0; k < SIDES; k++)
			side[k] = job->values[BOXES][(size_t)i * SIDES + k];
		candidates_sides(d, side);
		if (detect->classes)
			add_class(&found,
				detect->sigmoid ? head_sigmoid(job->values[SCORES][i])
						: job->values[SCORES][i],
				job->values[CLASSES][i], side);
		else
			add_labels(&found, &job->values[SCORES][(size_t)i * scores], side);
	}
	return candidates_finish(&found, is_detr(d) ? 1 : detect->iou, result);
}

const struct head head_ssd = {.name = "ssd", .outputs = outputs, .fit = fit, .read = read};
