#include "accel/repository/model_heads.h"

#include "accel/infer.h"
#include "accel/repository/model_detect.h"

#define DEFAULT_TOP_K 3
#define DEFAULT_QUALITY 95 /* of JPEG: little of what was gained is lost again */
#define MAX_FACTOR 8
#define MAX_ENHANCED 16384 /* pixels of a side */

#define OPTIONAL CYAML_FLAG_OPTIONAL
#define POINTER CYAML_FLAG_POINTER

static const cyaml_schema_value_t label = {CYAML_VALUE_STRING(POINTER, char, 1, 255)};

const cyaml_schema_field_t model_classify_fields[] = {
	CYAML_FIELD_STRING_PTR("tensor", POINTER, struct model_classify, tensor, 1, 255),
	CYAML_FIELD_UINT("top_k", OPTIONAL, struct model_classify, top_k),
	CYAML_FIELD_BOOL("softmax", OPTIONAL, struct model_classify, softmax),
	CYAML_FIELD_BOOL("sigmoid", OPTIONAL, struct model_classify, sigmoid),
	CYAML_FIELD_FLOAT("threshold", OPTIONAL, struct model_classify, threshold),
	CYAML_FIELD_END,
};

const cyaml_schema_field_t model_text_fields[] = {
	CYAML_FIELD_STRING_PTR("tensor", POINTER, struct model_text, tensor, 1, 255),
	CYAML_FIELD_FLOAT("threshold", OPTIONAL, struct model_text, threshold),
	CYAML_FIELD_FLOAT("box_threshold", OPTIONAL, struct model_text, box_threshold),
	CYAML_FIELD_FLOAT("unclip", OPTIONAL, struct model_text, unclip),
	CYAML_FIELD_UINT("max_boxes", OPTIONAL, struct model_text, max_boxes),
	CYAML_FIELD_UINT("min_size", OPTIONAL, struct model_text, min_size),
	CYAML_FIELD_END,
};

const cyaml_schema_field_t model_segment_fields[] = {
	CYAML_FIELD_STRING_PTR("tensor", POINTER, struct model_segment, tensor, 1, 255),
	CYAML_FIELD_BOOL("labels", OPTIONAL, struct model_segment, labels),
	CYAML_FIELD_END,
};

const cyaml_schema_field_t model_raw_fields[] = {
	CYAML_FIELD_SEQUENCE(
		"tensors", POINTER, struct model_raw, tensors, &label, 1, INFER_OUTPUTS),
	CYAML_FIELD_END,
};

const cyaml_schema_field_t model_read_fields[] = {
	CYAML_FIELD_STRING_PTR("tensor", POINTER | OPTIONAL, struct model_read, tensor, 1, 255),
	CYAML_FIELD_BOOL("softmax", OPTIONAL, struct model_read, softmax),
	CYAML_FIELD_STRING_PTR(
		"character", POINTER | OPTIONAL, struct model_read, character, 1, 255),
	CYAML_FIELD_STRING_PTR(
		"confidence", POINTER | OPTIONAL, struct model_read, confidence, 1, 255),
	CYAML_FIELD_FLOAT("threshold", OPTIONAL, struct model_read, threshold),
	CYAML_FIELD_END,
};

const cyaml_schema_field_t model_enhance_fields[] = {
	CYAML_FIELD_STRING_PTR("tensor", POINTER, struct model_enhance, tensor, 1, 255),
	CYAML_FIELD_UINT("factor", OPTIONAL, struct model_enhance, factor),
	CYAML_FIELD_FLOAT("white", OPTIONAL, struct model_enhance, white),
	CYAML_FIELD_UINT("quality", OPTIONAL, struct model_enhance, quality),
	CYAML_FIELD_END,
};

static uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* As PP-OCR's detector is used. */
static void complete_text(struct model_text *text)
{
	if (!(text->threshold < 0 || text->threshold > 0))
		text->threshold = 0.3f;
	if (!(text->box_threshold < 0 || text->box_threshold > 0))
		text->box_threshold = 0.6f;
	if (!(text->unclip < 0 || text->unclip > 0))
		text->unclip = 1.5f;
	if (text->max_boxes == 0)
		text->max_boxes = GW_BOXES;
	if (text->min_size == 0)
		text->min_size = 3;
}

static void complete_enhance(struct model_enhance *enhance)
{
	if (enhance->factor == 0)
		enhance->factor = 1;
	if (!(enhance->white < 0 || enhance->white > 0))
		enhance->white = 255;
	if (enhance->quality == 0)
		enhance->quality = DEFAULT_QUALITY;
}

bool model_heads_complete(struct model_description *d)
{
	if (d->classify && d->classify->top_k == 0)
		d->classify->top_k = smaller(DEFAULT_TOP_K, d->labels_count);
	if (d->text)
		complete_text(d->text);
	if (d->enhance)
		complete_enhance(d->enhance);
	return !d->detect || model_detect_complete(d->detect);
}

