/* A model as its directory in the repository describes it: what goes in, what comes out, how
 * pictures become numbers and numbers become results. Read-only once it is loaded. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "core/fit.h"
#include "core/result.h"

#define MODEL_BATCH_MAX 64
#define MODEL_CHANNELS 3
#define MODEL_SIDE_MAX 4096

enum model_layout { MODEL_NCHW, MODEL_NHWC };
enum model_type { MODEL_FLOAT32, MODEL_FLOAT16, MODEL_UINT8 };
enum model_colors { MODEL_RGB, MODEL_BGR };

/* Where a letterboxed picture stands. */
enum model_align { MODEL_CENTER, MODEL_TOP_LEFT };

enum model_size_order { MODEL_HEIGHT_WIDTH, MODEL_WIDTH_HEIGHT };
enum model_size_of { MODEL_SIZE_OF_PICTURE, MODEL_SIZE_OF_INPUT };

/* A second input of the graph, float32 of two values: the size in pixels that its boxes are for. Of
 * the picture: of the part that is seen, the camera's region. */
struct model_size_input {
	char *tensor;
	enum model_size_order order;
	enum model_size_of of;
};

/* Tensor value = (pixel 0..255 - mean) * scale, for uint8 rounded to the nearest. What is per
 * channel is in the order of the tensor's channels. Once it is complete, mean and scale are there,
 * and `std` is spent: the two say the same. */
struct model_input {
	char *tensor;
	uint16_t width, height;
	uint8_t channels; /* 1: grey (luma), 3: colour */
	enum model_layout layout;
	enum model_type type;
	enum model_colors colors;
	float *mean, *scale;
	float *std; /* as given: value = (pixel / 255 - mean) / std */
	uint32_t mean_count, scale_count, std_count;
	enum gw_fit fit;
	uint16_t resize; /* of gw_fit_resize(), 0: not said */
	float *fill; /* NULL: the mean; one pixel value, or one per channel */
	uint32_t fill_count;
	enum model_align align;
	bool *antialias_given; /* NULL: not said */
	bool antialias; /* resizing down by more than two averages */
	struct model_size_input *size; /* NULL: the picture is the graph's only input */
};

static inline uint32_t model_longest_side(const struct model_input *input)
{
	return input->width > input->height ? input->width : input->height;
}

/* One value per label. */
struct model_classify {
	char *tensor;
	uint32_t top_k;
	bool softmax; /* the values are logits of one choice */
	bool sigmoid; /* they are logits of a yes or no for each label */
	float threshold; /* below, a class is left out; 0: none is */
};

/* The kinds of detectors, by what they give. */
enum model_detector {
	MODEL_DETECT_CENTERNET, /* a heat map per label, and the size of what is at its peaks */
	MODEL_DETECT_YOLO, /* a row of box and confidences per anchor, decoded: v5 to v11, X */
	MODEL_DETECT_YOLOV3, /* a raw map for each group of anchors */
	MODEL_DETECT_SSD, /* boxes and confidences, apart */
	MODEL_DETECT_DETR, /* the same, in relative units, with a class for "nothing" */
	MODEL_DETECT_BOXES, /* a row of sides, confidence and label per box: suppressed in the graph
			     */
};

/* How a CenterNet says how large an object is. */
enum model_size {
	MODEL_SIZE_SIDES, /* distances from its centre to its sides: left, top, right, bottom;
			     pixels */
	MODEL_SIZE_PIXELS, /* width and height */
	MODEL_SIZE_CELLS, /* the same, in cells */
	MODEL_SIZE_LOG_CELLS, /* their natural logarithm */
};

/* How four numbers say where a box is. */
enum model_box {
	MODEL_BOX_DEFAULT, /* what is usual for the head; never in a description that was read */
	MODEL_BOX_XYXY, /* left, top, right, bottom */
	MODEL_BOX_YXYX, /* top, left, bottom, right */
	MODEL_BOX_CXCYWH, /* centre, width, height */
};

/* One raw map of YOLOv3. */
struct model_anchors {
	char *tensor;
	float *anchors; /* width, height, width, ...; pixels of the input */
	uint32_t anchors_count;
};

/* Keypoints of what a detector finds. */
struct model_keypoints {
	char *tensor; /* centernet: pairs of offsets per cell; yolo: NULL, they follow the labels */
	char **names;
	uint32_t names_count;
	bool certain; /* yolo: each has only x and y, no confidence */
};

struct model_threshold {
	char *label;
	float threshold;
};

