/* A head: how the values that a kind of model gives become a result. One file each, beside the one
 * that reads its keys of model.yaml (accel/repository/model_yaml.c).
 *
 * A head keeps nothing between pictures but in the room that it may ask for: several threads may
 * read with the same one, each with a room of its own.
 */
#pragma once

#include "accel/answers/windows.h"
#include "accel/infer.h"
#include "accel/input/geometry.h"
#include "accel/repository/model.h"

/* What a model said of one picture. */
struct head_job {
	const struct model_description *description;
	const struct input_map *map; /* from the input's pixels to the source's */
	const struct infer_tensor *tensors; /* shapes, in the order of outputs() */
	const float *values[INFER_OUTPUTS];
	uint32_t rows[INFER_OUTPUTS]; /* entries of the first dimension that are valid */
	bool all; /* every label is wanted, not the best few */
	/* Whose picture it is; its JPEG is there as long as the job is, to be read. NULL: of none.
	 */
	const struct gw_frame *frame;
	void *room; /* of open(); nobody else reads with it */
	struct windows *windows; /* to be filled in by who makes a picture; NULL: not wanted */
};

struct head {
	const char *name;

	/* Lists the outputs that it reads, with the shapes that model.yaml says or, where `free`,
	 * suggests. Returns how many. */
	uint32_t (*outputs)(
		const struct model_description *d, struct infer_tensor tensors[INFER_OUTPUTS]);

	/* Whether it can read outputs of those shapes, which are the model's own now. NULL: of any
	 * that outputs() lists. 0, or -EINVAL with a line that says what does not fit. */
	int (*fit)(const struct model_description *d, const struct infer_tensor *tensors,
		struct gw_error *error);

	/* Makes room for what read() needs, so that it allocates nothing. NULL: it needs none.
	 * Returns NULL when out of memory. */
	void *(*open)(const struct model_description *d);
	void (*close)(void *room); /* accepts NULL */

	/* Fills in the result but for its model. 0; -EDOM: values are no numbers, or no labels;
	 * -ERANGE: what must be a probability lies outside of 0 .. 1; -ENOENT: a label that
	 * model.yaml does not have; -ENOBUFS: the result has no
	 * room. */
	int (*read)(const struct head_job *job, struct gw_result *result);
};

/* The description's. */
const struct head *head_of(const struct model_description *d);

/* What to tell of a failed read(), in one line that says what to do. */
const char *head_complaint(int status);

/* How far rounding may put a probability outside of 0 .. 1: float16's step there. */
#define HEAD_ROUNDING 1e-3f

/* False for NaN and infinity too. */
static inline bool head_is_probability(float value)
{
	return value >= -HEAD_ROUNDING && value <= 1 + HEAD_ROUNDING;
}

/* Of values among which some are no probabilities: -EDOM or -ERANGE. */
int head_why(const float *values, size_t count);

/* The logistic function and its inverse; the logit of 1 and above is infinite. */
float head_sigmoid(float logit);
float head_logit(float probability);

extern const struct head head_classify;
extern const struct head head_centernet, head_yolo, head_yolov3, head_ssd, head_boxes;
extern const struct head head_text, head_segment, head_raw, head_read, head_enhance;