static int check_classify(const struct model_description *d, const struct model_source *source)
{
	const struct model_classify *classify = d->classify;

	if (classify->top_k > smaller(GW_TOP_K, d->labels_count))
		return COMPLAIN(source, "classify.top_k", "must be 1 to %u",
			smaller(GW_TOP_K, d->labels_count));
	if (classify->softmax && classify->sigmoid)
		return COMPLAIN(source, "classify.sigmoid",
			"does not go with softmax: the labels exclude each other, or they do not");
	if (!(classify->threshold >= 0 && classify->threshold <= 1))
		return COMPLAIN(source, "classify.threshold", "must be 0 to 1");
	return 0;
}

static int check_text(const struct model_text *text, const struct model_source *source)
{
	if (!(text->threshold > 0 && text->threshold < 1))
		return COMPLAIN(source, "text.threshold", "must be between 0 and 1");
	if (!(text->box_threshold > 0 && text->box_threshold < 1))
		return COMPLAIN(source, "text.box_threshold", "must be between 0 and 1");
	if (!(text->unclip >= 0 && text->unclip <= 10))
		return COMPLAIN(source, "text.unclip", "must be 0 to 10");
	if (text->max_boxes > GW_BOXES)
		return COMPLAIN(source, "text.max_boxes", "must be 1 to %d", GW_BOXES);
	return 0;
}

static int check_read(const struct model_description *d, const struct model_source *source)
{
	const struct model_read *read = d->read;

	if (read->tensor && (read->character || read->confidence))
		return COMPLAIN(source, "read.tensor",
			"does not go with `character` and `confidence`: the graph has a value for "
			"each place and label, or number and confidence of the best");
	if (!read->tensor && !(read->character && read->confidence))
		return COMPLAIN(source, "read",
			"'tensor' is missing, or both `character` and `confidence`: name what the "
			"graph gives");
	if (read->softmax && !read->tensor)
		return COMPLAIN(source, "read.softmax", "belongs to `tensor`: leave it out");
	if (!(read->threshold >= 0 && read->threshold <= 1))
		return COMPLAIN(source, "read.threshold", "must be 0 to 1");
	if (d->labels_count < 2)
		return COMPLAIN(source, "read",
			"needs two labels at least: the gap between characters, and a character");
	return 0;
}

static int check_enhance(const struct model_description *d, const struct model_source *source)
{
	const struct model_enhance *enhance = d->enhance;
	const uint32_t side = d->input.width > d->input.height ? d->input.width : d->input.height;

	if (enhance->factor > MAX_FACTOR)
		return COMPLAIN(source, "enhance.factor", "must be 1 to %d", MAX_FACTOR);
	if (side * enhance->factor > MAX_ENHANCED)
		return COMPLAIN(source, "enhance.factor",
			"the picture would be %u pixels wide or high, and %d is the most: lower "
			"it, "
			"or the input's size",
			side * enhance->factor, MAX_ENHANCED);
	if (!(enhance->white >= 1e-3f && enhance->white <= 65535))
		return COMPLAIN(
			source, "enhance.white", "must be 0.001 to 65535: 1 or 255, mostly");
	if (enhance->quality > 100)
		return COMPLAIN(source, "enhance.quality", "must be 1 to 100");
	return 0;
}

/* Of the mappings that belong to a task there must be the task's and no other. */
static int check_task(const struct model_description *d, const struct model_source *source)
{
	const struct {
		enum gw_task task;
		const char *key;
		bool given;
	} mappings[] = {
		{GW_TASK_CLASSIFY, "classify", d->classify},
		{GW_TASK_DETECT, "detect", d->detect},
		{GW_TASK_TEXT, "text", d->text},
		{GW_TASK_SEGMENT, "segment", d->segment},
		{GW_TASK_RAW, "raw", d->raw},
		{GW_TASK_READ, "read", d->read},
		{GW_TASK_ENHANCE, "enhance", d->enhance},
	};
	const char *task = gw_task_name(d->task);

	for (size_t i = 0; i < CYAML_ARRAY_LEN(mappings); i++)
		if (d->task == mappings[i].task && !mappings[i].given)
			return COMPLAIN(
				source, "task", "%s needs the mapping `%s`", task, mappings[i].key);
	for (size_t i = 0; i < CYAML_ARRAY_LEN(mappings); i++)
		if (d->task != mappings[i].task && mappings[i].given)
			return COMPLAIN(
				source, mappings[i].key, "does not belong to the task %s", task);
	return 0;
}

int model_heads_check(struct model_description *d, const struct model_source *source)
{
	const int status = check_task(d, source);

	if (status != 0)
		return status;
	switch (d->task) {
	case GW_TASK_CLASSIFY:
		return check_classify(d, source);
	case GW_TASK_DETECT:
		return model_detect_check(d, source);
	case GW_TASK_TEXT:
		return check_text(d->text, source);
	case GW_TASK_READ:
		return check_read(d, source);
	case GW_TASK_ENHANCE:
		return check_enhance(d, source);
	default:
		return 0;
	}
}
