/* What models said of one frame: a flat list of findings. It travels inside the frame; what a
 * finding has beyond its fixed part lies in the frame's slot, behind the JPEG. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/config/plan.h"
#include "core/fit.h"

#define GW_TOP_K 5 /* classes that one model names */
#define GW_BOXES 100 /* boxes that one model finds */
#define GW_FINDINGS 256 /* of all models of a frame */
#define GW_RUNS GW_PLAN_MODELS /* models that look at one frame */
#define GW_NO_MODEL UINT16_MAX
#define GW_NO_FINDING UINT16_MAX

enum gw_task {
	GW_TASK_NONE,
	GW_TASK_CLASSIFY, /* findings are classes of the whole picture */
	GW_TASK_DETECT, /* ... boxes, perhaps with keypoints (struct gw_keypoint), or enum gw_rest
			 */
	GW_TASK_TEXT, /* ... boxes around text, with four corners (struct gw_point) */
	GW_TASK_SEGMENT, /* one: the part that was seen, with a mask (struct gw_mask) */
	GW_TASK_RAW, /* ... tensors as they are (struct gw_values) */
	GW_TASK_READ, /* ... lines of text that were read: their rest is UTF-8, without an end */
	GW_TASK_ENHANCE, /* one: a better picture (struct gw_picture) */
	GW_TASK_PLAN, /* of several models: each finding is what its model's task says */
};

/* What the rest of a finding is. */
enum gw_rest {
	GW_REST_OF_TASK, /* what its task says */
	GW_REST_CORNERS, /* of an object that lies askew: four struct gw_point */
	GW_REST_SHAPE, /* of an object: struct gw_shape */
};

/* In pixels of the source picture; (x0, y0) is the upper left corner, (x1, y1) lies outside. */
struct gw_finding {
	uint16_t index; /* into the model's labels */
	/* In the result of a plan: whose it is, an index into gw->models, and the finding before it
	 * in the list whose box its model looked at; GW_NO_FINDING: the picture. */
	uint16_t model, parent;
	float confidence; /* 0 .. 1 */
	float x0, y0, x1, y1; /* of boxes */
	uint32_t extra, extra_size; /* where the rest of it is in the result's `extra`, bytes */
	uint8_t rest; /* enum gw_rest */
};

struct gw_point {
	float x, y; /* source pixels */
};

struct gw_keypoint {
	struct gw_point at;
	float confidence; /* 0 .. 1 */
};

/* Rows from the top, run after run; their lengths add up to width * height. */
struct gw_mask {
	uint16_t width, height; /* cells that lie evenly over the finding's box */
	uint32_t count;
	struct gw_run {
		uint16_t index; /* into the model's labels */
		uint16_t length; /* cells */
	} run[];
};

/* Which cells of a grid an object covers. Row by row from the upper left: so many do not belong to
 * it, so many do, and so on in turn. */
struct gw_shape {
	float x0, y0, x1, y1; /* what the grid lies evenly over, source pixels */
	uint16_t width, height; /* cells */
	uint32_t count;
	uint16_t run[]; /* cells; they add up to width * height */
};

/* Of one picture. */
struct gw_values {
	uint32_t rank;
	uint32_t dims[5];
	float value[];
};

struct gw_picture {
	uint16_t width, height;
	uint32_t size; /* bytes of `jpeg` */
	float psnr; /* dB against the camera's own; below 0: that is no reference */
	uint8_t jpeg[];
};

struct gw_result {
	enum gw_task task;
	/* Index into gw->models; GW_NO_MODEL for a camera without one, and for a plan. */
	uint16_t model;
	uint16_t count; /* how many of the findings are valid; of one model, best first */

	/* Of a plan. */
	bool truncated; /* findings were left out for want of room */
	float disagreement; /* the largest of the frame's ensembles, 0 .. 1; below 0: it had none */
	uint16_t run_count;
	uint16_t runs[GW_RUNS]; /* models that looked, as gw->models */

	/* Memory in the frame's slot; set by whoever fills in the result. */
	uint8_t *extra;
	uint32_t extra_size, extra_room;
	struct gw_finding findings[GW_FINDINGS];
};

/* Empties the result of what only a plan has. */
static inline void gw_result_begin_plan(struct gw_result *result)
{
	result->truncated = false;
	result->disagreement = -1;
	result->run_count = 0;
}

/* Gives the finding `size` bytes for the rest of it, aligned for any of the structs above. NULL:
 * the slot has no room. */
void *gw_result_add(struct gw_result *result, struct gw_finding *finding, size_t size);

/* The rest of a finding; NULL when it has none. */
static inline const void *gw_result_rest(
	const struct gw_result *result, const struct gw_finding *finding)
{
	return finding->extra_size > 0 ? result->extra + finding->extra : NULL;
}

/* What a result means: filled by the accel stage before its first frame, read by sink and API. */
struct gw_model_info {
	char name[64];
	uint32_t version;
	char digest[72]; /* accel/repository/repository.h */
	enum gw_task task;
	uint32_t label_count;
	const char *const *labels; /* owned by the accel stage */
	uint32_t keypoint_count;
	const char *const *keypoints; /* the same */
	/* What it makes of a picture, as struct gw_camera has it. */
	uint16_t input_width, input_height;
	enum gw_fit input_fit;
	uint16_t input_resize;
	bool input_antialias, input_gray;
};

const char *gw_task_name(enum gw_task task);