/* Only the keys of its kind are set. */
struct model_detect {
	enum model_detector head;

	/* Of every kind. */
	float threshold;
	struct model_threshold *thresholds; /* of single labels */
	uint32_t thresholds_count;
	char **only; /* labels that are wanted; none: all */
	uint32_t only_count;
	uint32_t min_size; /* of the shorter side, source pixels */
	uint32_t max_boxes;
	float iou; /* above, the lesser of two boxes of a label goes; 1: both stay */
	float *label_threshold; /* per label, above 1 for one that is not wanted; NULL: all alike */

	/* centernet */
	char *heatmap, *size, *offset;
	uint32_t stride; /* input pixels per cell */
	enum model_size size_is;
	bool vertical_first; /* size and offset have the vertical part first */
	float shift; /* what is added to a cell's number to have its centre, cells */

	/* Of several: what stands in the tensors are logits. */
	bool sigmoid;

	/* yolo, boxes */
	char *tensor;
	bool objectness; /* a confidence of there being something precedes the labels' */
	bool grid; /* boxes are relative to cells and strides still, as YOLOX exports them */
	bool rotated; /* an angle follows the labels, in radians clockwise */
	char *masks; /* maps that coefficients behind the labels are for; NULL: there are none */
	uint32_t *strides; /* of such grids */
	uint32_t strides_count;

	/* yolov3 */
	struct model_anchors *outputs;
	uint32_t outputs_count;

	/* ssd, detr */
	char *boxes, *scores, *classes, *count;
	bool background; /* the first (ssd) label of `scores` is "nothing" */
	bool softmax; /* ssd: `scores` are logits of labels that exclude each other */
	int32_t first_label; /* the number that `classes` has for the first label */

	struct model_keypoints *keypoints; /* yolo, centernet; or NULL */
	enum model_box box;
	bool relative; /* boxes are parts of the input's width and height, not pixels */
};

/* A map of how likely a pixel belongs to text (Liao et al.: Real-time Scene Text Detection with
 * Differentiable Binarization, 2020, 3.3). */
struct model_text {
	char *tensor;
	float threshold; /* of a pixel */
	float box_threshold; /* of the mean within a box */
	float unclip; /* how much a box grows: area x this / perimeter on each side */
	uint32_t max_boxes;
	uint32_t min_size; /* of the shorter side, pixels of the map */
};

/* A label for each cell, or a value for each label and cell, of which the largest counts. */
struct model_segment {
	char *tensor;
	bool labels; /* the tensor holds numbers of labels */
};

/* Outputs that go into the record as they are. */
struct model_raw {
	char **tensors;
	uint32_t tensors_count;
};

/* A line of text, character by character; the first label is the gap between two. Either a value
 * for each place and label, or number and confidence of the best label at each place. */
struct model_read {
	char *tensor; /* NULL: the other two */
	bool softmax; /* its values are logits */
	char *character, *confidence;
	float threshold; /* of the mean of a line; below, it is left out */
};

/* A picture `factor` times as large as the input; as many channels, in the same order and layout.
 */
struct model_enhance {
	char *tensor;
	uint32_t factor;
	float white; /* the value of white, where black is 0 */
	uint32_t quality; /* of the JPEG that is made of it */
};

struct model_batch {
	uint32_t max;
	uint32_t deadline_ms; /* what a frame may wait, and run, before its batch is closed */
};

/* model.yaml. */
struct model_description {
	enum gw_task task;
	char **labels;
	uint32_t labels_count;
	char *labels_file; /* where they came from, when not from model.yaml itself */
	struct model_input input;
	struct model_classify *classify; /* set when that is the task, NULL otherwise */
	struct model_detect *detect; /* the same, and so on */
	struct model_text *text;
	struct model_segment *segment;
	struct model_raw *raw;
	struct model_read *read;
	struct model_enhance *enhance;
	struct model_batch *batch;
};

struct model {
	char name[64];
	uint32_t version;
	char digest[72]; /* "sha256:" and 64 hexadecimal digits: accel/repository/repository.h */
	char *path; /* of model.onnx */
	struct model_description *description;
};

/* Reads and checks a model.yaml and fills in what it leaves out. The error is one line that begins
 * with the path and names line and column where YAML knows them. */
int model_yaml_load(
	const char *path, struct model_description **description, struct gw_error *error);

/* The same for text in memory; `path` is only for the error line. */
int model_yaml_parse(const char *path, const char *text, size_t size,
	struct model_description **description, struct gw_error *error);

/* Accepts NULL. */
void model_yaml_free(struct model_description *description);
