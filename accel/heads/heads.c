#include <errno.h>
#include <math.h>

#include "accel/heads/head.h"

const struct head *head_of(const struct model_description *d)
{
	static const struct head *const detectors[] = {
		[MODEL_DETECT_CENTERNET] = &head_centernet,
		[MODEL_DETECT_YOLO] = &head_yolo,
		[MODEL_DETECT_YOLOV3] = &head_yolov3,
		[MODEL_DETECT_SSD] = &head_ssd,
		[MODEL_DETECT_DETR] = &head_ssd,
		[MODEL_DETECT_BOXES] = &head_boxes,
	};

	return d->task == GW_TASK_CLASSIFY ? &head_classify : detectors[d->detect->head];
}

const char *head_complaint(int status)
{
	return status == -ERANGE
		? "the model's output holds values outside of 0 .. 1 where model.yaml says "
		  "confidences: if these are logits, set `softmax: true` or `sigmoid: true`"
		: "the model's output holds values that are no numbers: look at its weights, and "
		  "at mean, std and scale in model.yaml";
}

float head_sigmoid(float logit)
{
	return 1 / (1 + expf(-logit));
}

float head_logit(float probability)
{
	return probability < 1 ? logf(probability / (1 - probability)) : INFINITY;
}
