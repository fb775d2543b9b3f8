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

	switch (d->task) {
	case GW_TASK_CLASSIFY:
		return &head_classify;
	case GW_TASK_TEXT:
		return &head_text;
	case GW_TASK_SEGMENT:
		return &head_segment;
	case GW_TASK_RAW:
		return &head_raw;
	case GW_TASK_READ:
		return &head_read;
	case GW_TASK_ENHANCE:
		return &head_enhance;
	default:
		return detectors[d->detect->head];
	}
}

const char *head_complaint(int status)
{
	if (status == -ENOBUFS)
		return "what the model says is too large for the camera's frame slots: give the "
		       "camera larger ones (frames.classes), or let the model say less";
	if (status == -ENOENT)
		return "the model names a label beyond those of model.yaml: correct `labels` or "
		       "`detect.first_label`";
	return status == -ERANGE
		? "the model's output holds values outside of 0 .. 1 where model.yaml says "
		  "confidences: if these are logits, set `softmax: true` or `sigmoid: true`"
		: "the model's output holds values that are no numbers: look at its weights, and "
		  "at mean, std and scale in model.yaml";
}

int head_why(const float *values, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!isfinite(values[i]))
			return -EDOM;
	return -ERANGE;
}

float head_sigmoid(float logit)
{
	return 1 / (1 + expf(-logit));
}

float head_logit(float probability)
{
	return probability < 1 ? logf(probability / (1 - probability)) : INFINITY;
}
