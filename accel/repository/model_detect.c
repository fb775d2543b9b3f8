#include "accel/repository/model_detect.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accel/infer.h"

#define DEFAULT_IOU 0.45f
#define MOST_STRIDES 8
#define UNWANTED 2.0f /* a threshold that no confidence reaches */

#define OPTIONAL CYAML_FLAG_OPTIONAL
#define POINTER CYAML_FLAG_POINTER
#define STRICT CYAML_FLAG_STRICT

static const cyaml_schema_value_t number = {CYAML_VALUE_FLOAT(CYAML_FLAG_DEFAULT, float)};
static const cyaml_schema_value_t whole = {CYAML_VALUE_UINT(GW_YAML_POSITIVE, uint32_t)};
static const cyaml_schema_value_t label = {CYAML_VALUE_STRING(POINTER, char, 1, 255)};

static const cyaml_strval_t detectors[] = {
	{"centernet", MODEL_DETECT_CENTERNET},
	{"yolo", MODEL_DETECT_YOLO},
	{"yolov3", MODEL_DETECT_YOLOV3},
	{"ssd", MODEL_DETECT_SSD},
	{"detr", MODEL_DETECT_DETR},
	{"boxes", MODEL_DETECT_BOXES},
};

static const cyaml_strval_t sizes[] = {
	{"sides", MODEL_SIZE_SIDES},
	{"pixels", MODEL_SIZE_PIXELS},
	{"cells", MODEL_SIZE_CELLS},
	{"log_cells", MODEL_SIZE_LOG_CELLS},
};

static const cyaml_strval_t boxes[] = {
	{"default", MODEL_BOX_DEFAULT},
	{"xyxy", MODEL_BOX_XYXY},
	{"yxyx", MODEL_BOX_YXYX},
	{"cxcywh", MODEL_BOX_CXCYWH},
};

static const cyaml_schema_field_t threshold_fields[] = {
	CYAML_FIELD_STRING_PTR("label", POINTER, struct model_threshold, label, 1, 255),
	CYAML_FIELD_FLOAT("threshold", CYAML_FLAG_DEFAULT, struct model_threshold, threshold),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t threshold = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct model_threshold, threshold_fields)};

static const cyaml_schema_field_t anchors_fields[] = {
	CYAML_FIELD_STRING_PTR("tensor", POINTER, struct model_anchors, tensor, 1, 255),
	CYAML_FIELD_SEQUENCE("anchors", POINTER, struct model_anchors, anchors, &number, 2, 64),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t anchors = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct model_anchors, anchors_fields)};

static const cyaml_schema_field_t keypoints_fields[] = {
	CYAML_FIELD_STRING_PTR(
		"tensor", POINTER | OPTIONAL, struct model_keypoints, tensor, 1, 255),
	CYAML_FIELD_SEQUENCE("names", POINTER, struct model_keypoints, names, &label, 1, 64),
	CYAML_FIELD_BOOL("certain", OPTIONAL, struct model_keypoints, certain),
	CYAML_FIELD_END,
};

#define DETECT(kind, key, flags, ...) \
	CYAML_FIELD_##kind( \
		#key, OPTIONAL | (flags), struct model_detect, key __VA_OPT__(, ) __VA_ARGS__)
#define TENSOR(key) DETECT(STRING_PTR, key, POINTER, 1, 255)

const cyaml_schema_field_t model_detect_fields[] = {
	DETECT(ENUM, head, STRICT, detectors, CYAML_ARRAY_LEN(detectors)),
	CYAML_FIELD_FLOAT("threshold", CYAML_FLAG_DEFAULT, struct model_detect, threshold),
	DETECT(SEQUENCE, thresholds, POINTER, &threshold, 1, CYAML_UNLIMITED),
	DETECT(SEQUENCE, only, POINTER, &label, 1, CYAML_UNLIMITED),
	DETECT(UINT, min_size, 0),
	DETECT(UINT, max_boxes, 0),
	DETECT(FLOAT, iou, 0),
	TENSOR(heatmap),
	TENSOR(size),
	TENSOR(offset),
	DETECT(UINT, stride, GW_YAML_POSITIVE),
	DETECT(ENUM, size_is, STRICT, sizes, CYAML_ARRAY_LEN(sizes)),
	DETECT(BOOL, vertical_first, 0),
	DETECT(FLOAT, shift, 0),
	DETECT(BOOL, sigmoid, 0),
	TENSOR(tensor),
	DETECT(BOOL, objectness, 0),
	DETECT(BOOL, grid, 0),
	DETECT(BOOL, rotated, 0),
	TENSOR(masks),
	DETECT(SEQUENCE, strides, POINTER, &whole, 1, MOST_STRIDES),
	DETECT(SEQUENCE, outputs, POINTER, &anchors, 1, INFER_OUTPUTS),
	TENSOR(boxes),
	TENSOR(scores),
	TENSOR(classes),
	TENSOR(count),
	DETECT(BOOL, background, 0),
	DETECT(BOOL, softmax, 0),
	DETECT(INT, first_label, 0),
	DETECT(MAPPING_PTR, keypoints, POINTER, keypoints_fields),
	DETECT(ENUM, box, STRICT, boxes, CYAML_ARRAY_LEN(boxes)),
	DETECT(BOOL, relative, 0),
	CYAML_FIELD_END,
};

