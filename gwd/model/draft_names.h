/* Labels as Ultralytics writes them into a model's metadata: a Python dictionary {0: 'person', 1:
 * 'car'}, or a list. Private to `gwd model inspect`. */
#pragma once

#include "accel/repository/model_labels.h"
#include "accel/repository/onnx_graph.h"

/* Takes the next label off the text. False: there is none any more, or what follows is no label. */
bool draft_names_next(struct onnx_text *text, char label[MODEL_LABEL + 1]);

/* How many labels there are, numbered from 0 without a gap. 0: it is no such text, and none of it
 * can be used. */
uint32_t draft_names_count(const struct onnx_text *text);
