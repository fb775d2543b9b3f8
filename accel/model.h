/* A model as its directory in the repository describes it: what goes in, what comes out, how
 * pictures become numbers and numbers become results. Read-only once it is loaded. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "core/result.h"

#define MODEL_BATCH_MAX 64
#define MODEL_CHANNELS 3
#define MODEL_SIDE_MAX 4096

/* How a picture of another shape is brought to the input's. */
enum model_fit {
	MODEL_FIT_STRETCH, /* each side on its own */
	MODEL_FIT_LETTERBOX, /* keep the aspect ratio, centre, fill with the mean (tensor value 0)
			      */
};

/* Layout NCHW, float32: tensor value = (pixel 0..255 - mean) * scale. */
struct model_input {
	char *tensor;
	uint16_t width, height;
	uint8_t channels; /* 1: grey (luma), 3: RGB */
	float *mean, *scale;
	uint32_t mean_count, scale_count;
	enum model_fit fit;
};

/* One value per label. */
struct model_classify {
	char *tensor;
	uint32_t top_k;
	bool softmax; /* the values are logits */
};

/* A CenterNet head: `heatmap` holds a confidence per label and cell, `size` the distances from the
 * cell's corner to the sides of the box (left, top, right, bottom) in input pixels. */
struct model_detect {
	char *heatmap, *size;
	uint32_t stride; /* input pixels per cell */
	float threshold;
	uint32_t max_boxes;
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
	struct model_input input;
	struct model_classify *classify; /* set when that is the task, NULL otherwise */
	struct model_detect *detect; /* the same */
	struct model_batch *batch;
};

struct model {
	char name[64];
	uint32_t version;
	char digest[72]; /* "sha256:" and 64 hexadecimal digits of model.onnx */
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
