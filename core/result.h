/* What a model said of one frame. Fixed size: it travels inside the frame. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/fit.h"

#define GW_TOP_K 5
#define GW_BOXES 100
#define GW_NO_MODEL UINT16_MAX

enum gw_task { GW_TASK_NONE, GW_TASK_CLASSIFY, GW_TASK_DETECT };

struct gw_class {
	uint16_t index; /* into the model's labels */
	float confidence; /* 0 .. 1 */
};

/* In pixels of the source picture; (x0, y0) is the upper left corner, (x1, y1) lies outside. */
struct gw_box {
	uint16_t index;
	float confidence;
	float x0, y0, x1, y1;
};

struct gw_result {
	enum gw_task task;
	uint16_t model; /* index into gw->models, GW_NO_MODEL for a camera without one */
	uint16_t count; /* how many of the entries below are valid, best first */
	union {
		struct gw_class classes[GW_TOP_K];
		struct gw_box boxes[GW_BOXES];
	};
};

/* What a result means: filled by the accel stage before its first frame, read by sink and API. */
struct gw_model_info {
	char name[64];
	uint32_t version;
	char digest[72]; /* "sha256:" and 64 hexadecimal digits of model.onnx */
	enum gw_task task;
	uint32_t label_count;
	const char *const *labels; /* owned by the accel stage */
	/* What it makes of a picture, as struct gw_camera has it. */
	uint16_t input_width, input_height;
	enum gw_fit input_fit;
	uint16_t input_resize;
	bool input_antialias, input_gray;
};

const char *gw_task_name(enum gw_task task);