/* Released by libcyaml, which uses free(). */
static bool set_strides(struct model_detect *detect)
{
	static const uint32_t usual[] = {8, 16, 32};

	detect->strides = malloc(sizeof(usual));
	if (!detect->strides)
		return false;
	memcpy(detect->strides, usual, sizeof(usual));
	detect->strides_count = CYAML_ARRAY_LEN(usual);
	return true;
}

bool model_detect_complete(struct model_detect *detect)
{
	if (detect->max_boxes == 0)
		detect->max_boxes = GW_BOXES;
	if (detect->head == MODEL_DETECT_DETR)
		detect->relative = true;
	if (!(detect->iou < 0 || detect->iou > 0))
		detect->iou = DEFAULT_IOU;
	if (detect->box == MODEL_BOX_DEFAULT)
		detect->box = detect->head == MODEL_DETECT_YOLO || detect->head == MODEL_DETECT_DETR
			? MODEL_BOX_CXCYWH
			: MODEL_BOX_XYXY;
	return detect->strides_count > 0 || set_strides(detect);
}

/* Which keys belong to which kinds of detectors, and which of them must be there. */
enum {
	CENTERNET = 1 << MODEL_DETECT_CENTERNET,
	YOLO = 1 << MODEL_DETECT_YOLO,
	YOLOV3 = 1 << MODEL_DETECT_YOLOV3,
	SSD = 1 << MODEL_DETECT_SSD,
	DETR = 1 << MODEL_DETECT_DETR,
	BOXES = 1 << MODEL_DETECT_BOXES,
};

struct key {
	const char *name;
	bool given;
	unsigned of, needed; /* kinds */
};

static int check_keys(const struct model_detect *detect, const struct model_source *source)
{
	const struct key keys[] = {
		{"heatmap", detect->heatmap, CENTERNET, CENTERNET},
		{"size", detect->size, CENTERNET, CENTERNET},
		{"offset", detect->offset, CENTERNET, 0},
		{"stride", detect->stride, CENTERNET, CENTERNET},
		{"size_is", detect->size_is, CENTERNET, 0},
		{"vertical_first", detect->vertical_first, CENTERNET, 0},
		{"shift", detect->shift < 0 || detect->shift > 0, CENTERNET, 0},
		{"sigmoid", detect->sigmoid, CENTERNET | YOLO | SSD, 0},
		{"tensor", detect->tensor, YOLO | BOXES, YOLO | BOXES},
		{"objectness", detect->objectness, YOLO, 0},
		{"grid", detect->grid, YOLO, 0},
		{"rotated", detect->rotated, YOLO, 0},
		{"masks", detect->masks, YOLO, 0},
		{"outputs", detect->outputs, YOLOV3, YOLOV3},
		{"boxes", detect->boxes, SSD | DETR, SSD | DETR},
		{"scores", detect->scores, SSD | DETR, SSD | DETR},
		{"classes", detect->classes, SSD, 0},
		{"count", detect->count, SSD, 0},
		{"background", detect->background, SSD, 0},
		{"softmax", detect->softmax, SSD, 0},
		{"first_label", detect->first_label, SSD | BOXES, 0},
		{"keypoints", detect->keypoints, CENTERNET | YOLO, 0},
		{"relative", detect->relative, YOLO | SSD | DETR | BOXES, 0},
	};
	const unsigned kind = 1u << detect->head;
	char path[32];

	for (size_t i = 0; i < CYAML_ARRAY_LEN(keys); i++) {
		snprintf(path, sizeof(path), "detect.%s", keys[i].name);
		if (keys[i].given && !(keys[i].of & kind))
			return COMPLAIN(source, path, "does not belong to the head %s",
				detectors[detect->head].str);
		if (!keys[i].given && keys[i].needed & kind)
			return COMPLAIN(source, "detect", "'%s' is missing: the head %s needs it",
				keys[i].name, detectors[detect->head].str);
	}
	return 0;
}

