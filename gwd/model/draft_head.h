/* Which head is likely to read a graph's outputs: from their shapes, their names, what makes them
 * and the metadata. Private to `gwd model inspect`. */
#pragma once

#include "accel/infer.h"
#include "gwd/model/draft_picture.h"

enum draft_kind {
	DRAFT_CLASSIFY,
	DRAFT_YOLO,
	DRAFT_YOLOV3,
	DRAFT_SSD,
	DRAFT_DETR,
	DRAFT_BOXES, /* suppressed in the graph */
	DRAFT_CENTERNET,
	DRAFT_TEXT,
	DRAFT_SEGMENT,
	DRAFT_READ,
	DRAFT_ENHANCE,
	DRAFT_RAW, /* no other */
};

/* Places of the outputs of DRAFT_SSD and DRAFT_DETR, and of DRAFT_CENTERNET. */
enum { DRAFT_SSD_BOXES, DRAFT_SSD_SCORES, DRAFT_SSD_CLASSES, DRAFT_SSD_COUNT };
enum { DRAFT_HEATMAP, DRAFT_SIZE, DRAFT_OFFSET };
/* ... and of DRAFT_READ without values for every label. */
enum { DRAFT_CHARACTER, DRAFT_CONFIDENCE };

struct draft_head {
	enum draft_kind kind;
	const struct onnx_tensor *tensor[INFER_OUTPUTS]; /* what the head reads; NULL: not there */
	uint32_t tensors;
	uint32_t labels; /* 0: the graph does not say */
	uint32_t keypoints; /* of yolo: values behind the labels */
	bool rotated; /* of yolo: an angle is behind them */
	const struct onnx_tensor *masks; /* of yolo: maps, whose coefficients are behind them */
	bool objectness; /* of yolo */
	bool grid; /* of yolo: as many anchors as cells, as YOLOX has them */
	bool background; /* of ssd */
	bool tensorflow; /* of ssd: as TensorFlow's detectors give them */
	bool numbers; /* of segment: labels, not a value for each */
	uint32_t factor; /* of enhance; 0: the graph does not say */
	bool is_logits; /* no Softmax or Sigmoid makes the confidences */
	bool one_picture; /* outputs that vary, and are not of a batch */
};

void draft_head_guess(const struct onnx_graph *graph, const struct draft_picture *picture,
	struct draft_head *head);

/* Whether the metadata are Ultralytics', whose preprocessing is known. */
bool draft_is_ultralytics(const struct onnx_graph *graph);

/* Size of a dimension counted from the last one; 0: open, or not there. */
int64_t draft_dim(const struct onnx_tensor *tensor, uint32_t from_last);
