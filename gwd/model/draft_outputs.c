/* The mapping of the task: which outputs there are, and how they are read. */
#include "gwd/model/draft_yaml.h"

#define YOLO_STRIDES 3

static void name(struct draft *draft, const char *key, const struct onnx_tensor *tensor)
{
	char room[DRAFT_ROOM];

	if (tensor)
		draft_line(draft, NULL, "  %s: %s", key, draft_scalar(room, &tensor->name));
}

/* Outputs that nothing reads. */
static void name_others(struct draft *draft, const struct draft_facts *facts)
{
	char room[DRAFT_ROOM], shape[128];

	for (uint32_t i = 0; i < facts->graph->outputs; i++) {
		const struct onnx_tensor *tensor = &facts->graph->output[i];
		bool reads = false;

		for (uint32_t k = 0; k < facts->head.tensors; k++)
			reads = reads || facts->head.tensor[k] == tensor;
		if (!reads)
			draft_line(draft, NULL, "  # not read: %s, %s",
				draft_scalar(room, &tensor->name),
				draft_shape(shape, sizeof(shape), tensor));
	}
}

static void write_classify(struct draft *draft, const struct draft_head *head)
{
	draft_line(draft, NULL, "classify:");
	name(draft, "tensor", head->tensor[0]);
	if (head->is_logits && head->labels == 1)
		draft_line(draft, "its value is a logit: no Sigmoid ends the graph",
			"  sigmoid: true");
	else if (head->is_logits)
		draft_line(draft,
			"no Softmax ends the graph; sigmoid instead when labels do not exclude "
			"each other",
			"  softmax: true");
	draft_line(draft, NULL, "  top_k: %u # classes in a result",
		head->labels < 3 ? head->labels : 3);
}

static void write_yolo(struct draft *draft, const struct draft_facts *facts)
{
	const struct draft_head *head = &facts->head;

	name(draft, "tensor", head->tensor[0]);
	if (head->objectness)
		draft_line(draft,
			facts->ultralytics ? NULL
					   : "v5, v6, v7 and X have it; without it, it is a label "
					     "more",
			"  objectness: true");
	if (head->grid)
		draft_line(draft,
			"as YOLOX exports itself; false when boxes are decoded in the graph, as "
			"YOLOv6's",
			"  grid: true");
	if (head->keypoints)
		draft_line(draft, NULL,
			"  keypoints: {names: [nose, left eye, right eye, left ear, right ear, "
			"left shoulder,\n    right shoulder, left elbow, right elbow, left wrist, "
			"right wrist, left hip, right hip,\n    left knee, right knee, left ankle, "
			"right ankle]}");
	name(draft, "masks", head->masks);
	if (head->rotated)
		draft_line(draft, NULL, "  rotated: true # boxes have an angle");
	if (head->is_logits)
		draft_line(draft, "confidences are logits: no Sigmoid is in the graph",
			"  sigmoid: true");
}

/* The anchors of COCO, by pixels a cell. Those of the published tiny weights' finer head are not
 * the ones that the published description names: boxes of that are half as large as things. */
static const char *anchors_of(uint32_t stride, bool tiny)
{
	if (stride >= 32)
		return tiny ? "81, 82, 135, 169, 344, 319" : "116, 90, 156, 198, 373, 326";
	if (stride >= 16)
		return tiny ? "23, 27, 37, 58, 81, 82" : "30, 61, 62, 45, 59, 119";
	return "10, 13, 16, 30, 33, 23";
}

static void write_yolov3(struct draft *draft, const struct draft_facts *facts)
{
	const struct draft_head *head = &facts->head;
	char room[DRAFT_ROOM];

	draft_line(draft, "the order and the anchors of training; these are COCO's", "  outputs:");
	for (uint32_t i = 0; i < head->tensors; i++) {
		const int64_t columns = draft_dim(head->tensor[i], 0);
		/* Without a size: the coarsest first, as is usual. */
		const uint32_t stride = columns > 0 && facts->picture.width > 0
			? (uint32_t)(facts->picture.width / columns)
			: 32u >> i;

		draft_line(draft, NULL, "    - {tensor: %s, anchors: [%s]}",
			draft_scalar(room, &head->tensor[i]->name),
			anchors_of(stride, head->tensors < YOLO_STRIDES));
	}
}

static void write_ssd(struct draft *draft, const struct draft_head *head)
{
	const bool apart = head->tensor[DRAFT_SSD_CLASSES];

	name(draft, "boxes", head->tensor[DRAFT_SSD_BOXES]);
	name(draft, "scores", head->tensor[DRAFT_SSD_SCORES]);
	name(draft, "classes", head->tensor[DRAFT_SSD_CLASSES]);
	name(draft, "count", head->tensor[DRAFT_SSD_COUNT]);
	if (apart)
		draft_line(draft, "the number that its first label has", "  first_label: %d",
			head->tensorflow || head->one_picture);
	else if (head->background)
		draft_line(draft, "is the first score of a box that of \"nothing\"?",
			"  background: true");
	if (!apart && head->is_logits)
		draft_line(draft, "neither Softmax nor Sigmoid makes the scores: are they logits?",
			head->background ? "  softmax: true" : "  sigmoid: true");
	draft_line(draft, head->tensorflow ? NULL : "xyxy, yxyx or cxcywh", "  box: %s",
		head->tensorflow ? "yxyx" : "xyxy");
	draft_line(draft,
		head->tensorflow ? NULL : "true: boxes are parts of the input, 0..1; false: pixels",
		"  relative: %s", head->one_picture ? "false" : "true");
}

