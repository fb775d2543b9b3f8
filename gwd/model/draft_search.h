/* What the rules that look for a head ask of a graph. Private to gwd/model/draft_head.c and
 * gwd/model/draft_detectors.c. */
#pragma once

#include "gwd/model/draft_head.h"

struct draft_search {
	const struct onnx_graph *graph;
	const struct draft_picture *picture;
	const struct onnx_text *task; /* of the metadata; NULL: not said */
	uint32_t names; /* of the metadata */
};

/* The rules for detectors. Each takes what it finds into `head`, which is empty before, and means
 * nothing when it returns false. */
bool draft_find_yolov3(const struct draft_search *search, struct draft_head *head);
bool draft_find_ssd(const struct draft_search *search, struct draft_head *head);
bool draft_find_boxes(const struct draft_search *search, struct draft_head *head);
bool draft_find_yolo(const struct draft_search *search, struct draft_head *head);
bool draft_find_centernet(const struct draft_search *search, struct draft_head *head);

bool draft_has_rank(const struct onnx_tensor *tensor, uint32_t rank);

/* Whether its values are whole numbers. */
bool draft_is_whole(const struct onnx_tensor *tensor);

/* Whether Softmax or Sigmoid makes the values, seen through what only moves them. */
bool draft_is_probability(const struct draft_search *search, const struct onnx_tensor *tensor);

/* Whether pixels that lie in channels are spread over a larger picture at the end. */
bool draft_is_spread(const struct draft_search *search, const struct onnx_tensor *tensor);

/* Whether a dimension can be that of the labels. */
bool draft_is_labels(int64_t size);

/* The head reads that one output. */
void draft_take(struct draft_head *head, enum draft_kind kind, const struct onnx_tensor *tensor);