static int check_values(const struct model_detect *detect, const struct model_source *source)
{
	if (!(detect->threshold > 0 && detect->threshold <= 1))
		return COMPLAIN(source, "detect.threshold", "must be more than 0 and at most 1");
	if (!(detect->iou > 0 && detect->iou <= 1))
		return COMPLAIN(source, "detect.iou", "must be more than 0 and at most 1");
	if (detect->max_boxes > GW_BOXES)
		return COMPLAIN(source, "detect.max_boxes", "must be 1 to %d", GW_BOXES);
	if (!(fabsf(detect->shift) <= 1))
		return COMPLAIN(source, "detect.shift", "must be -1 to 1 of a cell");
	if (detect->keypoints &&
		!detect->keypoints->tensor == (detect->head == MODEL_DETECT_CENTERNET))
		return COMPLAIN(source, "detect.keypoints",
			detect->keypoints->tensor
				? "'tensor' does not belong to the head yolo: they follow the "
				  "labels"
				: "'tensor' is missing: the head centernet needs it");
	if (!!detect->keypoints + detect->rotated + !!detect->masks > 1)
		return COMPLAIN(source, "detect",
			"keypoints, rotated and masks exclude each other: keep one of them");
	if (detect->softmax && (detect->sigmoid || detect->classes))
		return COMPLAIN(source, "detect.softmax",
			detect->sigmoid ? "excludes sigmoid: keep one of them"
					: "needs a score for each label in a row, and with "
					  "'classes' there is one of a box");
	if (detect->keypoints && detect->size_is == MODEL_SIZE_SIDES &&
		detect->head == MODEL_DETECT_CENTERNET)
		return COMPLAIN(
			source, "detect.keypoints", "needs size_is: pixels, cells or log_cells");
	if (detect->size_is == MODEL_SIZE_SIDES && detect->vertical_first)
		return COMPLAIN(source, "detect.vertical_first",
			"needs size_is: pixels, cells or log_cells");
	return 0;
}

static int check_cells(const struct model_description *d, uint32_t stride, const char *key,
	const struct model_source *source)
{
	if (stride != 0 && d->input.width % stride == 0 && d->input.height % stride == 0)
		return 0;
	return COMPLAIN(source, key, "must divide the input's width and height, %u and %u",
		d->input.width, d->input.height);
}

static int check_grids(const struct model_description *d, const struct model_source *source)
{
	const struct model_detect *detect = d->detect;
	char path[48];
	int status = 0;

	if (detect->head == MODEL_DETECT_CENTERNET)
		return check_cells(d, detect->stride, "detect.stride", source);
	for (uint32_t i = 0; detect->grid && status == 0 && i < detect->strides_count; i++) {
		snprintf(path, sizeof(path), "detect.strides[%u]", i);
		status = check_cells(d, detect->strides[i], path, source);
	}
	for (uint32_t i = 0; status == 0 && i < detect->outputs_count; i++) {
		snprintf(path, sizeof(path), "detect.outputs[%u].anchors", i);
		if (detect->outputs[i].anchors_count % 2 != 0)
			return COMPLAIN(source, path, "must be pairs: width, height, width, ...");
	}
	return status;
}

/* The label's number; labels_count when there is none of that name. */
static uint32_t find_label(const struct model_description *d, const char *name)
{
	uint32_t i = 0;

	while (i < d->labels_count && strcmp(d->labels[i], name) != 0)
		i++;
	return i;
}

/* Works out what each label must reach. */
static int set_thresholds(const struct model_description *d, const struct model_source *source)
{
	struct model_detect *detect = d->detect;
	char path[48];

	if (detect->thresholds_count == 0 && detect->only_count == 0)
		return 0;
	detect->label_threshold = calloc(d->labels_count, sizeof(float));
	if (!detect->label_threshold)
		return gw_error_set(source->error, -ENOMEM, "%s: out of memory", source->path);
	for (uint32_t i = 0; i < d->labels_count; i++)
		detect->label_threshold[i] = detect->only_count ? UNWANTED : detect->threshold;
	for (uint32_t i = 0; i < detect->only_count; i++) {
		const uint32_t at = find_label(d, detect->only[i]);

		snprintf(path, sizeof(path), "detect.only[%u]", i);
		if (at == d->labels_count)
			return COMPLAIN(
				source, path, "'%s' is not among the labels", detect->only[i]);
		detect->label_threshold[at] = detect->threshold;
	}
	for (uint32_t i = 0; i < detect->thresholds_count; i++) {
		const struct model_threshold *of = &detect->thresholds[i];
		const uint32_t at = find_label(d, of->label);

		snprintf(path, sizeof(path), "detect.thresholds[%u].label", i);
		if (at == d->labels_count)
			return COMPLAIN(source, path, "'%s' is not among the labels", of->label);
		snprintf(path, sizeof(path), "detect.thresholds[%u].threshold", i);
		if (!(of->threshold > 0 && of->threshold <= 1))
			return COMPLAIN(source, path, "must be more than 0 and at most 1");
		if (detect->label_threshold[at] < UNWANTED)
			detect->label_threshold[at] = of->threshold;
	}
	return 0;
}

int model_detect_check(const struct model_description *d, const struct model_source *source)
{
	int status = check_keys(d->detect, source);

	if (status == 0)
		status = check_values(d->detect, source);
	if (status == 0)
		status = check_grids(d, source);
	if (status == 0)
		status = set_thresholds(d, source);
	return status;
}