static void write_centernet(struct draft *draft, const struct draft_facts *facts)
{
	const struct draft_head *head = &facts->head;
	const int64_t columns = draft_dim(head->tensor[DRAFT_HEATMAP], 0);
	const bool known = columns > 0 && facts->picture.width > 0;
	const bool sides = draft_dim(head->tensor[DRAFT_SIZE], 2) == 4;

	name(draft, "heatmap", head->tensor[DRAFT_HEATMAP]);
	name(draft, "size", head->tensor[DRAFT_SIZE]);
	name(draft, "offset", head->tensor[DRAFT_OFFSET]);
	draft_line(draft, known ? NULL : "the input's pixels per cell of the heat map",
		"  stride: %u", known ? (uint32_t)(facts->picture.width / columns) : 4);
	draft_line(draft,
		sides ? "distances to the sides in pixels?"
		      : "pixels, cells or log_cells; height before width: vertical_first",
		"  size_is: %s", sides ? "sides" : "cells");
	if (head->is_logits)
		draft_line(draft, "no Sigmoid makes the heat map: are they logits?",
			"  sigmoid: true");
}

static void write_boxes(struct draft *draft, const struct draft_facts *facts)
{
	name(draft, "tensor", facts->head.tensor[0]);
	if (!facts->ultralytics)
		draft_line(draft, "the number that its first label has", "  first_label: 0");
}

static void write_detect(struct draft *draft, const struct draft_facts *facts)
{
	const struct draft_head *head = &facts->head;
	static const char *const names[] = {
		[DRAFT_YOLO] = "yolo",
		[DRAFT_YOLOV3] = "yolov3",
		[DRAFT_SSD] = "ssd",
		[DRAFT_DETR] = "detr",
		[DRAFT_BOXES] = "boxes",
		[DRAFT_CENTERNET] = "centernet",
	};

	draft_line(draft, NULL, "detect:\n  head: %s", names[head->kind]);
	if (head->kind == DRAFT_YOLO) {
		write_yolo(draft, facts);
	} else if (head->kind == DRAFT_YOLOV3) {
		write_yolov3(draft, facts);
	} else if (head->kind == DRAFT_SSD) {
		write_ssd(draft, head);
	} else if (head->kind == DRAFT_BOXES) {
		write_boxes(draft, facts);
	} else if (head->kind == DRAFT_CENTERNET) {
		write_centernet(draft, facts);
	} else {
		name(draft, "boxes", head->tensor[DRAFT_SSD_BOXES]);
		name(draft, "scores", head->tensor[DRAFT_SSD_SCORES]);
	}
	draft_line(draft, NULL, "  threshold: 0.3 # lower finds more, and more that is not there");
}

static void write_raw(struct draft *draft, const struct draft_head *head)
{
	char room[DRAFT_ROOM], shape[128];

	draft_line(draft, NULL, "raw:\n  tensors:");
	for (uint32_t i = 0; i < head->tensors; i++)
		draft_line(draft, NULL, "    - %s # %s", draft_scalar(room, &head->tensor[i]->name),
			draft_shape(shape, sizeof(shape), head->tensor[i]));
}

static void write_read(struct draft *draft, const struct draft_head *head)
{
	draft_line(draft, NULL, "read:");
	if (head->tensors == 2) {
		draft_line(
			draft, "which of the two are numbers of characters?", "  # of each place");
		name(draft, "character", head->tensor[DRAFT_CHARACTER]);
		name(draft, "confidence", head->tensor[DRAFT_CONFIDENCE]);
		return;
	}
	name(draft, "tensor", head->tensor[0]);
	if (head->is_logits)
		draft_line(draft, "no Softmax ends the graph", "  softmax: true");
	draft_line(draft, NULL, "  # the first label is the gap between characters");
}

static void write_enhance(struct draft *draft, const struct draft_head *head)
{
	draft_line(draft, NULL, "enhance:");
	name(draft, "tensor", head->tensor[0]);
	draft_line(draft, head->factor ? NULL : "how much larger it comes out", "  factor: %u",
		head->factor ? head->factor : 2);
	draft_line(draft, "the value of white: 1 or 255, mostly that of the input", "  white: 1");
}

void draft_outputs(struct draft *draft, const struct draft_facts *facts)
{
	const struct draft_head *head = &facts->head;

	switch (head->kind) {
	case DRAFT_CLASSIFY:
		write_classify(draft, head);
		break;
	case DRAFT_TEXT:
		draft_line(draft, NULL, "text:");
		name(draft, "tensor", head->tensor[0]);
		break;
	case DRAFT_SEGMENT:
		draft_line(draft, NULL, "segment:");
		name(draft, "tensor", head->tensor[0]);
		if (head->numbers)
			draft_line(draft, NULL, "  labels: true # numbers of labels");
		break;
	case DRAFT_READ:
		write_read(draft, head);
		break;
	case DRAFT_ENHANCE:
		write_enhance(draft, head);
		break;
	case DRAFT_RAW:
		write_raw(draft, head);
		break;
	default:
		write_detect(draft, facts);
		break;
	}
	name_others(draft, facts);
}
