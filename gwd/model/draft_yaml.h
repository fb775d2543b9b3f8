/* The drafted model.yaml, part by part. Private to `gwd model inspect`. */
#pragma once

#include "gwd/model/draft_head.h"

/* What a draft is made from. */
struct draft_facts {
	const char *file;
	const struct onnx_graph *graph;
	struct draft_picture picture;
	struct draft_head head;
	bool ultralytics;
};

/* All of it. */
void draft_yaml(struct draft *draft, const struct draft_facts *facts);

void draft_labels(struct draft *draft, const struct draft_facts *facts);
void draft_input(struct draft *draft, const struct draft_facts *facts);
void draft_outputs(struct draft *draft, const struct draft_facts *facts);

/* How the head is called, for people. */
const char *draft_kind_name(enum draft_kind kind);
